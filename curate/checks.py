"""A rule looks at one image: None, or the reason to leave it out."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import PurePath

from curate.names import RAW
from curate.numbers import Number, numbers
from curate.rules import Rule


@dataclass(slots=True)
class Facts:
    """What the rules look at in one image."""

    id: int
    sha256: str
    values: dict[str, float | None] = field(default_factory=dict)
    paths: list[str] = field(default_factory=list)  # of the files that are there
    verdicts: list[tuple[str, str]] = field(default_factory=list)  # (who, good | bad | skip)


Check = Callable[[Facts], str | None]


def check(rule: Rule) -> Check:
    """The rule as a function: None for an image that passes, else the reason to leave it out."""
    if rule.limits is not None:
        lower, name = rule.limits
        return _limit(numbers()[name], float(rule.value), lower)
    if rule.name == "under":
        return _under(rule.value)
    if rule.name == "folder":
        return _folder(rule.value)
    if rule.name == "labels":
        return _labels(rule.value)
    return _one_face


def present(facts: Facts) -> str | None:
    """The check that comes before all rules: a file of the image was there when last looked."""
    return None if facts.paths else "all its files are missing"


def known(rule: Rule, facts: Facts) -> str:
    """What the rule found in an image that it lets pass."""
    if rule.limits is not None:
        name = rule.limits[1]
        return f"{name} {facts.values[name]:.4g}"
    if rule.name == "labels":
        return said(facts.verdicts)
    return "one face found" if rule.name == "one_face" else facts.paths[0]


def _limit(number: Number, limit: float, lower: bool) -> Check:
    name, absent, sided = number.name, number.absent, number.to_both_sides

    def judge(facts: Facts) -> str | None:
        value = facts.values[name]
        if value is None:
            return absent
        size = abs(value) if sided else value
        if size >= limit if lower else size <= limit:
            return None
        if sided:
            return f"{name} {_apart(value, limit, abs)} {'within' if lower else 'beyond'} ±{_exactly(limit)}"
        return f"{name} {_apart(value, limit, float)} {'<' if lower else '>'} {_exactly(limit)}"

    return judge


def _apart(value: float, limit: float, size: Callable[[float], float]) -> str:
    """The value with as few digits as show that it is on the wrong side of the limit."""
    if value == round(value):
        return _exactly(value)
    for digits in range(2, 10):
        shown = float(f"{value:.{digits}g}")
        if size(shown) != limit and (size(shown) < limit) == (size(value) < limit):
            return _exactly(shown)
    return repr(float(value))


def _exactly(value: float) -> str:
    return repr(int(value)) if value == round(value) else repr(float(value))


def _under(folder: str) -> Check:
    start = folder.rstrip("/\\")

    def judge(facts: Facts) -> str | None:
        if any(path.removeprefix(RAW).startswith((start + "/", start + "\\")) for path in facts.paths):
            return None
        return f"not under {folder}"

    return judge


def _folder(patterns: list[str]) -> Check:
    @cache
    def fits(folder: str) -> bool:
        place = PurePath(folder)
        return any(above.match(pattern) for above in (place, *place.parents) for pattern in patterns)

    def judge(facts: Facts) -> str | None:
        if any(fits(os.path.dirname(path.removeprefix(RAW))) for path in facts.paths):
            return None
        return f"in no folder like {' or '.join(patterns)}"

    return judge


def _labels(policies: list[str]) -> Check:
    def judge(facts: Facts) -> str | None:
        good = sum(verdict == "good" for _, verdict in facts.verdicts)
        bad = sum(verdict == "bad" for _, verdict in facts.verdicts)
        holds = {
            "good": good > bad,
            "not-bad": bad == 0 or good > bad,
            "labeled": good + bad > 0,
            "unlabeled": not facts.verdicts,
        }
        return None if any(holds[policy] for policy in policies) else said(facts.verdicts)

    return judge


def said(verdicts: list[tuple[str, str]]) -> str:
    """What people said: labeled bad by Ann; people disagree: good by Ann, bad by Bo."""
    people: dict[str, list[str]] = {}
    for who, verdict in verdicts:
        people.setdefault(verdict, []).append(who)
    if not people:
        return "not labeled yet"
    parts = [f"{verdict} by {_names(people[verdict])}" for verdict in ("good", "bad", "skip") if verdict in people]
    return ("labeled " if len(parts) == 1 else "people disagree: ") + ", ".join(parts)


def _names(who: list[str]) -> str:
    return f"{len(who)} people" if len(who) > 3 else " and ".join(sorted(who))


def _one_face(facts: Facts) -> str | None:
    count = facts.values["faces"]
    if count is None:
        return numbers()["faces"].absent
    return None if count == 1 else f"{count:.0f} faces found" if count else "no face found"
