"""How well two kinds of pictures are told apart: a tiny classifier, and the area under its curve with an interval."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dctn

Floats = NDArray[np.float32]
Numbers = NDArray[np.float64]
Whole = NDArray[np.int64]

COLOURS = np.array([[0.299, 0.587, 0.114], [-0.169, -0.331, 0.5], [0.5, -0.419, -0.081]])  # JFIF: light, blue, red
FOLDS = 5
DRAWS = 1000  # of a bootstrap
STRENGTH = 0.1  # of the classifier's weights: held small, since there are as many features as faces
QUIET = 1e-4  # energy, of -1..1, under which a band counts as empty: a third of a grey level


@dataclass(frozen=True, slots=True)
class Share:
    """A number and its 95 % interval."""

    value: float
    low: float
    high: float


class Crowd(NamedTuple):
    """Numbers (N,) or features (N, F) of crops, and whose each is (N,): crops of one person are not independent."""

    values: Numbers
    whose: Whole


def band_energies(crops: Floats) -> Numbers:
    """What a crop's texture is made of, (N, F): the energy of light and two colours by octaves in x and y.

    crops: (N, 3, T, T), -1..1. Logarithms of mean squares of the discrete cosine transform, and the mean colour.
    """
    coloured = np.einsum("kc,nchw->nkhw", COLOURS, crops.astype(np.float64))
    waves = dctn(coloured, axes=(2, 3), norm="ortho")
    octaves = list(_octaves(crops.shape[-1]))
    bands = [
        np.log(QUIET + np.square(waves[:, :, down, across]).mean(axis=(2, 3)))
        for down in octaves
        for across in octaves
        if (down, across) != (octaves[0], octaves[0])
    ]
    return np.concatenate([*bands, coloured.mean(axis=(2, 3))], axis=1)


def _octaves(extent: int) -> Iterator[slice]:
    """0, 1, 2 to 3, 4 to 7 and so on, below `extent`."""
    yield slice(0, 1)
    start = 1
    while start < extent:
        yield slice(start, min(2 * start, extent))
        start *= 2


def told_apart(some: Crowd, others: Crowd, folds: int = FOLDS, seed: int = 0) -> Share:
    """The area under the curve of a logistic regression that tells crops of `some` from those of `others`.

    0.5: cannot be told apart; 1: always. Each crop is judged by a classifier that saw nobody whom it shows; only crops
    that one classifier judged are compared. `values` are features.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    places = [fold_of(crowd.whose, folds, seed) for crowd in (some, others)]
    scores = [np.zeros(len(crowd.values)) for crowd in (some, others)]
    for fold in range(folds):
        learned = [crowd.values[place != fold] for crowd, place in zip((some, others), places, strict=True)]
        model = make_pipeline(StandardScaler(), LogisticRegression(C=STRENGTH, class_weight="balanced", max_iter=1000))
        model.fit(np.concatenate(learned), np.repeat([1, 0], [len(part) for part in learned]))
        for crowd, place, score in zip((some, others), places, scores, strict=True):
            if (place == fold).any():
                score[place == fold] = model.decision_function(crowd.values[place == fold])
    return area(Crowd(scores[0], some.whose), Crowd(scores[1], others.whose), places[0], places[1])


def fold_of(whose: Whole, folds: int, seed: int = 0) -> Whole:
    """The fold of each crop, (N,): all crops of one person are in one, and folds are as large as can be."""
    people, place = np.unique(whose, return_inverse=True)
    return np.asarray(np.random.default_rng(seed).permutation(len(people)) % folds, np.int64)[place]


def area(some: Crowd, others: Crowd, place: Whole | None = None, other_place: Whole | None = None) -> Share:
    """How often a value of `some` is above one of `others`, ties counting half, with a bootstrap over people.

    Of pairs in one fold only where folds are given.
    """
    place = np.zeros(len(some.values), np.int64) if place is None else place
    other_place = np.zeros(len(others.values), np.int64) if other_place is None else other_place
    people, whose = np.unique(some.whose, return_inverse=True)
    seeds, other_whose = np.unique(others.whose, return_inverse=True)
    won, pairs = np.zeros((2, len(people), len(seeds)))
    for person in range(len(people)):
        mine = some.values[whose == person][:, None]
        counts = (place[whose == person][:, None] == other_place).astype(np.float64)
        wins = ((mine > others.values) + (mine == others.values) / 2) * counts
        won[person] = np.bincount(other_whose, wins.sum(axis=0), len(seeds))
        pairs[person] = np.bincount(other_whose, counts.sum(axis=0), len(seeds))
    draws = ((rows @ won @ columns, rows @ pairs @ columns) for rows, columns in _draws(len(people), len(seeds)))
    found = [float(above / compared) for above, compared in draws if compared]
    return _with_interval(float(won.sum() / pairs.sum()), found)


def margin(some: Crowd, others: Crowd) -> Share:
    """Mean value of `some` minus that of `others`, in standard deviations within a crowd, a bootstrap over people."""
    first, second = (np.unique(crowd.whose, return_inverse=True)[1] for crowd in (some, others))
    found = [
        _margin(some.values, others.values, rows[first], columns[second])
        for rows, columns in _draws(int(first.max()) + 1, int(second.max()) + 1)
    ]
    return _with_interval(_margin(some.values, others.values), found)


def _margin(some: Numbers, others: Numbers, rows: Numbers | None = None, columns: Numbers | None = None) -> float:
    means = np.average(some, weights=rows), np.average(others, weights=columns)
    spreads = (
        np.average(np.square(some - means[0]), weights=rows),
        np.average(np.square(others - means[1]), weights=columns),
    )
    return float((means[0] - means[1]) / max(np.sqrt(sum(spreads) / 2), 1e-12))


def _draws(people: int, seeds: int) -> Iterator[tuple[Numbers, Numbers]]:
    """How often each person and each seed is in each draw of a bootstrap."""
    random = np.random.default_rng(0)
    for _ in range(DRAWS):
        yield tuple(
            random.multinomial(count, np.full(count, 1 / count)).astype(np.float64) for count in (people, seeds)
        )  # type: ignore[misc] # two of them


def _with_interval(value: float, found: list[float]) -> Share:
    low, high = np.percentile(found, [2.5, 97.5])
    return Share(value, float(low), float(high))
