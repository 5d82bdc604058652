"""A process that has the libraries and forks a child for each command it is told: a command starts in milliseconds.

It reads tasks as JSON lines from stdin and answers each with a line. A task may say that the child is to die, by
SIGKILL, at its n-th step; a step is whatever changes the disk: a file opened to write, synced, renamed or removed, a
statement or a commit sent to the database.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import signal
import sys
import time
from pathlib import Path
from typing import Any

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
BODIES = (  # what commands import when they run
    *("cli.main", "cli.console", "cli.curation", "cli.training", "cli.generation", "cli.reporting", "cli.labeling"),
    *("curate.scan", "curate.filters", "curate.judge", "curate.make_set", "curate.report", "curate.export"),
    *("curate.importing", "curate.backup", "curate.forget", "curate.samples", "curate.export_set", "migrations"),
    *("curate.database", "sklearn.ensemble", "curate.drawing"),
)
NETWORKS = ("train.lowres", "train.upres", "infer.images", "infer.upres_photo", "infer.evaluate")


class Steps:
    """Counts what a child does to the disk under `root`, and kills it at the step `last`."""

    def __init__(self, root: str, last: int | None) -> None:
        self.root, self.last, self.count = root, last, 0

    def step(self) -> None:
        """One more."""
        self.count += 1
        if self.count == self.last:
            os.kill(os.getpid(), signal.SIGKILL)

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        """An audit hook of Python's."""
        if event == "open":
            path, mode, flags = arguments
            writes = (isinstance(flags, int) and flags & WRITES) or (isinstance(mode, str) and set(mode) & set("wax+"))
            if writes and self._is_ours(path):
                self.step()
        elif event in {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate"} and self._is_ours(arguments[0]):
            self.step()

    def _is_ours(self, path: object) -> bool:
        return isinstance(path, str | bytes | os.PathLike) and os.fsdecode(path).startswith(self.root)

    def start(self) -> None:
        """From now on."""
        import sqlalchemy as sa

        plain = os.fsync

        def fsync(handle: int) -> None:
            self.step()
            plain(handle)

        os.fsync = fsync
        sys.addaudithook(self.hear)
        sa.event.listen(sa.Engine, "before_cursor_execute", self._statement)
        sa.event.listen(sa.Engine, "commit", lambda _: self.step())

    def _statement(self, _connection: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.lstrip().lower().startswith(("select", "pragma", "with")):
            self.step()


def scanned_here(todo: list[str], _processes: int, setup: Any, stopped: Any) -> Any:
    """What the processes of a scan do, done in this one; that workers die is tested elsewhere."""
    from curate.scan_worker import examine

    for path in todo:
        if stopped():
            return
        yield [examine(path, setup)]


def child(task: dict[str, Any], counted: int) -> int:
    """Run a command as the task says; returns its exit code."""
    errors = os.open(task["errors"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(errors, 2)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.chdir(task["root"])
    if task.get("bytes") is not None:  # of any file: what comes after is refused, as a full disk would
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (task["bytes"], task["bytes"]))
    import curate.scan
    from cli.main import call

    curate.scan.outcomes = scanned_here
    if "train.upres" in sys.modules:
        sys.modules["train.upres"].FINAL_TILES = 16  # of 256 that a real run is scored on
    steps = Steps(task["root"], task.get("last"))
    steps.start()
    try:
        code = call(task["arguments"])
    except BaseException:
        import traceback

        traceback.print_exc()
        code = 70
    sys.stderr.flush()
    os.write(counted, str(steps.count).encode())
    return code


def run(task: dict[str, Any]) -> dict[str, Any]:
    """Fork a child, wait for it, and say how it ended."""
    told, counted = os.pipe()
    began = time.monotonic()
    process = os.fork()
    if process == 0:
        os.close(told)
        code = 71
        try:
            code = child(task, counted)
        finally:
            os._exit(code)
    os.close(counted)
    signal.signal(signal.SIGALRM, lambda *_: os.kill(process, signal.SIGKILL))
    signal.alarm(int(task.get("seconds", 300)))
    _, status = os.waitpid(process, 0)
    signal.alarm(0)
    with os.fdopen(told) as file:
        steps = int(file.read() or 0)
    killed = os.WIFSIGNALED(status)
    code = -os.WTERMSIG(status) if killed else os.WEXITSTATUS(status)
    text = Path(task["errors"]).read_text(errors="replace") if Path(task["errors"]).exists() else ""
    return {"code": code, "steps": steps, "errors": text, "seconds": time.monotonic() - began}


def answer(content: dict[str, Any]) -> None:
    """A line on stdout."""
    sys.stdout.write(json.dumps(content) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Answer tasks until stdin ends."""
    for name in (*BODIES, *(NETWORKS if "--networks" in sys.argv else ())):
        importlib.import_module(name)
    import cv2

    cv2.setNumThreads(1)
    answer({"ready": True})
    for line in sys.stdin:
        answer(run(json.loads(line)))


if __name__ == "__main__":
    main()
