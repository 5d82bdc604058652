"""The index of a set: small ones are held, of large ones a line is read when its face is asked for."""

from __future__ import annotations

import hashlib
import math
import re
import weakref
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, overload

from curate.errors import UserError
from curate.files import parsed

INSIDE = re.compile(r"\w[\w.-]*(/\w[\w.-]*)*")  # no path with .. or a root, no drive, no backslash
HELD = 16 * 2**20  # bytes; parsed, an index takes about five times its size


class Outside(UserError):
    """An index names something outside of its set: it was made to be, since no command writes such a line."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One face of a set, a line of its index."""

    id: str  # 16 hex digits
    face: str  # path inside the set
    guide: str  # path inside the set; empty where the set has no guides
    landmarks: tuple[tuple[float, float], ...]  # 68, 0..1 of the aligned square
    sha256: str  # of the source image
    source: str  # its file name
    person: str
    held_out: bool
    upscale: float  # pixels of the face per pixel of the source
    face_sha256: str
    guide_sha256: str


def read_entry(line: dict[str, Any]) -> Entry:
    """An entry from its line of the index; raises Outside where it would lead out of the set."""
    entry = Entry(**{**line, "landmarks": points(line["landmarks"])})
    texts = (entry.id, entry.face, entry.guide, entry.sha256, entry.source, entry.person)
    if not all(isinstance(one, str) for one in texts) or not isinstance(entry.held_out, bool):
        raise TypeError("a line of an index has texts, and held_out true or false")
    for name in (entry.id, entry.face, entry.guide):
        if name and not INSIDE.fullmatch(name):
            raise Outside(f"the index of this set names {name!r}, which is no place inside a set; do not use it")
    return entry


def points(value: Any) -> tuple[tuple[float, float], ...]:
    """The 68 landmarks of JSON; raises ValueError or TypeError where they are none."""
    found = tuple((number(x), number(y)) for x, y in value)
    if len(found) != 68 or not all(math.isfinite(one) for point in found for one in point):
        raise ValueError("landmarks are 68 points of two numbers")
    return found


def number(value: Any) -> float:
    """A number of JSON; raises ValueError or TypeError where it is none, or larger than numbers are here."""
    try:
        return float(value)
    except OverflowError as error:
        raise ValueError("a number of more than 308 digits") from error


class _Open:
    """A file that stays open as long as somebody may ask for a line; closed with the last of them."""

    def __init__(self, path: Path) -> None:
        self.file = path.open("rb")
        self._lock = Lock()
        weakref.finalize(self, self.file.close)

    def line(self, start: int) -> bytes:
        """The line that starts there."""
        with self._lock:
            self.file.seek(start)
            return self.file.readline()


class Lines(Sequence[Entry]):
    """Entries that stay in the index's file: each takes a few bytes of memory until it is asked for.

    The file stays open, so that an index that is replaced meanwhile is not mixed with this one.
    """

    def __init__(self, file: _Open, starts: array[int], held_out: array[int]) -> None:
        self._file, self._starts, self._held_out = file, starts, held_out

    def __len__(self) -> int:
        return len(self._starts)

    @overload
    def __getitem__(self, which: int) -> Entry: ...

    @overload
    def __getitem__(self, which: slice) -> Lines: ...

    def __getitem__(self, which: int | slice) -> Entry | Lines:
        if isinstance(which, slice):
            return Lines(self._file, self._starts[which], self._held_out[which])
        return read_entry(parsed(self._file.line(self._starts[which])))

    def __iter__(self) -> Iterator[Entry]:
        return (self[number] for number in range(len(self)))

    def part(self, held_out: bool) -> Lines:
        """Those that are held out, or those that are not."""
        chosen = [number for number, held in enumerate(self._held_out) if held == held_out]
        starts, flags = (array(one.typecode, (one[n] for n in chosen)) for one in (self._starts, self._held_out))
        return Lines(self._file, starts, flags)


def part_of(entries: Sequence[Entry], held_out: bool) -> Sequence[Entry]:
    """The entries that are held out, or those that are not."""
    if isinstance(entries, Lines):
        return entries.part(held_out)
    return tuple(entry for entry in entries if entry.held_out == held_out)


def read_index(path: Path, look: Callable[[Entry], None]) -> tuple[str, Sequence[Entry]]:
    """The SHA-256 of an index and its entries; each is shown to `look` once."""
    if path.stat().st_size <= HELD:
        data = path.read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        entries = tuple(read_entry(parsed(line)) for line in data.splitlines())
        for entry in entries:
            look(entry)
        return digest, entries
    file = _Open(path)
    total, at = hashlib.sha256(), 0
    starts, held_out = array("q"), array("b")
    for line in file.file:
        entry = read_entry(parsed(line))
        look(entry)
        total.update(line)
        starts.append(at)
        held_out.append(entry.held_out)
        at += len(line)
    return total.hexdigest(), Lines(file, starts, held_out)
