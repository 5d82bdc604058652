"""What a page asks of the painter, read from JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from curate.errors import UserError

MOST = 1.5  # units of a direction to each side
LARGEST_SEED = 2**53 - 1  # as far as JavaScript counts
OUTSIDE = 0.25  # how far beyond the square a landmark may lie


class BadWish(UserError):
    """A wish that cannot be fulfilled."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """Which face, and how it is painted.

    toward: another seed, and the share (0..1) of the way there. along: units of each direction. landmarks: placed by
    hand, 68 points, 0..1 of the square. candidates, size: None for what the server was started with.
    """

    seed: int
    toward: tuple[int, float] | None = None
    along: tuple[float, ...] = ()
    truncation: float | None = None
    landmarks: tuple[tuple[float, float], ...] | None = None
    candidates: Literal["none", "flip", "article", "grid"] | None = None
    faithful: bool = False
    size: int | None = None

    @property
    def is_of_a_seed(self) -> bool:
        """Whether a seed alone says which face it is, and nobody moved its landmarks."""
        return not (self.toward and self.toward[1]) and not any(self.along) and self.landmarks is None


def read_wish(asked: Mapping[str, Any], directions: int, candidates: Iterable[str], faithful: bool) -> Wish:
    """The wish that JSON speaks of; raises BadWish, which says what is wrong. `faithful` holds where it is silent."""
    return Wish(
        seed=_whole(asked.get("seed"), "seed", 0, LARGEST_SEED),
        toward=_toward(asked.get("toward")),
        along=_along(asked.get("along"), directions),
        truncation=_maybe(asked.get("truncation"), "truncation", 0.05, 10),
        landmarks=read_landmarks(asked.get("landmarks")),
        candidates=_one_of(asked.get("candidates"), "candidates", list(candidates)),
        faithful=bool(asked.get("faithful", faithful)),
        size=None if asked.get("size") is None else _whole(asked["size"], "size", 8, 2**16),
    )


def read_landmarks(value: Any) -> tuple[tuple[float, float], ...] | None:
    """68 pairs of numbers, or None; raises BadWish."""
    if value is None:
        return None
    if not isinstance(value, list) or len(value) != 68 or any(not isinstance(p, list) or len(p) != 2 for p in value):
        raise BadWish("landmarks are 68 pairs of numbers")
    low, high = -OUTSIDE, 1 + OUTSIDE
    return tuple((_number(x, "a landmark", low, high), _number(y, "a landmark", low, high)) for x, y in value)


def _whole(value: Any, name: str, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise BadWish(f"{name} is a whole number from {low} to {high}")
    return value


def _number(value: Any, name: str, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise BadWish(f"{name} is a number from {low:g} to {high:g}")
    return float(value)


def _maybe(value: Any, name: str, low: float, high: float) -> float | None:
    return None if value is None else _number(value, name, low, high)


def _one_of(value: Any, name: str, choices: list[str]) -> Any:
    if value is not None and value not in choices:
        raise BadWish(f"{name} is one of {', '.join(choices)}")
    return value


def _toward(value: Any) -> tuple[int, float] | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise BadWish('toward is {"seed": ..., "share": ...}')
    return _whole(value.get("seed"), "seed", 0, LARGEST_SEED), _number(value.get("share"), "share", 0, 1)


def _along(value: Any, count: int) -> tuple[float, ...]:
    if value is None:
        return (0.0,) * count
    if not isinstance(value, list) or len(value) != count:
        raise BadWish(f"along holds {count} numbers")
    return tuple(_number(amount, "along", -MOST, MOST) for amount in value)
