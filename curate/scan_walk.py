"""Finding the files of folder trees: each once, in a fixed order, without what is hidden or our own."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from curate.errors import UserError
from curate.names import shown

DATABASE = "swipegan.db"
OURS = {"sets", "runs", "renders", "cache"}  # beside a database of ours


class Entry(NamedTuple):
    """A regular file: its path, size in bytes and time of change."""

    path: str
    bytes: int
    mtime_ns: int


@dataclass
class Walk:
    """The files under some folders, and what was left out on the way; filled while `entries` runs."""

    roots: tuple[str, ...]
    hidden: int = 0  # files and folders whose name starts with a dot
    own: int = 0  # databases, sets, runs, renders and caches of workspaces
    special: int = 0  # sockets, pipes, devices, links to nothing
    unread: list[str] = field(default_factory=list)  # folders that could not be opened
    _seen: set[tuple[int, int]] = field(default_factory=set)  # folders, so that links in a ring end

    def entries(self) -> Iterator[Entry]:
        """Every file once, in the order of the names; links are followed."""
        for root in self.roots:
            if os.path.isfile(root):
                yield _entry(root, os.stat(root))
            else:
                yield from self._folder(root)

    def _folder(self, folder: str) -> Iterator[Entry]:
        waiting = [folder]
        while waiting:
            folder = waiting.pop()
            folders: list[str] = []
            for item in self._listing(folder):
                if item.is_dir():
                    folders.append(item.path)
                    continue
                found = self._file(item)
                if found is not None:
                    yield found
            waiting.extend(reversed(folders))

    def _listing(self, folder: str) -> list[os.DirEntry[str]]:
        try:
            about = os.stat(folder)
            if (about.st_dev, about.st_ino) in self._seen:
                return []
            self._seen.add((about.st_dev, about.st_ino))
            with os.scandir(folder) as items:
                listed = sorted(items, key=lambda item: item.name)
        except OSError:
            self.unread.append(folder)
            return []
        is_workspace = any(item.name == DATABASE for item in listed)
        return [item for item in listed if not self._left_out(item, is_workspace)]

    def _left_out(self, item: os.DirEntry[str], is_workspace: bool) -> bool:
        hidden = item.name.startswith(".")
        own = is_workspace and (item.name in OURS or item.name.startswith(DATABASE))
        self.hidden += hidden
        self.own += own and not hidden
        return hidden or own

    def _file(self, item: os.DirEntry[str]) -> Entry | None:
        try:
            if item.is_file():
                return _entry(item.path, item.stat())
        except OSError:
            pass
        self.special += 1
        return None


def _entry(path: str, about: os.stat_result) -> Entry:
    return Entry(path, about.st_size, about.st_mtime_ns)


def walk(folders: Sequence[Path]) -> Walk:
    """A walk over folders (or single files), by their real paths; raises UserError for one that is not there."""
    for folder in folders:
        if not os.path.exists(folder):
            raise UserError(f"there is no folder {shown(str(folder))}; give the folder that holds the photos")
    return Walk(tuple(dict.fromkeys(os.path.realpath(folder) for folder in folders)))
