"""From noise, or from a small face, to a portrait: the whole way, with all that lies on it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from curate.guides import GuideStyle, lowres_input, small_face
from infer.config_paint import PaintOptions
from infer.engine import TileEngine
from infer.landmarks import Placed, place
from infer.latent import latent
from infer.paint import Painter, Painting, PaintSettings, quantised
from infer.project import enlarge
from infer.tiles import SCALE
from infer.torch_net import Loaded

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Geometry:
    """The measures of an upres run: extent of the small face and its guide, of their stack, of a tile of it."""

    extent: int
    stacked: int
    tile: int
    guide: GuideStyle

    @classmethod
    def of(cls, card: dict[str, Any], size: int | None = None) -> Geometry:
        """Read from the card; for another `size` of the portrait only the extent of the stack changes."""
        stacked = card["stacked"] if size is None else size // SCALE
        return cls(card["lowres_extent"], stacked, card["tile"], GuideStyle.of(card))


@dataclass(frozen=True)
class Portrait:
    """A portrait and what it was made of.

    picture: (8S, 8S, 3). small: the small face (E, E, 3). guide: (E, E, C). stack: what the network saw, (3 + C, S, S),
    -1..1. painting: agreement with the small face, candidates. draws: how many z were tried.
    """

    name: str
    picture: Pixels
    small: Pixels
    guide: Pixels
    placed: Placed
    stack: Floats
    painting: Painting
    draws: int = 1

    @property
    def bicubic(self) -> Pixels:
        """What enlarging without a network gives, (8S, 8S, 3)."""
        return to_pixels(enlarge(self.stack[:3]))

    def result(self) -> dict[str, Any]:
        """What was found on the way, for the recipe."""
        painting = self.painting
        found: dict[str, Any] = {
            "landmarks": self.placed.source,
            "draws": self.draws,
            "tiles": painting.tiles,
            "lowres_psnr": round(painting.agreement, 2),
            "lowres_psnr_before_projection": round(painting.before, 2),
        }
        if painting.choice is not None:
            found["candidates"] = list(painting.kept)
            found["candidate_score"] = round(painting.choice.score, 4)
            found["candidate_disagreement"] = painting.choice.disagreement and round(painting.choice.disagreement, 4)
        return found


class Small(NamedTuple):
    """A small face on its way to a portrait."""

    name: str
    face: Pixels
    placed: Placed
    draws: int = 1


def to_pixels(picture: Floats) -> Pixels:
    """(3, height, width), -1..1 -> (height, width, 3), 0..255; what lies beyond is cut off."""
    return np.asarray(quantised(picture, np.dtype(np.uint8)), np.uint8)


def settings_from(options: PaintOptions, tile: int) -> PaintSettings:
    """The settings that options ask for: the default ones, or with `--faithful` those of the article."""
    faithful = options.faithful

    def chosen(value: Any, ours: Any, article: Any) -> Any:
        return value if value is not None else article if faithful else ours

    overlap = chosen(options.overlap, tile * 10 // 32, tile // 2)
    if overlap >= tile:
        raise ValueError(f"--overlap {overlap} is no less than a tile ({tile}): give 0 to {tile - 1}")
    return PaintSettings(
        tile=tile,
        overlap=overlap,
        whole=options.whole_at_once,
        bands=chosen(options.bands, 2, 1),
        projections=chosen(options.projections, 3, 0),
        candidates=chosen(options.candidates, "none", "article"),
        weights=options.weights(),
        agreement=chosen(options.agreement, 0.38, 0.0),
    )


class Studio:
    """An upres network with its geometry and settings: small faces in, portraits out."""

    def __init__(
        self,
        upres: Loaded,
        settings: PaintSettings,
        *,
        size: int | None = None,
        critic: Loaded | None = None,
        batch: int = 8,
    ) -> None:
        self.card = upres.card
        self.geometry = Geometry.of(upres.card, size)
        judge = TileEngine(critic.net, batch) if critic is not None else None
        self.painter = Painter(TileEngine(upres.net, batch), settings, judge)

    def find(self, face: Pixels) -> Placed:
        """The landmarks of an aligned face of any size."""
        small = small_face(face, self.geometry.extent)
        return place(small, self.card["mean_landmarks"], self.card["mean_box"])

    def portraits(self, smalls: Iterable[Small]) -> Iterator[Portrait]:
        """Portraits of small faces, in order; a face is asked for when its first tile is to be painted."""
        begun: deque[tuple[Small, Pixels, Pixels, Floats]] = deque()

        def stacks() -> Iterator[tuple[str, Floats]]:
            for small in smalls:
                begun.append((small, *self.prepare(small)))
                yield small.name, begun[-1][-1]

        for painting in self.painter.paint_all(stacks()):
            small, face, guide, stack = begun.popleft()
            yield Portrait(
                small.name, to_pixels(painting.picture), face, guide, small.placed, stack, painting, small.draws
            )

    def prepare(self, small: Small) -> tuple[Pixels, Pixels, Floats]:
        """The small face at the run's extent, its guide, and the stack that the network sees."""
        shape = self.geometry
        face = small_face(small.face, shape.extent)
        if small.placed.source == "none":
            guide = shape.guide.blank(shape.extent)
        else:
            guide = shape.guide.draw(small.placed.points, shape.extent)
        return face, guide, lowres_input(face, guide, shape.stacked)


def draw_small(lowres: Loaded, seed: int, truncation: float | None = None, attempt: int = 0) -> Pixels:
    """The small face (E, E, 3) that a lowres run draws for a seed; one at a time, so that company changes nothing."""
    return draw_face(lowres, latent(seed, lowres.card["network"]["z"], truncation, attempt))


def draw_face(lowres: Loaded, z: Floats) -> Pixels:
    """The small face (E, E, 3) of one z, shape (length,)."""
    return to_pixels(lowres.net(z[None])[0])
