"""One process at a time on a folder: a lock of the system's, which ends with the process whatever ends it."""

from __future__ import annotations

import datetime as dt
import errno
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypedDict

from curate.errors import UserError
from curate.files import read_json, write_json
from curate.progress import note

NO_LOCKS = {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP}  # what file systems say that have none


class Taken(UserError):
    """Another process works there."""


class Holder(TypedDict):
    """The process that works on a folder. since: UTC, ISO 8601."""

    pid: int
    host: str
    since: str


@contextmanager
def alone(lock: Path, doing: str, advice: str) -> Iterator[None]:
    """Within, no other process that asks for the same lock goes on; it is not waited for.

    Args:
        lock: a file that is made, and removed at the end; `<lock>.json` beside it says who has it, for people.
        doing: what both would do, as the error has it: "training runs/one".
        advice: what to do instead.

    Raises:
        Taken: another process has the lock.
    """
    from filelock import FileLock, Timeout  # not needed for --help

    lock.parent.mkdir(parents=True, exist_ok=True)
    held = FileLock(lock, timeout=0, fallback_to_soft=False)
    told = lock.with_name(f"{lock.name}.json")
    try:
        held.acquire()
    except Timeout as error:
        raise Taken(f"another process{_who(told)} is {doing}: {advice}") from error
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
        note(f"{lock.parent}: this file system has no locks, so see to it that no other process is {doing}")
        yield
        return
    try:
        write_json(told, Holder(pid=os.getpid(), host=socket.gethostname(), since=_now().isoformat()))
        yield
    finally:
        with suppress(OSError):  # a disk that takes nothing any more has its own error by now
            told.unlink(missing_ok=True)
            if os.name != "nt":  # where filelock does it; who waits with the old file open finds out that it is gone
                lock.unlink(missing_ok=True)
        held.release()


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC).replace(microsecond=0)


def _who(told: Path) -> str:
    """Who has a lock, as far as that was written down."""
    try:
        holder: Holder = read_json(told)
        since = dt.datetime.fromisoformat(holder["since"]).astimezone()
        place = "" if holder["host"] == socket.gethostname() else f" on {holder['host']}"
        return f" (pid {holder['pid']}{place}, since {since:%d %B %H:%M})"
    except (OSError, ValueError, KeyError, TypeError):
        return ""
