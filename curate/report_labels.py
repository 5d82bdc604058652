"""What people said: labels over time and per person, how long they took, and where two people disagree."""

from __future__ import annotations

import datetime as dt
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import combinations

import numpy as np

from curate.report_facts import Example, Examples, Histogram, LabelFacts, Pair, Person, Place
from curate.report_measures import histogram
from curate.store_report import LabelRow

SPANS = (60, 300, 900, 3600, 4 * 3600, 86_400, 7 * 86_400, 30 * 86_400)  # seconds a bar of the time plot stands for
MOST_BARS = 48
LONGEST = 60_000  # milliseconds; who took longer was away


def current(rows: Iterable[LabelRow]) -> list[LabelRow]:
    """Each person's verdict on each image that holds now: the last one that was not taken back."""
    rows = list(rows)
    undone = {row.undoes for row in rows if row.undoes}
    last: dict[tuple[int, int], LabelRow] = {}
    for row in rows:
        if row.verdict != "undo" and row.uuid not in undone:
            last[row.image, row.person] = row
    return list(last.values())


def majority(rows: Iterable[LabelRow]) -> dict[int, str]:
    """What most people said of each image: good or bad; skip where nobody said either; a tie is left out."""
    votes: dict[int, Counter[str]] = defaultdict(Counter)
    for row in rows:
        votes[row.image][row.verdict] += 1
    said = {}
    for image, counted in votes.items():
        if counted["good"] != counted["bad"]:
            said[image] = "good" if counted["good"] > counted["bad"] else "bad"
        elif not counted["good"]:
            said[image] = "skip"
    return said


def label_facts(rows: Sequence[LabelRow], names: dict[int, str], examples: int) -> LabelFacts | None:
    """All about the label events `rows`, or None where there are none."""
    held = current(rows)
    if not held:
        return None
    said = majority(held)
    first, last = min(row.decided for row in held), max(row.decided for row in held)
    pairs, disputed = _agreement(held, names)
    repeated, same = _repeated(rows)
    return LabelFacts(
        people=_people(rows, held, names),
        times=_times(held, first, last),
        first=first,
        last=last,
        good=_place(said, "good", examples),
        bad=_bad(said, held, examples),
        skip=_place(said, "skip", examples),
        reasons=dict(Counter(row.reason for row in held if row.verdict == "bad" and row.reason).most_common()),
        pairs=pairs,
        disputed=Place(count=len(disputed), examples=disputed[:examples]),
        seconds=_seconds(held),
        repeated=repeated,
        repeated_same=same,
    )


def _people(rows: Sequence[LabelRow], held: Sequence[LabelRow], names: dict[int, str]) -> tuple[Person, ...]:
    found = []
    for person in {row.person for row in rows}:
        verdicts = Counter(row.verdict for row in held if row.person == person)
        times = [row.milliseconds for row in held if row.person == person and row.milliseconds is not None]
        found.append(
            Person(
                name=names.get(person, f"person {person}"),
                good=verdicts["good"],
                bad=verdicts["bad"],
                skip=verdicts["skip"],
                undone=sum(row.person == person and row.verdict == "undo" for row in rows),
                seconds=statistics.median(times) / 1000 if times else None,
            )
        )
    return tuple(sorted(found, key=lambda one: -(one.good + one.bad + one.skip)))


def _times(held: Sequence[LabelRow], first: dt.datetime, last: dt.datetime) -> Histogram:
    length = (last - first).total_seconds()
    span = next((seconds for seconds in SPANS if length / seconds < MOST_BARS), SPANS[-1])
    bars = int(length // span) + 1
    counts = {verdict: [0] * bars for verdict in ("good", "bad", "skip")}
    for row in held:
        counts[row.verdict][int((row.decided - first).total_seconds() // span)] += 1
    return Histogram(
        low=0.0,
        high=float(bars * span),
        classes=tuple(counts),
        counts=tuple(tuple(line) for line in counts.values()),
    )


def _seconds(held: Sequence[LabelRow]) -> Histogram | None:
    parts = {
        verdict: np.array(
            [
                min(row.milliseconds, LONGEST) / 1000
                for row in held
                if row.verdict == verdict and row.milliseconds is not None
            ],
            np.float32,
        )
        for verdict in ("good", "bad", "skip")
    }
    return histogram(parts) if any(len(values) for values in parts.values()) else None


def _place(said: dict[int, str], verdict: str, examples: int) -> Place:
    images = sorted(image for image, word in said.items() if word == verdict)
    return Place(count=len(images), examples=tuple(Example(image=image) for image in _spread(images, examples)))


def _bad(said: dict[int, str], held: Sequence[LabelRow], examples: int) -> Place:
    reasons = {row.image: row.reason for row in held if row.verdict == "bad" and row.reason}
    place = _place(said, "bad", examples)
    noted = tuple(Example(image=one.image, note=reasons.get(one.image, "")) for one in place.examples)
    return Place(count=place.count, examples=noted)


def _spread(images: Sequence[int], count: int) -> list[int]:
    """At most `count` of the images, evenly from first to last."""
    if len(images) <= count:
        return list(images)
    return [images[int(place)] for place in np.linspace(0, len(images) - 1, count)]


def _agreement(held: Sequence[LabelRow], names: dict[int, str]) -> tuple[tuple[Pair, ...], Examples]:
    by_image: dict[int, dict[int, str]] = defaultdict(dict)
    for row in held:
        if row.verdict != "skip":
            by_image[row.image][row.person] = row.verdict
    tables: dict[tuple[int, int], Counter[tuple[str, str]]] = defaultdict(Counter)
    disputed = []
    for image, verdicts in by_image.items():
        for one, other in combinations(sorted(verdicts), 2):
            tables[one, other][verdicts[one], verdicts[other]] += 1
        if len(set(verdicts.values())) > 1:
            said = (f"{names.get(person, person)} {verdict}" for person, verdict in sorted(verdicts.items()))
            disputed.append(Example(image=image, note=", ".join(said)))
    pairs = [_pair(names.get(one, "?"), names.get(other, "?"), table) for (one, other), table in tables.items()]
    return tuple(sorted(pairs, key=lambda pair: -pair.both)), tuple(disputed)


def _pair(first: str, second: str, table: Counter[tuple[str, str]]) -> Pair:
    both = sum(table.values())
    same = table["good", "good"] + table["bad", "bad"]
    one = (table["good", "good"] + table["good", "bad"]) / both
    other = (table["good", "good"] + table["bad", "good"]) / both
    chance = one * other + (1 - one) * (1 - other)
    kappa = None if chance >= 1 else (same / both - chance) / (1 - chance)
    return Pair(first=first, second=second, both=both, same=same, kappa=kappa)


def _repeated(rows: Sequence[LabelRow]) -> tuple[int, int]:
    """How often one person said good or bad of an image again without taking it back, and how often the same."""
    undone = {row.undoes for row in rows if row.undoes}
    before: dict[tuple[int, int], str] = {}
    again = same = 0
    for row in rows:
        if row.verdict not in ("good", "bad") or row.uuid in undone:
            continue
        key = (row.image, row.person)
        if key in before:
            again += 1
            same += before[key] == row.verdict
        before[key] = row.verdict
    return again, same
