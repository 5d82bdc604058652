"""What the machine does to us, in words for people: a full disk, a folder that takes nothing, memory that ran out."""

from __future__ import annotations

import errno
import os
import re

AGAIN = "then give the same command again; what was finished is kept"
FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}
AWAY = {
    *(errno.EIO, errno.ENODEV, errno.ENXIO, errno.ETIMEDOUT),
    *(getattr(errno, name) for name in ("ESTALE", "ENOTCONN", "EHOSTDOWN", "EREMOTEIO") if hasattr(errno, name)),
}


def explained(error: BaseException) -> str | None:
    """What to tell people about an error that the machine caused and that they can mend; None for any other: a bug."""
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
        return f"memory ran out: close other programs, or ask for less (--batch, --processes 1), {AGAIN}"
    return _of_a_file(error) if isinstance(error, OSError) else None


def concerns_all(error: BaseException) -> bool:
    """Whether what went wrong with one file will go wrong with all others: a disk that is full or takes nothing."""
    return isinstance(error, OSError) and error.errno in FULL | {errno.EROFS}


def _of_a_file(error: OSError) -> str | None:
    file, why = named(error), error.strerror
    if error.errno in FULL:
        return f"no room left to write {file} ({why}): make room there, {AGAIN}"
    if error.errno in FORBIDDEN:
        return f"{file} cannot be opened or written ({why}): mend its rights or take another folder, {AGAIN}"
    if error.errno in AWAY:
        return f"{file} cannot be reached ({why}): look after its drive or network, {AGAIN}"
    if error.errno in (errno.EMFILE, errno.ENFILE):
        return f"too many files are open ({why}): close other programs or raise `ulimit -n`, {AGAIN}"
    if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.EISDIR) and error.filename is not None:
        return f"{file} is not what it was ({why}): put it back, or name another, {AGAIN}"
    return None


def named(error: OSError) -> str:
    """The file that an error is about; a file that is being written has the name that it will get."""
    if error.filename is None:
        return "a file"
    folder, name = os.path.split(os.fsdecode(error.filename))
    being_written = re.fullmatch(r"\.(.+)\.\w{8}\.tmp", name)
    return os.path.join(folder, being_written.group(1) if being_written else name)
