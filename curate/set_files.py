"""Where the files of a set lie: in its folder, or as members of tar files as WebDataset has them."""

from __future__ import annotations

import errno
import os
import tarfile
from array import array
from pathlib import Path, PurePosixPath
from typing import Protocol

BLOCK = 512  # bytes: what tar files are made of
GUIDES = "guides"


class Files(Protocol):
    """The files of a set, by the names that the index has."""

    def has(self, name: str) -> bool:
        """Whether the file is there, whole or not."""
        ...

    def read(self, name: str) -> bytes:
        """Its bytes; raises OSError where there are none."""
        ...


class Folder:
    """Files in a folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def has(self, name: str) -> bool:
        """Whether there is such a file."""
        return (self.path / name).is_file()

    def read(self, name: str) -> bytes:
        """All of it."""
        return (self.path / name).read_bytes()


class Shards:
    """Files in tar files, ID.webp and ID.guide.png beside each other; known by their offsets, read by position."""

    def __init__(self, tars: list[Path]) -> None:
        self.tars = tars
        self._rows: dict[str, int] = {}
        self._tar, self._start, self._size = array("l"), array("q"), array("q")
        for number, tar in enumerate(tars):
            self._scan(number, tar)

    def has(self, name: str) -> bool:
        """Whether one of the tar files has all of it."""
        return member_name(name) in self._rows

    def read(self, name: str) -> bytes:
        """All of it, without what lies before it."""
        row = self._rows.get(member_name(name))
        if row is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name)
        with self.tars[self._tar[row]].open("rb") as file:
            file.seek(self._start[row])
            return file.read(self._size[row])

    def _scan(self, number: int, tar: Path) -> None:
        """Note where each member lies: from header to header, what is between is not read."""
        with tar.open("rb") as file:
            end, at = os.fstat(file.fileno()).st_size, 0
            while at < end:
                file.seek(at)
                try:
                    head = tarfile.TarInfo.frombuf(file.read(BLOCK), "utf-8", "surrogateescape")
                except tarfile.TarError:  # the end, or a tar file that was cut
                    return
                if head.size < 0:  # made to lead back to where we were, again and again
                    return
                start = at + BLOCK
                at = start + -(-head.size // BLOCK) * BLOCK
                if head.isreg() and start + head.size <= end:
                    self._rows[head.name] = len(self._start)
                    self._tar.append(number)
                    self._start.append(start)
                    self._size.append(head.size)


def files_of(path: Path) -> Files:
    """The files of the set in this folder, whichever way they lie there."""
    tars = tars_of(path)
    return Shards(tars) if tars else Folder(path)


def tars_of(path: Path) -> list[Path]:
    """The tar files that a set keeps its faces in; none where they lie in folders."""
    return [] if (path / "faces").is_dir() else sorted(path.glob("*.tar"))


def member_name(name: str) -> str:
    """What a file of the index is called in a tar file: faces/ID.webp is ID.webp, guides/ID.png is ID.guide.png."""
    path = PurePosixPath(name)
    return f"{path.stem}.guide{path.suffix}" if path.parent.name == GUIDES else path.name
