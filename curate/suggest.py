"""`swipegan filter --suggest`: limits of measures that leave out most of what people called bad, and little else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from curate.errors import UserError
from curate.rules import SHORT_CUTS, Rule
from curate.store_quality import Opinions, opinions, values_of

MOST_LOST = 0.05  # share of the good that all limits together may cost
PRICE = 2  # bad ones that a limit has to leave out for each good one
WORTH = 0.02  # share of the bad that a limit has to leave out beyond those before it
MOST_RULES = 6
FOLDS = 5
FEWEST = 10  # labels of each verdict
LEARNED = "min_quality"  # learned from the same labels: it would win, and tell nothing new

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


class TooFewToSuggest(UserError):
    """There are not enough labels to tell a limit from."""


@dataclass(frozen=True)
class Limit:
    """A suggested limit: what it leaves out of what those before it have left."""

    rule: str
    value: float
    option: str
    bad: int
    good: int


@dataclass(frozen=True)
class SuggestSummary:
    """Suggested limits, what they do to the labeled images, and to labels that they were not chosen by."""

    name: str
    good: int
    bad: int
    limits: list[Limit]
    good_kept: float  # shares, 0..1, of labels held out in five folds
    bad_left_out: float

    def text(self) -> str:
        """A line a limit, what to expect, and the command."""
        if not self.limits:
            return (
                f"No limit of a measure leaves out the {self.bad:,} bad ones without costing too many of the "
                f"{self.good:,} good; `swipegan judge` learns from all measures together."
            )
        width = max(len(limit.option) for limit in self.limits)
        lines = [f"{'':{width}}  {'bad out':>8}  {'good out':>8}"]
        lines += [f"{limit.option:{width}}  {limit.bad:>8,}  {limit.good:>8,}" for limit in self.limits]
        head = f"From {self.good:,} good and {self.bad:,} bad labels:"
        expect = (
            f"Of labels that they were not chosen by, such limits leave out {self.bad_left_out:.0%} of the bad "
            f"and keep {self.good_kept:.0%} of the good."
        )
        command = " ".join([f"swipegan filter {self.name}", *(limit.option for limit in self.limits)])
        return "\n".join([head, "", *lines, "", expect, f"Nothing was saved: `{command}` does it."])


class Side(NamedTuple):
    """A measure with the end that a limit may cut off: rows of `values` are better the higher, NaN where unknown."""

    rule: str
    values: Floats  # (images,)


class Cut(NamedTuple):
    """One limit, in a side's own direction, and what it leaves out."""

    side: int
    value: float
    bad: int
    good: int


def suggest(session: Session, name: str) -> SuggestSummary:
    """Suggest limits for a selection called `name` from what most people said of the labeled images."""
    said, _ = opinions(session)
    verdicts = majority(said)
    good = np.array(list(verdicts.values()), bool)
    if min(good.sum(), (~good).sum()) < FEWEST:
        raise TooFewToSuggest(
            f"{int(good.sum())} good and {int((~good).sum())} bad labels are too few to tell limits from: "
            f"{FEWEST} of each at least; swipe some more"
        )
    rules = [rule for rule in SHORT_CUTS if rule != LEARNED]
    table = values_of(session, list(verdicts), [_measure(rule)[1] for rule in rules])
    sides = [Side(rule, column if _measure(rule)[0] else -column) for rule, column in zip(rules, table.T, strict=True)]
    cuts = choose(sides, good)
    kept, out = _held_out(sides, good)
    return SuggestSummary(
        name, int(good.sum()), int((~good).sum()), [_limit(sides[cut.side], cut) for cut in cuts], kept, out
    )


def majority(said: Sequence[Opinions]) -> dict[int, bool]:
    """Whether most people called an image good; ties are left out."""
    votes: dict[int, int] = {}
    for opinion in said:
        votes[opinion.image_id] = votes.get(opinion.image_id, 0) + (1 if opinion.good else -1)
    return {image: balance > 0 for image, balance in sorted(votes.items()) if balance}


def choose(sides: Sequence[Side], good: Bools) -> list[Cut]:
    """Limits one after the other, each the one that leaves out the most bad ones for the good that it costs."""
    budget = int(MOST_LOST * good.sum())
    inside = np.ones(len(good), bool)
    cuts: list[Cut] = []
    while len(cuts) < MOST_RULES:
        taken = {cut.side for cut in cuts}
        found = [
            cut
            for place, side in enumerate(sides)
            if place not in taken and (cut := _best_cut(place, side.values, good, inside, budget)) is not None
        ]
        best = max(found, key=lambda cut: (cut.bad - PRICE * cut.good, -cut.side), default=None)
        if best is None or best.bad < max(2, WORTH * (~good).sum()):
            return cuts
        cuts.append(best)
        inside &= sides[best.side].values >= best.value
        budget -= best.good
    return cuts


def _best_cut(place: int, values: Floats, good: Bools, inside: Bools, budget: int) -> Cut | None:
    """The best limit of one side; every limit leaves out what has no number."""
    unknown = inside & np.isnan(values)
    least, bad_unknown = int((unknown & good).sum()), int((unknown & ~good).sum())
    high = np.sort(values[inside & good & ~np.isnan(values)])
    low = np.sort(values[inside & ~good & ~np.isnan(values)])
    if least > budget or not len(high):
        return None
    lost = np.arange(min(budget - least + 1, len(high)))  # good ones below the limit
    below = np.searchsorted(low, high[lost])
    score = below + bad_unknown - PRICE * (lost + least)
    best = int(score.argmax())
    if not below[best] or score[best] <= 0:
        return None
    next_below = max(low[below[best] - 1], high[best - 1] if best else -np.inf)
    value = _between(float(next_below), float(high[best]))
    return Cut(place, value, int(below[best]) + bad_unknown, int(lost[best]) + least)


def _between(low: float, high: float) -> float:
    """A short number above `low` and at most `high`."""
    middle = (low + high) / 2
    for digits in range(1, 16):
        short = float(f"{middle:.{digits}g}")
        if low < short <= high:
            return short
    return high


def _held_out(sides: Sequence[Side], good: Bools) -> tuple[float, float]:
    """Shares of the good that are kept and of the bad that are left out by limits that other labels chose."""
    fold = np.random.default_rng(0).permutation(len(good)) % FOLDS
    inside = np.ones(len(good), bool)
    for number in range(FOLDS):
        rest, tested = fold != number, fold == number
        for cut in choose([Side(side.rule, side.values[rest]) for side in sides], good[rest]):
            inside[tested] &= sides[cut.side].values[tested] >= cut.value
    return float(inside[good].mean()), float((~inside)[~good].mean())


def _measure(rule: str) -> tuple[bool, str]:
    limits = Rule(rule, 0.0).limits
    assert limits is not None
    return limits


def _limit(side: Side, cut: Cut) -> Limit:
    value = cut.value if _measure(side.rule)[0] else -cut.value
    return Limit(side.rule, value, f"--{side.rule.replace('_', '-')} {value:g}", cut.bad, cut.good)
