"""How far people agree, with others and with themselves, and what their verdicts say together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Skill(NamedTuple):
    """How often a person calls a good image good, and a bad image bad; the default is of somebody unknown."""

    sensitivity: float = 0.8
    specificity: float = 0.8


class Kappa(NamedTuple):
    """Agreement beyond chance, -1..1, with the ends of its 95 % confidence interval and the images it rests on."""

    value: float
    low: float
    high: float
    images: int


class Consensus(NamedTuple):
    """What Dawid and Skene's model makes of the votes.

    good: (images,) probability that each image is good. skills: per person. prior: share of good images.
    """

    good: NDArray[np.float64]
    skills: list[Skill]
    prior: float
    rounds: int


def posterior(votes: Sequence[tuple[Skill, str]], prior: float) -> float:
    """The probability that an image is good, after independent votes of people of known skill; skips say nothing."""
    odds = np.log(prior / (1 - prior))
    for skill, verdict in votes:
        if verdict == "good":
            odds += np.log(skill.sensitivity / (1 - skill.specificity))
        elif verdict == "bad":
            odds += np.log((1 - skill.sensitivity) / skill.specificity)
    return float(1 / (1 + np.exp(-odds)))


def cohen_kappa(first: Sequence[str], second: Sequence[str]) -> Kappa:
    """Cohen's kappa of two people on the same images; NaN where both only ever gave one and the same verdict.

    The interval is from Fleiss, Cohen and Everitt's variance (Psychological Bulletin 72, 1969), eq. 13.
    """
    table = _crosstab(first, second)
    total = table.sum()
    if total == 0:
        return Kappa(float("nan"), float("nan"), float("nan"), 0)
    share = table / total
    rows, columns = share.sum(axis=1), share.sum(axis=0)
    observed, expected = float(np.trace(share)), float(rows @ columns)
    if expected >= 1:
        return Kappa(float("nan"), float("nan"), float("nan"), int(total))
    value = (observed - expected) / (1 - expected)
    spread = 1.96 * np.sqrt(_kappa_variance(share, value, expected) / total)
    return Kappa(value, max(-1.0, value - spread), min(1.0, value + spread), int(total))


def _crosstab(first: Sequence[str], second: Sequence[str]) -> NDArray[np.float64]:
    kinds = sorted({*first, *second})
    place = {kind: index for index, kind in enumerate(kinds)}
    table = np.zeros((len(kinds), len(kinds)))
    for one, other in zip(first, second, strict=True):
        table[place[one], place[other]] += 1
    return table


def _kappa_variance(share: NDArray[np.float64], kappa: float, expected: float) -> float:
    """n times the variance of kappa. share: (k, k) of all images; expected: agreement by chance."""
    rows, columns = share.sum(axis=1), share.sum(axis=0)
    agreed = np.diag(share)
    a = float((agreed * (1 - (rows + columns) * (1 - kappa)) ** 2).sum())
    across = (columns[:, None] + rows[None, :]) ** 2 * share
    b = (1 - kappa) ** 2 * float(across.sum() - np.trace(across))
    c = (kappa - expected * (1 - kappa)) ** 2
    return max(0.0, (a + b - c) / (1 - expected) ** 2)


def fleiss_kappa(counts: NDArray[np.int64]) -> float:
    """Fleiss' kappa of several people; counts: (images, kinds), each row with the same sum of at least 2."""
    people = counts.sum(axis=1)
    if len(counts) == 0 or people.min() < 2 or people.min() != people.max():
        raise ValueError("every image needs the same number of verdicts, at least two")
    n = float(people[0])
    agreed = ((counts**2).sum(axis=1) - n) / (n * (n - 1))
    expected = float(((counts.sum(axis=0) / counts.sum()) ** 2).sum())
    return float("nan") if expected >= 1 else float((agreed.mean() - expected) / (1 - expected))


