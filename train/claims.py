"""The article's claims as arms to train, what is measured, and when a claim holds; the statistics of paired seeds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from scipy import stats

from train.config_ablate import ClaimName

Ruling = Literal["holds", "refuted", "not shown"]

LEAST_SEEDS, MOST_SEEDS = 3, 20
EFFECT = 0.2  # of the mean: what a test should be able to show
POWER = 1.96 + 0.84  # two-sided 5 %, found in 80 % of cases


class Arm(NamedTuple):
    """One way to train: options that differ from the other arms', and the set that it sees."""

    name: str
    options: dict[str, Any]
    data: str = "given"


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What the article says, the arms, and the score that decides (less is better).

    The first arm is the article's. The claim holds where it beats each of `against`, or, with a `margin`, is worse by
    at most that share. `weights`: pixel weights to choose from, for each arm apart, on people kept for that.
    """

    says: str
    stage: Literal["lowres", "upres"]
    arms: tuple[Arm, ...]
    against: tuple[str, ...]
    score: str
    weights: tuple[float, ...] = ()
    margin: float = 0.0
    most_psnr_lost: float | None = None  # dB that the first arm may lose all the same


CLAIMS: dict[ClaimName, Claim] = {
    "guide": Claim(
        says="a guide of where eyes, brows, nose and lips are helps",
        stage="upres",
        arms=(Arm("guide", {}), Arm("zero", {}, "zero"), Arm("shuffled", {}, "shuffled")),
        against=("zero", "shuffled"),
        score="swd_regions",
    ),
    "pooled": Claim(
        says="comparing pixels after pooling beats comparing them at full resolution",
        stage="upres",
        arms=(
            Arm("pooled", {"pixel_loss": "pooled"}),
            Arm("full", {"pixel_loss": "full"}),
            Arm("none", {"pixel_weight": 0.0}),
        ),
        against=("full",),
        score="swd_finest",
        weights=(10.0, 30.0, 100.0),
        most_psnr_lost=1.0,
    ),
    "normless": Claim(
        says="without batch norm the generator of stage 2 is no worse",
        stage="upres",
        arms=(Arm("none", {"norm": "none"}), Arm("batch", {"norm": "batch"}), Arm("sample", {"norm": "sample"})),
        against=("batch",),
        score="swd_mean",
        margin=0.05,
    ),
    "clean": Claim(
        says="a smaller clean set beats a larger dirty one",
        stage="lowres",
        arms=(Arm("clean", {}, "clean"), Arm("dirty", {}, "dirty"), Arm("random", {}, "random")),
        against=("dirty",),
        score="swd_mean",
    ),
}


@dataclass(frozen=True, kw_only=True)
class Effect:
    """The other arm's score minus the first one's over paired seeds: mean, 95 % interval, and as a share."""

    arm: str
    mean: float
    low: float
    high: float
    share: float  # of the other arm's mean score
    ruling: Ruling


def effect(claim: Claim, arm: str, first: Sequence[float], other: Sequence[float]) -> Effect:
    """How much better (above 0) the article's arm is than another one, by Student's t over paired seeds."""
    differences = np.subtract(other, first)
    mean, middle = float(differences.mean()), abs(float(np.mean(other)))
    reach = math.inf
    if len(differences) > 1:
        reach = float(stats.t.ppf(0.975, len(differences) - 1) * differences.std(ddof=1) / math.sqrt(len(differences)))
    border = -claim.margin * middle
    ruling: Ruling = "holds" if mean - reach > border else "refuted" if mean + reach < border else "not shown"
    return Effect(
        arm=arm, mean=mean, low=mean - reach, high=mean + reach, share=mean / max(middle, 1e-12), ruling=ruling
    )


def verdict(claim: Claim, effects: Sequence[Effect], psnr_lost: float | None = None) -> Ruling:
    """Of the whole claim: what the arms that count say together."""
    rulings = [one.ruling for one in effects if one.arm in claim.against]
    if claim.most_psnr_lost is not None and psnr_lost is not None and psnr_lost > claim.most_psnr_lost:
        return "refuted"
    if all(ruling == "holds" for ruling in rulings):
        return "holds"
    return "refuted" if "refuted" in rulings else "not shown"


def seeds_needed(first: Sequence[float], other: Sequence[float]) -> int:
    """How many paired seeds show a difference of a fifth of the mean, from the spread of a few paired differences."""
    spread, middle = float(np.std(np.subtract(other, first), ddof=1)), abs(float(np.mean([*first, *other])))
    needed = math.ceil((POWER * spread / max(EFFECT * middle, 1e-12)) ** 2)
    return min(MOST_SEEDS, max(LEAST_SEEDS, needed))
