"""Painting the frames of a clip, with one choice of candidates for all of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from infer.blend import Blender
from infer.candidates import AS_IT_IS, CHANGES, Candidates, Change, gather
from infer.choose import Choice, Edge, choose, edges, scores
from infer.clip_script import Script
from infer.engine import Crop
from infer.paint import Painting
from infer.portrait import Studio, to_pixels
from infer.project import project
from infer.tiles import Plan, fit, plan

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]
LOOKED_AT = 6  # frames by which the candidates of a clip are chosen


def frames_painted(studio: Studio, script: Script, numbers: Sequence[int], choice: Choice | None) -> Iterator[Pixels]:
    """The frames of these numbers, (8S, 8S, 3), each painted for itself; `choice` is that of the whole clip."""
    stacks = ((script.small(k).name, script.stack(k, studio)) for k in numbers)
    if choice is None:
        yield from (to_pixels(painting.picture) for painting in studio.painter.paint_all(stacks))
    else:
        changes = [CHANGES[studio.painter.settings.candidates][label] for label in choice.labels]
        yield from (to_pixels(picture) for picture in painted_so(studio, stacks, changes))


def frames_alone(studio: Studio, script: Script, numbers: Sequence[int]) -> Iterator[Pixels]:
    """Frames as `generate images` paints them: landmarks as they were found, candidates chosen in each."""
    stacks = ((script.small(k).name, script.stack(k, studio, raw=True)) for k in numbers)
    yield from (to_pixels(painting.picture) for painting in studio.painter.paint_all(stacks))


def choose_for_clip(studio: Studio, script: Script) -> Choice | None:
    """One candidate for each tile that suits the whole clip: scores and disagreements averaged over a few frames.

    A candidate that changes from frame to frame would flicker more than all that it gains.
    """
    settings = studio.painter.settings
    count = len(studio.painter.changes)
    if count == 1:
        return None
    numbers = np.unique(np.linspace(0, len(script) - 1, LOOKED_AT).round().astype(int))
    where = plan_of(studio)
    tables, links = [], []
    for painting in studio.painter.paint_all(("", script.stack(int(k), studio)) for k in numbers):
        tables.append(scores(_all(painting), dict(settings.weights), count))
        links.append(edges(where, _all(painting), count) if settings.agreement else [])
    linked = [
        Edge(own[0].first, own[0].second, np.mean([e.cost for e in own], axis=0)) for own in zip(*links, strict=True)
    ]
    return choose(np.mean(tables, axis=0), linked, settings.agreement)  # NaN where a change did not suit one frame


def _all(painting: Painting) -> Candidates:
    assert painting.candidates is not None
    return painting.candidates


def plan_of(studio: Studio) -> Plan:
    """The tiles of a frame."""
    extent, settings = studio.geometry.stacked, studio.painter.settings
    return plan(extent, extent, settings.tile, settings.overlap)


def painted_so(studio: Studio, stacks: Iterable[tuple[str, Floats]], changes: list[Change]) -> Iterator[Floats]:
    """Pictures (3, 8S, 8S) of stacks, each tile painted with its change alone; batches run across frames."""
    where, settings = plan_of(studio), studio.painter.settings
    begun: deque[tuple[Floats, list[Crop], list[Change]]] = deque()

    def changed() -> Iterator[Crop]:
        for name, stack in stacks:
            whole = fit(stack, where)
            crops = [Crop(whole[tile.window], f"{name}, {tile.name}") for tile in where]
            fitting = [c if c.suits(crop.pixels) else AS_IT_IS for c, crop in zip(changes, crops, strict=True)]
            begun.append((stack, crops, fitting))
            yield from (Crop(c.apply(crop.pixels), crop.name) for c, crop in zip(fitting, crops, strict=True))

    painted = studio.painter.engine(changed())
    for first in painted:
        stack, crops, fitting = begun.popleft()
        tiles = [first, *(next(painted) for _ in crops[1:])]
        undone = (
            gather([crop], (change,), iter([tile]), settings.projections)[0][0].picture
            for crop, change, tile in zip(crops, fitting, tiles, strict=True)
        )
        blended = np.concatenate(list(Blender(where, keep_texture=settings.bands == 2)(undone)), axis=1)
        yield project(blended, stack[:3], settings.projections, settings.strength)
