"""Who is held out: the split is by person, and stays when pictures come in."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

# Between dlib's descriptors. Of 804 portraits all pairs of one person but one lay below 0.4 where names hid it, and no
# two people did (the nearest: 0.439); dlib's own 0.6 would join half of them.
SAME_PERSON = 0.4
BLOCK = 1000  # rows compared at a time


def person_of(file_name: str, pattern: str | None, otherwise: str) -> str:
    """Group 1 of `pattern` in a file's name; `otherwise` where there is no pattern or it does not match."""
    match = re.search(pattern, file_name) if pattern else None
    return (match.group(1) if match else None) or otherwise


def join_lookalikes(people: Sequence[str], descriptors: Sequence[NDArray[np.float32] | None]) -> list[str]:
    """The people again, where those with faces of nearly one descriptor (128,) are one, by the first of their names."""
    joined = _Groups(people)
    known = [index for index, one in enumerate(descriptors) if one is not None]
    faces = np.array([descriptors[index] for index in known], np.float32).reshape(len(known), 128)
    squares = (faces**2).sum(axis=1)
    for start in range(0, len(known), BLOCK):
        part = slice(start, start + BLOCK)
        distances = squares[part, None] + squares - 2 * faces[part] @ faces.T
        for row, column in np.argwhere(distances < SAME_PERSON**2):
            joined.join(people[known[start + row]], people[known[column]])
    return [joined.first(person) for person in people]


def held_out_people(people: Iterable[str], share: float) -> frozenset[str]:
    """The people that training never sees: about `share` of them, at least one of two or more where `share` is above 0.

    Who is held out depends on the name alone, so a set made again from more pictures keeps its people apart.
    """
    places = {_place(person): person for person in people}
    out = {person for place, person in places.items() if place < share}
    if not out and share > 0 and len(places) > 1:
        out = {places[min(places)]}
    if len(out) == len(places):
        out.discard(places.get(max(places, default=0.0), ""))
    return frozenset(out)


def _place(person: str) -> float:
    """A number in 0..1 that belongs to a name."""
    return int.from_bytes(hashlib.sha256(person.encode()).digest()[:8]) / 2**64


class _Groups:
    """Names that turn out to mean one person."""

    def __init__(self, names: Iterable[str]) -> None:
        self._parent = {name: name for name in names}

    def first(self, name: str) -> str:
        """The first name, by the alphabet, of the person whom `name` means."""
        while self._parent[name] != name:
            name = self._parent[name]
        return name

    def join(self, one: str, other: str) -> None:
        """Both names mean one person."""
        first, second = sorted((self.first(one), self.first(other)))
        self._parent[second] = first
