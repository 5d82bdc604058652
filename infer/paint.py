"""From a lowres picture and its guide to a large picture: tiles, candidates, blend, projection."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import chain, repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from infer.blend import RIM, Blender
from infer.candidates import CHANGES, Candidates, ask_critic, changed_crops, gather, measure
from infer.choose import Choice, choose, edges, scores
from infer.engine import Crop, TileEngine
from infer.project import lowres_psnr, project
from infer.tiles import SCALE, Plan, fit, plan

Floats = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class PaintSettings:
    """All that decides how a lowres picture is enlarged, beside the networks.

    overlap: lowres pixels that neighbours share at least. whole: no tiles, one run over the picture. bands: 2 blends
    fine texture apart and keeps its energy, 1 averages it. projections: times that the result is brought back to the
    lowres picture. candidates: a key of CHANGES; weights: of the measures that judge them; agreement: of neighbours.
    """

    tile: int = 32
    overlap: int = 10
    whole: bool = False
    bands: int = 2
    projections: int = 3
    strength: float = 1.0
    candidates: str = "none"
    weights: tuple[tuple[str, float], ...] = (("critic", 1.0),)
    agreement: float = 0.38

    @property
    def needs_critic(self) -> bool:
        """Whether a critic's opinion counts."""
        return self.candidates != "none" and dict(self.weights).get("critic", 0.0) != 0

    def as_request(self) -> dict[str, Any]:
        """What of the settings decides how the picture looks, for its recipe."""
        settings = asdict(self)
        if self.candidates == "none":
            settings = {key: value for key, value in settings.items() if key not in ("weights", "agreement")}
        return settings


@dataclass(frozen=True)
class Painting:
    """A large picture (3, 8h, 8w), -1..1 and a little beyond; how well it agrees with the lowres one, in dB.

    `before` is the agreement before projection. `kept` names the candidate of each tile, where there were several.
    """

    picture: Floats
    before: float
    agreement: float
    tiles: int
    kept: tuple[str, ...] = ()
    candidates: Candidates | None = None
    choice: Choice | None = None


def quantised(picture: Floats, depth: np.dtype[Any]) -> NDArray[Any]:
    """(channels, height, width), -1..1 -> (height, width, channels), unsigned; what lies beyond is cut off."""
    half = np.float32(np.iinfo(depth).max / 2)
    scaled = np.rint((np.clip(picture, -1, 1) + 1) * half)
    return np.ascontiguousarray(scaled.astype(depth).transpose(1, 2, 0))


def unquantised(pixels: NDArray[Any]) -> Floats:
    """(height, width, channels) of unsigned numbers -> (channels, height, width), -1..1: undoes `quantised`."""
    half = np.float32(np.iinfo(pixels.dtype).max / 2)
    return np.asarray(pixels.transpose(2, 0, 1), np.float32) / half - 1


@dataclass
class _Job:
    name: str
    stack: Floats
    plan: Plan | None  # None: the whole picture at once
    crops: list[Crop]


class Painter:
    """Paints pictures with one network; batches run across tiles, candidates and pictures."""

    def __init__(self, engine: TileEngine, settings: PaintSettings, judge: TileEngine | None = None) -> None:
        if settings.needs_critic and judge is None:
            raise ValueError("candidates are to be judged by a critic, and there is none")
        self.engine = engine
        self.judge = judge
        self.settings = settings
        self.changes = CHANGES[settings.candidates]

    def __call__(self, stack: Floats, name: str = "") -> Painting:
        """Enlarge one picture; stack (3 + C, height, width), -1..1: picture and guide."""
        return next(self.paint_all([(name, stack)]))

    def paint_all(self, stacks: Iterable[tuple[str, Floats]]) -> Iterator[Painting]:
        """Enlarge pictures in order; a stack is asked for when its first tile is to be painted."""
        begun: deque[_Job] = deque()

        def crops() -> Iterator[Crop]:
            for name, stack in stacks:
                begun.append(self._job(name, stack))
                yield from (crop for _, crop in changed_crops(begun[-1].crops, self.changes))

        painted = self.engine(crops())
        for first in painted:
            yield self._finish(begun.popleft(), chain([first], painted))

    def _job(self, name: str, stack: Floats) -> _Job:
        settings, (height, width) = self.settings, stack.shape[1:]
        before = f"{name}, " if name else ""
        if settings.whole:
            down, right = (-extent % settings.tile for extent in (height, width))
            padded = np.pad(stack, ((0, 0), (0, down), (0, right)), mode="reflect")
            return _Job(name, stack, None, [Crop(padded, before + "the whole picture")])
        where = plan(height, width, settings.tile, settings.overlap)
        padded = fit(stack, where)
        return _Job(name, stack, where, [Crop(padded[tile.window], before + tile.name) for tile in where])

    def _finish(self, job: _Job, painted: Iterator[Floats]) -> Painting:
        found = self._candidates(job, painted) if len(self.changes) > 1 else None
        choice = self._choose(job, found) if found is not None else None
        if found is not None and choice is not None:
            painted = iter(_chosen(found, choice))
        blended = self._blended(job, painted)
        lowres, settings = job.stack[:3], self.settings
        picture = project(blended, lowres, settings.projections, settings.strength)
        kept = tuple(self.changes[label].name for label in choice.labels) if choice is not None else ()
        before, after = lowres_psnr(blended, lowres), lowres_psnr(picture, lowres)
        return Painting(picture, before, after, len(job.crops), kept, found, choice)

    def _blended(self, job: _Job, painted: Iterator[Floats]) -> Floats:
        if job.plan is None:
            height, width = job.stack.shape[1:]
            return next(painted)[:, : SCALE * height, : SCALE * width]
        return np.concatenate(list(Blender(job.plan, keep_texture=self.settings.bands == 2)(painted)), axis=1)

    def _candidates(self, job: _Job, painted: Iterator[Floats]) -> Candidates:
        found = gather(job.crops, self.changes, painted, self.settings.projections)
        for own in found:
            for candidate in own:
                measure(candidate)
        if self.judge is not None and self.settings.needs_critic:
            ask_critic(found, job.crops, self.judge, self._windows(job))
        return found

    def _windows(self, job: _Job) -> list[Floats]:
        if job.plan is None:
            return list(repeat(np.ones([SCALE * extent for extent in job.crops[0].pixels.shape[1:]], np.float32), 1))
        blender = Blender(job.plan, RIM)
        return [blender.weight(tile) for tile in job.plan]

    def _choose(self, job: _Job, found: Candidates) -> Choice:
        settings, count = self.settings, len(self.changes)
        table = scores(found, dict(settings.weights), count)
        linked = edges(job.plan, found, count) if job.plan is not None and settings.agreement else []
        return choose(table, linked, settings.agreement)


def _chosen(found: Candidates, choice: Choice) -> Iterator[Floats]:
    for own, label in zip(found, choice.labels, strict=True):
        yield next(candidate.picture for candidate in own if candidate.change == label)
