"""A workspace of pictures that need no scan: what one looks through to pick from, and what was picked."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from curate.files import sha256_of
from curate.pixels import read_bytes, read_picture
from curate.store_pile import add_picture, known_paths, verdicts_by_path
from curate.workspace import Workspace


def add_pictures(workspace: Workspace, paths: Iterable[Path]) -> int:
    """Enter whole pictures, without faces and measures, into a workspace's database; returns how many were new."""
    sessions, new = workspace.open(), 0
    try:
        with sessions.begin() as session:
            known = known_paths(session)
            for path in (path.absolute() for path in paths):
                sha256 = sha256_of(path)
                if known.get(str(path)) == sha256:
                    continue
                stat = path.stat()
                header = read_picture(read_bytes(path)).header
                add_picture(session, path, sha256, header, (stat.st_size, stat.st_mtime_ns))
                new += 1
    finally:
        sessions.kw["bind"].dispose()
    return new


def picked(workspace: Workspace) -> dict[str, list[Path]]:
    """The pictures that people called good, bad and skip, in the order of their names."""
    sessions = workspace.open()
    try:
        with sessions.begin() as session:
            said = verdicts_by_path(session)
    finally:
        sessions.kw["bind"].dispose()
    found: dict[str, list[Path]] = {"good": [], "bad": [], "skip": []}
    for path in sorted(said):
        found[said[path]].append(Path(path))
    return found
