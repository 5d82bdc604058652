"""Places in the space of faces, and ways between them; each knows how to say in a recipe where it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import pi
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from curate.errors import UserError
from infer.latent import latent
from infer.recipe import NoRecipe, read_recipe, understood

Floats = NDArray[np.float32]


class OtherNetwork(UserError):
    """A picture came from another lowres run, or from this one before it learned more."""


@dataclass(frozen=True)
class Spot:
    """One z, shape (length,), with what a recipe says of it and a short name for captions.

    A plain seed needs no more words than `{"seed": 7}`. Any other place has its numbers in the recipe, so that the
    face can be drawn again however it was come by.
    """

    z: Floats
    name: str
    words: dict[str, Any] = field(default_factory=dict)

    @property
    def request(self) -> dict[str, Any]:
        """The part of a recipe's request that decides which face it is."""
        return self.words if set(self.words) == {"seed"} else {"origin": self.words, "z": as_numbers(self.z)}


def as_numbers(z: Floats) -> list[float]:
    """Numbers that JSON keeps exactly, as short as float32 allows."""
    return [float(str(value)) for value in z]


def of_seed(seed: int, length: int, truncation: float | None = None, attempt: int = 0) -> Spot:
    """The face of a seed."""
    return Spot(latent(seed, length, truncation, attempt), str(seed), {"seed": seed})


def of_request(request: dict[str, Any], result: dict[str, Any], length: int, name: str) -> Spot:
    """The face that a recipe speaks of; OtherNetwork where its numbers do not fit."""
    with understood(name):
        if "z" not in request:
            attempt = int(result.get("draws", 1)) - 1
            return of_seed(int(request["seed"]), length, request.get("truncation"), attempt)
        z, origin = np.asarray(request["z"], np.float32), dict(request["origin"])
    if z.shape != (length,) or not np.isfinite(z).all():
        raise OtherNetwork(f"{name}: its face has {z.size} numbers, this run's have {length}; name the run it is from")
    return Spot(z, name, origin)


def of_text(text: str, length: int, truncation: float | None = None, digest: str | None = None) -> Spot:
    """The face of a seed in digits, or of a picture that swipegan made, by its path.

    OtherNetwork where the picture's lowres run is another than that of `digest`.
    """
    if text.isdecimal():
        return of_seed(int(text), length, truncation)
    path = Path(text)
    recipe = read_recipe(path)
    if not {"seed", "z"} & set(recipe.request):
        raise NoRecipe(f"{path} is no picture of one face from noise")
    if digest is not None and recipe.request.get("lowres") != digest:
        raise OtherNetwork(
            f"{path} was made by another --lowres than the one named, or before that run learned more: its face cannot "
            "be drawn again; name the run it is from, or a seed"
        )
    return of_request(recipe.request, recipe.result, length, path.stem)


def near(spot: Spot, number: int, distance: float) -> Spot:
    """The `number`-th neighbour: `distance` 0 is the face itself, 1 is as far as any other face.

    A turn by distance x 90 degrees towards a random direction at right angles; faces that know nothing of each other
    are about 90 degrees apart in so many dimensions. The length of z stays.
    """
    dice = np.random.default_rng([number, *(int(b) for b in np.ascontiguousarray(spot.z).view(np.uint32))])
    z = spot.z.astype(np.float64)
    aside = dice.standard_normal(len(z))
    aside -= z * (aside @ z) / (z @ z)
    aside *= np.linalg.norm(z) / np.linalg.norm(aside)
    angle = distance * pi / 2
    turned = np.cos(angle) * z + np.sin(angle) * aside
    words = {"near": spot.words, "number": number, "distance": distance}
    return Spot(turned.astype(np.float32), f"{spot.name} ~{number}", words)


def mix(first: Spot, second: Spot, share: float) -> Spot:
    """The face `share` (0..1) of the way from one to another: along the sphere, the length of z going with it.

    Spherical interpolation (Shoemake 1985): the straight way would lead through plainer faces near the mean.
    """
    ends = (first.z.astype(np.float64), second.z.astype(np.float64))
    lengths = [float(np.linalg.norm(end)) for end in ends]
    a, b = (end / max(length, 1e-12) for end, length in zip(ends, lengths, strict=True))
    angle = float(np.arccos(np.clip(a @ b, -1, 1)))
    if np.sin(angle) < 1e-6:
        way = (1 - share) * a + share * b
    else:
        way = (np.sin((1 - share) * angle) * a + np.sin(share * angle) * b) / np.sin(angle)
    z = ((1 - share) * lengths[0] + share * lengths[1]) * way
    words = {"mix": [first.words, second.words], "share": share}
    return Spot(z.astype(np.float32), f"{first.name} + {second.name} {share:.0%}", words)


def moved(spot: Spot, names: Sequence[str], directions: NDArray[np.float64], amounts: Sequence[float]) -> Spot:
    """The face moved along directions (k, length) by `amounts` (k,); the length of z stays."""
    if not any(amounts):
        return spot
    z = spot.z.astype(np.float64)
    there = z + np.asarray(amounts, np.float64) @ directions
    there *= np.linalg.norm(z) / max(float(np.linalg.norm(there)), 1e-12)
    along = {name: amount for name, amount in zip(names, amounts, strict=True) if amount}
    return Spot(there.astype(np.float32), f"{spot.name}, moved", {"from": spot.words, "along": along})
