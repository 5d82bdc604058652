"""Taking faces out of sets, so that what is left of a set is whole and says its new digest."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curate.errors import UserError
from curate.files import read_json, write_atomically
from curate.pixels import encode_webp
from curate.set_faces import FACES, GUIDES, PARTS
from curate.set_files import tars_of
from curate.set_folder import LEFT_OUT, SHEET, sheet
from curate.sets import INDEX, INFO, BrokenSet, Entry, open_set, read_entry, seal


@dataclass(frozen=True, slots=True)
class SetChange:
    """A set that loses faces. digest_after: None where no face is left, so that the set goes as a whole."""

    name: str
    path: str
    faces: int
    left: int
    digest_before: str
    digest_after: str | None = None

    def text(self) -> str:
        """The change for people."""
        if not self.faces:
            return f"set {self.name}: named among what was left out of it"
        if not self.left:
            return f"set {self.name}: all {self.faces} faces, so the set goes as a whole"
        became = f"; its digest {self.digest_before[:12]} became {self.digest_after[:12]}" if self.digest_after else ""
        return f"set {self.name}: {self.faces} faces go, {self.left} stay{became or '; its digest changes'}"


def set_folders(home: Path, elsewhere: Iterable[Path]) -> list[Path]:
    """Every set in a folder or noted elsewhere, finished or not, and what interrupted calls left beside them."""
    here = [path for path in home.iterdir() if path.is_dir()] if home.is_dir() else []
    besides = [path.with_name(f".{path.name}.{end}") for path in elsewhere for end in ("partial", "old")]
    return sorted({path.resolve() for path in [*here, *elsewhere, *besides] if path.is_dir()})


def entries_of(folder: Path) -> list[Entry]:
    """The faces that a set's index names; empty for what is no finished set. Files may be missing."""
    try:
        return [read_entry(json.loads(line)) for line in (folder / INDEX).read_bytes().splitlines()]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BrokenSet(f"{folder / INDEX} cannot be read ({error}); remove that set or make it again") from error


def planned(folder: Path, hashes: set[str]) -> SetChange | None:
    """What would change in a set, or None."""
    entries = entries_of(folder)
    going = sum(entry.sha256 in hashes for entry in entries)
    if not going and not _left_out_lines(folder, hashes)[1]:
        return None
    if going and tars_of(folder):
        raise UserError(
            f"{folder} has {going} of these faces in tar files, which nothing can be taken out of: remove that folder "
            "(export its set again afterwards), then forget"
        )
    try:
        digest = str(read_json(folder / INFO).get("index_sha256", "")) if entries else ""
    except (OSError, ValueError) as error:
        raise BrokenSet(f"{folder / INFO} cannot be read ({error}); remove that set or make it again") from error
    return SetChange(folder.name, str(folder), going, len(entries) - going, digest)


def take_out(folder: Path, hashes: set[str]) -> str | None:
    """Remove these pictures' faces, guides and lines from a set; its new digest, or None where it has none."""
    entries = entries_of(folder)
    left = [entry for entry in entries if entry.sha256 not in hashes]
    if entries and not left:
        shutil.rmtree(folder)
        return None
    ids = {sha256[:16] for sha256 in hashes}
    for part in (FACES, GUIDES, PARTS):  # before the index: interrupted, the same call finds them named there
        for path in (folder / part).glob("*"):
            if path.name.lstrip(".")[:16] in ids:
                path.unlink()
    lines, gone = _left_out_lines(folder, hashes)
    if gone:
        write_atomically(folder / LEFT_OUT, "".join(lines).encode())
    if len(left) == len(entries):
        return None
    (folder / SHEET).unlink(missing_ok=True)
    info: dict[str, Any] = {**read_json(folder / INFO), "recipe": ""}  # no command writes this very set any more
    seal(folder, info, left)
    try:
        rest = open_set(folder)
        write_atomically(folder / SHEET, encode_webp(sheet(rest), 85))
    except BrokenSet as error:
        raise UserError(f"taken out of {folder}, but what is left was not whole before: {error}") from error
    return rest.digest


def _left_out_lines(folder: Path, hashes: set[str]) -> tuple[list[str], int]:
    """The lines of a set's left_out.jsonl that stay, and how many go."""
    place = folder / LEFT_OUT
    lines = place.read_text(encoding="utf-8").splitlines(keepends=True) if place.is_file() else []
    kept = [line for line in lines if json.loads(line).get("sha256") not in hashes]
    return kept, len(lines) - len(kept)
