"""Whether what is kept of the good images differs by skin tone beyond chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

TONES = ("dark", "brown", "tan", "intermediate", "light", "very light")  # Del Bino and Bernerd 2013
TONE_EDGES = (-30.0, 10.0, 28.0, 41.0, 55.0)  # degrees of the individual typology angle
CHANCE = 0.05  # of a false alarm among all classes together
WIDE = 0.5  # an interval that is wider says too little to be calm about
CALM = "Skin tone: what is kept of the good images differs by no more than chance would have it"


@dataclass(frozen=True)
class ToneShare:
    """Good images of one class of skin tone.

    kept: of `good`. low, high: the 95 % interval of the share that is kept (Clopper and Pearson 1934), 0..1. chance:
    how often at least such a difference from all other classes comes by chance (Fisher's exact test, two-sided, as if
    no other class were tested: Holm 1979), 0..1.
    """

    name: str
    good: int
    kept: int
    low: float
    high: float
    chance: float

    def text(self) -> str:
        """The share with its interval, for people."""
        return f"{self.name} {self.kept} of {self.good} [{self.low:.0%}, {self.high:.0%}]"


def tone_shares(tones: Floats, kept: Bools) -> tuple[ToneShare, ...]:
    """What is kept of good images (N,) in each class of skin tone that is among them; NaN: not known, left out."""
    known = np.isfinite(tones)
    place, inside = np.digitize(tones[known], TONE_EDGES), kept[known]
    counts = [
        (name, int((here := place == number).sum()), int(inside[here].sum())) for number, name in enumerate(TONES)
    ]
    return compared([each for each in counts if each[1]])


def compared(counts: Sequence[tuple[str, int, int]]) -> tuple[ToneShare, ...]:
    """Classes by name, number of good images (above 0) and how many of them are kept, each held against the others."""
    good, kept = sum(count[1] for count in counts), sum(count[2] for count in counts)
    chances = _holm([_fisher(count, good, kept) for count in counts])
    shares = []
    for (name, of, number), chance in zip(counts, chances, strict=True):
        interval = stats.binomtest(number, of).proportion_ci(0.95)
        shares.append(ToneShare(name, of, number, float(interval.low), float(interval.high), chance))
    return tuple(shares)


def warning(shares: Sequence[ToneShare]) -> str | None:
    """What to say where classes differ beyond chance; None where they do not."""
    apart = [share for share in shares if share.chance < CHANCE]
    if not apart:
        return None
    good, kept = sum(share.good for share in shares), sum(share.kept for share in shares)
    return (
        f"What is kept of the good images differs by skin tone beyond chance ({kept} of {good} in all): "
        + "; ".join(f"{share.text()}, by chance {share.chance:.1g}" for share in apart)
        + ". Look at those images before training; more labels of such faces help, or rules instead of learned quality."
    )


def told(shares: Sequence[ToneShare]) -> str | None:
    """One line on skin tone: a warning, or that none is due and which classes are too few to know; None for none."""
    if len(shares) < 2:
        return None
    if (warned := warning(shares)) is not None:
        return f"Warning: {warned}"
    few = [share.text() for share in shares if share.high - share.low > WIDE]
    return f"{CALM}{'; too few to tell: ' + ', '.join(few) if few else ''}."


def _fisher(count: tuple[str, int, int], good: int, kept: int) -> float:
    _, of, number = count
    table = [[number, of - number], [kept - number, good - of - (kept - number)]]
    return float(stats.fisher_exact(table)[1])


def _holm(chances: Sequence[float]) -> list[float]:
    """Chances of several tests, each as if it were the only one."""
    corrected, highest = [0.0] * len(chances), 0.0
    for rank, place in enumerate(np.argsort(chances)):
        highest = max(highest, min(1.0, (len(chances) - rank) * chances[place]))
        corrected[place] = highest
    return corrected
