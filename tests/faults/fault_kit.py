"""Workspaces to break, commands to break them with, and what must hold afterwards."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
FULL = os.environ.get("SWIPEGAN_FAULTS") == "full"  # `make faults`
ROUNDS = int(os.environ.get("SWIPEGAN_ROUNDS", "40"))  # at most, of what is tried again and again
KILLED = -9


def rounds(small: int, full: int) -> int:
    """How often something is tried: in the suite, and by `make faults`."""
    return min(full, ROUNDS) if FULL else small


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code (-9: killed), the steps it took, what it said on stderr."""

    code: int
    steps: int
    errors: str
    seconds: float


class Zygote:
    """The process that runs commands; see zygote.py."""

    def __init__(self, scratch: Path) -> None:
        self.errors = scratch / "stderr.txt"
        command = [sys.executable, str(Path(__file__).with_name("zygote.py")), *(["--networks"] if FULL else [])]
        setting = {**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "200", "PYTHONWARNINGS": "error"}
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=setting, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._answer()

    def run(self, root: Path, *arguments: str, **fault: Any) -> Ended:
        """Run `swipegan -w root ARGUMENTS`; last: the step at which it is killed; bytes: the most a file may have."""
        task = {"root": str(root), "arguments": ["-q", "-w", str(root), *arguments], "errors": str(self.errors)}
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(task | fault) + "\n")
        self.process.stdin.flush()
        return Ended(**self._answer())

    def _answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the zygote ended"
        return dict(json.loads(line))

    def close(self) -> None:
        """End it."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


class Disk:
    """A small disk of its own that can be full or read-only; `Disk.there()` says whether one can be had here."""

    def __init__(self, place: Path, megabytes: int = 96) -> None:
        self.place, self.ballast = place, place / "ballast"
        place.mkdir(parents=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "none", str(place)], check=True)

    @staticmethod
    def there(scratch: Path) -> bool:
        """Whether this process may mount."""
        if not hasattr(os, "geteuid") or os.geteuid() != 0 or shutil.which("mount") is None:
            return False
        probe = scratch / "probe"
        try:
            disk = Disk(probe, 1)
        except (OSError, subprocess.CalledProcessError):
            return False
        disk.close()
        return True

    @contextmanager
    def full(self, free: int) -> Iterator[None]:
        """While only `free` bytes are left."""
        about = os.statvfs(self.place)
        with self.ballast.open("wb") as file:
            file.write(bytes(max(0, about.f_bavail * about.f_frsize - free)))
        yield
        self.ballast.unlink()

    @contextmanager
    def read_only(self) -> Iterator[None]:
        """While nothing can be written."""
        self._remount("ro")
        try:
            yield
        finally:
            self._remount("rw")

    def _remount(self, how: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{how}", str(self.place)], check=True)

    def close(self) -> None:
        """Unmount it."""
        subprocess.run(["umount", "-l", str(self.place)], check=True)


@dataclass(frozen=True)
class Command:
    """A command with what must be the same in the workspace after it, whatever happened on the way.

    done: exit codes of calling it once more after it was through but for the last moment. slow: seconds.
    """

    name: str
    arguments: tuple[str, ...]
    truth: Callable[[Path], Any]
    done: tuple[int, ...] = (0,)
    slow: bool = False

    def on(self, root: Path) -> list[str]:
        """Its arguments in this workspace."""
        return [argument.replace("{w}", str(root)) for argument in self.arguments]


def refresh(place: Path, template: Path) -> None:
    """Bring a workspace back to what it was."""
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(template, place)


def rows(root: Path, query: str) -> list[Any]:
    """What the workspace's database answers."""
    with closing(sqlite3.connect(root / "swipegan.db", timeout=20)) as connection:
        return connection.execute(query).fetchall()


def is_whole(root: Path) -> bool:
    """Whether the database is."""
    return rows(root, "pragma integrity_check") == [("ok",)] and not rows(root, "pragma foreign_key_check")


def labels(root: Path) -> list[Any]:
    """Everything that people said."""
    return rows(root, "select uuid, image_id, labeler_id, verdict, undoes from labels order by seq")


def tree(folder: Path, *endings: str) -> dict[str, str]:
    """SHA-256 of every file in a folder, by path; hidden ones left out."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".") and (not endings or path.suffix in endings)
    }


def pixels(folder: Path) -> dict[str, str]:
    """SHA-256 of the pixels of every picture in a folder: times in a recipe differ."""
    from curate.pixels import read_image

    return {
        str(path.relative_to(folder)): hashlib.sha256(read_image(path).tobytes()).hexdigest()
        for path in sorted(folder.rglob("*.png"))
    }


def network(run: Path) -> str:
    """SHA-256 of the weights that training ends with."""
    from safetensors.numpy import load_file

    weights = load_file(run / "generator.safetensors")
    return hashlib.sha256(b"".join(weights[name].tobytes() for name in sorted(weights))).hexdigest()
