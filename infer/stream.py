"""Painting pictures of any size: tiles go in and finished rows come out; memory is bounded by the width.

The same as `Painter` gives for the whole picture. Where candidates are to be chosen, all tiles are painted once to
choose by, and the chosen ones once more: holding them would take memory for the height.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from infer.blend import RIM, Blender
from infer.candidates import Candidates, ask_critic, changed_crops, gather, measure
from infer.choose import Choice, Edge, Highs, choose, cost_between, high_bands, scores
from infer.engine import Crop
from infer.paint import Painter, Painting, unquantised
from infer.project import project_rows, shrink
from infer.tiles import SCALE, Plan, Tile, plan

Floats = NDArray[np.float32]
NOTHING = np.zeros((3, 0, 0), np.float32)


@dataclass(frozen=True)
class Source:
    """A lowres picture and its guide; `window(rows, columns)` gives any part of both, (3 + C, ...), -1..1."""

    height: int
    width: int
    window: Callable[[slice, slice], Floats]

    @classmethod
    def of_stack(cls, stack: Floats) -> Source:
        """From what the network sees, (3 + C, height, width)."""
        return cls(stack.shape[1], stack.shape[2], lambda rows, columns: stack[:, rows, columns])

    @classmethod
    def of_pixels(cls, pixels: NDArray[Any], blank: int) -> Source:
        """From (height, width, 3) of 8 or 16 bits, with an empty guide of `blank` channels; converted part by part."""

        def window(rows: slice, columns: slice) -> Floats:
            picture = unquantised(pixels[rows, columns])
            return np.concatenate([picture, np.full((blank, *picture.shape[1:]), -1, np.float32)])

        return cls(pixels.shape[0], pixels.shape[1], window)

    def padded(self, where: Plan) -> Callable[[slice, slice], Floats]:
        """`window` for all that the plan covers: mirrored beyond a picture that is smaller than a tile."""
        down, right = where.padded[0] - self.height, where.padded[1] - self.width
        if not (down or right):
            return self.window
        narrow = np.pad(self.window(slice(None), slice(None)), ((0, 0), (0, down), (0, right)), mode="reflect")
        return lambda rows, columns: narrow[:, rows, columns]


class Agreement:
    """Sums up how far bands of a large picture are from the lowres one as they pass."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.squares, self.rows = 0.0, 0

    def watch(self, bands: Iterable[Floats]) -> Iterator[Floats]:
        """The bands as they are, each a multiple of 8 rows."""
        for band in bands:
            last = self.rows + band.shape[1] // SCALE
            lowres = self.source.window(slice(self.rows, last), slice(None))[:3]
            self.squares += float(np.square(shrink(band) - lowres).sum(dtype=np.float64))
            self.rows = last
            yield band

    @property
    def psnr(self) -> float:
        """Of the bands so far, in dB, 200 where equal; see `lowres_psnr`."""
        error = self.squares / max(1, 3 * self.rows * self.source.width) / 4
        return float(min(200.0, -10 * np.log10(max(error, 1e-20))))


