"""Which pictures `upres` is asked for, and where each result goes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from curate.pixels import may_be_a_picture
from curate.scan_walk import walk
from infer.recipe import NoRecipe, read_recipe

MARK = "-upres"  # at the end of the names of results that lie beside their photos
RESULTS = (".png", ".tif", ".mp4")


@dataclass
class PhotoFiles:
    """The photos of one command: files as named, and those in folders.

    targets: each photo with the path of its result, without what its name ends in. others: files in the folders that
    are no pictures. unread: folders that could not be opened.
    """

    targets: dict[Path, Path] = field(default_factory=dict)
    others: int = 0
    unread: list[str] = field(default_factory=list)
    _taken: set[str] = field(default_factory=set)

    @classmethod
    def find(cls, named: tuple[Path, ...], output: Path, beside: bool = False) -> PhotoFiles:
        """Walk the folders; results go beside their photos, or under `output`, in the tree of their folder."""
        files = cls()
        found = list(files._found(named, output))
        photos = {_key(photo) for photo, _ in found}
        several = sum(path.is_dir() for path in named) > 1
        for photo, root in found:
            if beside:
                folder, stem = photo.parent, photo.stem + MARK
            else:
                folder, stem = output / _branch(photo, root, several), photo.stem
            files.targets[photo] = files._free(folder, stem, photo, photos, of_tree=root is not None)
        return files

    def _found(self, named: tuple[Path, ...], output: Path) -> Iterator[tuple[Path, Path | None]]:
        """Each photo once, with the folder that was named for it."""
        seen: set[str] = set()
        for path in named:
            inside = self._inside(path, output) if path.is_dir() else [(path, None)]
            for photo, root in inside:
                if _key(photo) not in seen:
                    seen.add(_key(photo))
                    yield photo, root

    def _inside(self, folder: Path, output: Path) -> Iterator[tuple[Path, Path | None]]:
        search, root = walk([folder]), Path(os.path.realpath(folder))
        results = Path(os.path.realpath(output))
        for entry in search.entries():
            photo = Path(entry.path)
            if (root in results.parents and results in photo.parents) or _is_result(photo):
                continue
            if may_be_a_picture(photo):
                yield photo, root
            else:
                self.others += 1
        self.unread += search.unread

    def _free(self, folder: Path, stem: str, photo: Path, photos: set[str], of_tree: bool) -> Path:
        """A path that no other result has, and that is no photo's."""
        tries = [stem] if of_tree else [stem, f"{photo.absolute().parent.name}-{stem}"]
        tries += [f"{stem}-{photo.suffix[1:].lower()}"] if photo.suffix else []
        tries += [f"{stem}-{number}" for number in range(2, len(photos) + 3)]
        for name in tries:
            target = folder / name
            is_photo = any(_key(target.with_name(name + suffix)) in photos for suffix in RESULTS)
            if _key(target) not in self._taken and not is_photo:
                self._taken.add(_key(target))
                return target
        raise AssertionError("more names than pictures")


def _branch(photo: Path, root: Path | None, several: bool) -> Path:
    if root is None:
        return Path()
    branch = photo.parent.relative_to(root)
    return Path(root.name) / branch if several else branch


def _key(path: Path) -> str:
    """One text for all ways to write a path, also where the file system does not tell capitals from small letters."""
    return os.path.realpath(path).lower()


def _is_result(path: Path) -> bool:
    if MARK not in path.stem or path.suffix not in RESULTS:
        return False
    try:
        return bool(read_recipe(path).request)
    except NoRecipe:
        return False
