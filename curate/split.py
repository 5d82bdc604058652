"""Who is held out: the split is by person, and stays when pictures come in."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable


def person_of(file_name: str, pattern: str | None, otherwise: str) -> str:
    """Group 1 of `pattern` in a file's name; `otherwise` where there is no pattern or it does not match."""
    match = re.search(pattern, file_name) if pattern else None
    return (match.group(1) if match else None) or otherwise


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