class Stream:
    """One picture on its way: iterate once over `bands`, then read what was found."""

    def __init__(self, painter: Painter, source: Source, name: str = "") -> None:
        self.painter, self.source, self.settings = painter, source, painter.settings
        self.before_name = f"{name}, " if name else ""
        self.plan = plan(source.height, source.width, self.settings.tile, self.settings.overlap)
        self.blender = Blender(self.plan, RIM, keep_texture=self.settings.bands == 2)
        self.blended, self.finished = Agreement(source), Agreement(source)
        self.choice: Choice | None = None
        self.whole: Painting | None = None  # where there are no tiles, and so no rows

    @property
    def height(self) -> int:
        """Rows of the large picture."""
        return SCALE * self.source.height

    @property
    def width(self) -> int:
        """Columns of the large picture."""
        return SCALE * self.source.width

    def bands(self) -> Iterator[Floats]:
        """Finished rows from the top down, (3, some rows, width), -1..1 and a little beyond."""
        if self.settings.whole:
            yield from self._at_once()
            return
        changes = self.painter.changes
        if len(changes) > 1:
            self.choice = self._choose()
            painted = self._kept(self.choice.labels)
        else:
            painted = self.painter.engine(self._crops())
        blended = self.blended.watch(self.blender(painted))
        yield from self.finished.watch(self._projected(blended))

    def result(self) -> dict[str, Any]:
        """What was found on the way, for the recipe."""
        before, after = self.blended.psnr, self.finished.psnr
        if self.whole is not None:
            before, after = self.whole.before, self.whole.agreement
        found: dict[str, Any] = {
            "tiles": len(self.plan) if self.whole is None else 1,
            "lowres_psnr": round(after, 2),
            "lowres_psnr_before_projection": round(before, 2),
        }
        if self.choice is not None:
            found["candidates"] = [self.painter.changes[label].name for label in self.choice.labels]
            found["candidate_score"] = round(self.choice.score, 4)
            found["candidate_disagreement"] = self.choice.disagreement and round(self.choice.disagreement, 4)
        return found

    def _at_once(self) -> Iterator[Floats]:
        painting = self.painter(self.source.window(slice(None), slice(None)))
        self.whole = painting
        yield painting.picture

    def _projected(self, bands: Iterator[Floats]) -> Iterator[Floats]:
        def lowres(first: int, last: int) -> Floats:
            return self.source.window(slice(first, last), slice(None))[:3]

        return project_rows(bands, lowres, self.settings.projections, self.settings.strength)

    def _crops(self) -> Iterator[Crop]:
        window = self.source.padded(self.plan)
        for tile in self.plan:
            yield Crop(window(*tile.window[1:]), self.before_name + tile.name)

    def _choose(self) -> Choice:
        """The candidate of each tile; holds the paintings of two rows of tiles."""
        settings, changes = self.settings, self.painter.changes
        found, linked = self._judged()
        table = scores(found, dict(settings.weights), len(changes))
        return choose(table, sorted(linked, key=lambda edge: edge[:2]), settings.agreement)

    def _judged(self) -> tuple[Candidates, list[Edge]]:
        painted = self.painter.engine(crop for _, crop in changed_crops(self._crops(), self.painter.changes))
        crops, tiles = self._crops(), iter(self.plan)
        found: Candidates = []
        linked: list[Edge] = []
        above: list[tuple[int, Tile, Highs]] = []
        for _ in self.plan.tops:
            row = list(islice(crops, len(self.plan.lefts)))
            places = list(islice(tiles, len(self.plan.lefts)))
            own = self._measured(row, places, painted)
            if self.settings.agreement:
                beside = [(len(found) + k, places[k], high_bands(own[k])) for k in range(len(row))]
                linked += self._edges(above, beside)
                above = beside
            for candidate in (candidate for paintings in own for candidate in paintings):
                candidate.picture = NOTHING
            found += own
        return found, linked

    def _measured(self, crops: list[Crop], tiles: list[Tile], painted: Iterator[Floats]) -> Candidates:
        found = gather(crops, self.painter.changes, painted, self.settings.projections)
        for candidate in (candidate for own in found for candidate in own):
            measure(candidate)
        if self.painter.judge is not None and self.settings.needs_critic:
            ask_critic(found, crops, self.painter.judge, [self.blender.weight(tile) for tile in tiles])
        return found

    def _edges(self, above: list[tuple[int, Tile, Highs]], row: list[tuple[int, Tile, Highs]]) -> Iterator[Edge]:
        pairs = [*pairwise(row), *zip(above, row, strict=False)]
        for (k, tile, highs), (other, neighbour, others) in pairs:
            cost = cost_between(tile, highs, neighbour, others, self.plan.scale, len(self.painter.changes))
            yield Edge(k, other, cost)

    def _kept(self, labels: NDArray[np.int64]) -> Iterator[Floats]:
        """The chosen painting of each tile, painted once more."""
        chosen = [(self.painter.changes[label],) for label in labels]
        changed = (
            crop for own, crop in zip(chosen, self._crops(), strict=True) for _, crop in changed_crops([crop], own)
        )
        painted = self.painter.engine(changed)
        for own, crop in zip(chosen, self._crops(), strict=True):
            yield gather([crop], own, painted, self.settings.projections)[0][0].picture
