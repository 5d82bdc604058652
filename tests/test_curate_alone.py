"""One process at a time on a folder, whatever ends it."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from curate.alone import Taken, alone

HOLDS = """
import sys, time
from pathlib import Path
from curate.alone import alone
with alone(Path(sys.argv[1]), "painting", "wait"):
    print("held", flush=True)
    time.sleep(60)
"""


@contextmanager
def holder(lock: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the lock."""
    root = Path(__file__).parent.parent
    with subprocess.Popen([sys.executable, "-c", HOLDS, str(lock)], cwd=root, stdout=subprocess.PIPE, text=True) as one:
        assert one.stdout is not None
        assert one.stdout.readline() == "held\n"
        try:
            yield one
        finally:
            one.kill()


def test_a_second_process_is_refused_with_pid_and_time_and_goes_on_after_kill_9(tmp_path: Path) -> None:
    lock = tmp_path / "run" / ".lock"
    with holder(lock) as other:
        with (
            pytest.raises(Taken, match=rf"pid {other.pid}, since .*\) is painting: wait"),
            alone(lock, "painting", "wait"),
        ):
            pass
        os.kill(other.pid, signal.SIGKILL)
        other.wait()
        assert (lock.parent / ".lock.json").exists(), "it had no time to tidy"

        with alone(lock, "painting", "wait"):
            assert json.loads((lock.parent / ".lock.json").read_bytes())["pid"] == os.getpid()

    assert list(lock.parent.iterdir()) == []


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A lock that another process has all the time."""
    lock = tmp_path_factory.mktemp("held") / ".lock"
    with holder(lock):
        yield lock


@pytest.mark.parametrize("said", [b"", b"[]", b'{"pid": 1}', b'{"pid": 1, "host": "other", "since": 3}'])
def test_what_cannot_be_read_of_the_holder_is_left_out(held: Path, said: bytes) -> None:
    held.with_name(".lock.json").write_bytes(said)
    with pytest.raises(Taken, match=r"^another process is painting: wait"), alone(held, "painting", "wait"):
        pass


def test_a_holder_on_another_machine_is_named_by_it(held: Path) -> None:
    told = {"pid": 7, "host": "attic", "since": "2026-11-24T10:00:00+00:00"}
    held.with_name(".lock.json").write_text(json.dumps(told))
    with pytest.raises(Taken, match="pid 7 on attic, since 24 November"), alone(held, "painting", "wait"):
        pass


def test_where_the_file_system_has_no_locks_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def none(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("filelock.FileLock.acquire", none)

    with alone(tmp_path / ".lock", "painting", "wait"):
        pass

    assert "no locks" in capsys.readouterr().err


def test_an_error_within_gives_the_lock_back(tmp_path: Path) -> None:
    with pytest.raises(KeyError), alone(tmp_path / ".lock", "painting", "wait"):
        raise KeyError
    with alone(tmp_path / ".lock", "painting", "wait"):
        pass