def dawid_skene(
    images: NDArray[np.int64],
    people: NDArray[np.int64],
    good: NDArray[np.bool_],
    rounds: int = 200,
    smoothing: float = 1.0,
) -> Consensus:
    """Estimate at once what each image is and how far each person can be trusted (Dawid and Skene, 1979), by EM.

    images, people: (votes,) indices from 0. good: (votes,) what was said. smoothing: votes that each person is given
    besides, agreeing with the truth four times in five, so that few votes make nobody infallible; 0 is the paper's.
    """
    count, persons = int(images.max(initial=-1)) + 1, int(people.max(initial=-1)) + 1
    if count == 0:
        return Consensus(np.empty(0), [], 0.5, 0)
    said = good.astype(np.float64)
    probability = np.bincount(images, said, count) / np.maximum(np.bincount(images, minlength=count), 1)
    sensitivity = specificity = np.full(persons, 0.8)
    prior, turn = 0.5, 0
    for turn in range(1, rounds + 1):  # noqa: B007 - how many it took is told
        is_good = probability[images]
        sensitivity = _share(people, said * is_good, is_good, persons, smoothing)
        specificity = _share(people, (1 - said) * (1 - is_good), 1 - is_good, persons, smoothing)
        prior = float(np.clip(probability.mean(), 1e-6, 1 - 1e-6))
        evidence = np.where(
            good,
            np.log(sensitivity[people]) - np.log1p(-specificity[people]),
            np.log1p(-sensitivity[people]) - np.log(specificity[people]),
        )
        odds = np.log(prior / (1 - prior)) + np.bincount(images, evidence, count)
        newer = 1 / (1 + np.exp(-np.clip(odds, -700, 700)))
        change, probability = float(np.abs(newer - probability).max()), newer
        if change < 1e-7:
            break
    skills = [Skill(float(a), float(b)) for a, b in zip(sensitivity, specificity, strict=True)]
    return Consensus(probability, skills, prior, turn)


def _share(
    people: NDArray[np.int64],
    hits: NDArray[np.float64],
    chances: NDArray[np.float64],
    persons: int,
    smoothing: float,
) -> NDArray[np.float64]:
    """Per person: hits of chances, with a beta prior of mean 0.8; (persons,), never 0 or 1."""
    hit, chance = np.bincount(people, hits, persons), np.bincount(people, chances, persons)
    share: NDArray[np.float64] = (hit + 0.8 * smoothing) / np.maximum(chance + smoothing, 1e-12)
    return np.asarray(np.clip(share, 1e-9, 1 - 1e-9), np.float64)


def consensus_of(votes: Sequence[tuple[int, int, str]]) -> tuple[Consensus, list[int]]:
    """`dawid_skene` on (image, person, verdict) with any ids; images sorted by id, and the people's ids in order."""
    images, image_of = np.unique(np.array([vote[0] for vote in votes], np.int64), return_inverse=True)
    people, person_of = np.unique(np.array([vote[1] for vote in votes], np.int64), return_inverse=True)
    good = np.array([vote[2] == "good" for vote in votes], np.bool_)
    assert len(images)
    return dawid_skene(image_of, person_of, good), [int(person) for person in people]


def wilson(hits: int, count: int) -> tuple[float, float, float]:
    """A share with the ends of its 95 % interval (Wilson, 1927); NaN of nothing."""
    if count == 0:
        return float("nan"), float("nan"), float("nan")
    share, z = hits / count, 1.96
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    spread = z * np.sqrt(share * (1 - share) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return share, float(max(0.0, middle - spread)), float(min(1.0, middle + spread))


def lesson(good: int, count: int, swipes: float = 1.0, left: int | None = None) -> str | None:
    """What random draws taught so far, for people: the share of good images, how sure it is, what more would do.

    swipes: labels it takes for one on an image drawn at random, at least 1. left: photos that can still be labeled.
    """
    if count < 20:
        return None
    share, low, high = wilson(good, count)
    points = 100 * (high - low) / 2
    text = f"{share:.0%} of photos are good, give or take {points:.0f} points"
    if points <= 3:
        return text + "; more labels would change little of that."
    aim = points / 2
    more = int(np.ceil((1.96 / (aim / 100)) ** 2 * share * (1 - share))) - count
    wanted = max(round(more * max(swipes, 1.0)), 10)
    if left is not None and wanted > left:
        return text + "; halving that takes more photos than there are."
    return text + f"; another {wanted} would likely halve that."
