"""Frames between those that were painted: detail carried from both sides, or ffmpeg's interpolation of the pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from curate.errors import UserError
from infer.blend import energy_gain
from infer.film import av, from_frame, to_frame
from infer.flow import carry, find_flow
from infer.paint import unquantised
from infer.project import enlarge, project
from infer.stabilise import ENERGY_SIGMA

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]

LEAST = 0.05  # trust that a key always has: where neither is to be trusted both count the same
MOST_GAIN = 1.5
BEFORE, AFTER = 2, 3  # keys that minterpolate is given beside those it is asked about: it looks that far


class Keys:
    """Which frames of a clip are painted: every `every`-th, and without a loop the last one too."""

    def __init__(self, frames: int, every: int, loop: bool) -> None:
        self.frames, self.every, self.loop = frames, every, loop

    def __contains__(self, frame: int) -> bool:
        return frame % self.every == 0 or (not self.loop and frame == self.frames - 1)

    def around(self, frame: int) -> tuple[int, int]:
        """The keys before and after a frame that is none; on a loop the one after may be `frames`, which is 0 again."""
        before = frame - frame % self.every
        return before, min(before + self.every, self.frames if self.loop else self.frames - 1)


def between(lowres: Floats, share: float, first: tuple[Floats, Floats], second: tuple[Floats, Floats]) -> Floats:
    """A frame (3, 8S, 8S) from its lowres picture and the keys around, each (picture, lowres picture).

    share: 0..1, how far the frame is on the way from the first key to the second. The low band is the frame's own;
    the detail comes along the flow from both, as far as that is trusted, with the energy that it had there.
    """
    total = energy = weight = np.zeros(1, np.float32)
    for (picture, small), nearness in ((first, 1 - share), (second, share)):
        flow = find_flow(lowres, small)
        counts = np.float32(nearness) * np.maximum(flow.trust, np.float32(LEAST))
        detail = carry(picture - enlarge(small), flow.shift)
        total, weight = total + counts * detail, weight + counts
        energy = energy + counts * np.square(detail).mean(axis=0)
    mixed, energy = total / weight, energy / weight
    strength = np.clip(energy_gain(energy, mixed, ENERGY_SIGMA), 1, np.float32(MOST_GAIN))
    return project(enlarge(lowres) + mixed * strength, lowres, 2)


def carried_frame(frame: int, keys: Keys, shown: Callable[[int], Pixels], lowres: Callable[[int], Floats]) -> Floats:
    """A frame of a clip, (3, 8S, 8S): painted if it is a key, else from the keys around."""
    if frame in keys:
        return unquantised(shown(frame))
    before, after = keys.around(frame)
    ends = [(unquantised(shown(k)), lowres(k)) for k in (before, after)]
    return between(lowres(frame), (frame - before) / (after - before), ends[0], ends[1])


def interpolated(start: int, end: int, keys: Keys, shown: Callable[[int], Pixels], fps: Fraction) -> Iterator[Pixels]:
    """Frames `start` to `end` of a clip by ffmpeg's `minterpolate`, the article's own way; it sees the keys alone."""
    every = keys.every
    first = start // every - BEFORE
    numbers = range(first, -(-end // every) + AFTER + 1)
    pictures = (shown(_inside(number, keys)) for number in numbers)
    wanted = {frame - first * every for frame in range(start, end)}
    found = 0
    for place, picture in minterpolate(pictures, every, fps):
        if place in wanted:
            found += 1
            yield picture
    if found != len(wanted):
        raise UserError(f"minterpolate gave {found} frames of {len(wanted)}; use --between carried")


def _inside(number: int, keys: Keys) -> int:
    """The frame of the `number`-th key; a clip that does not loop stands still before and after."""
    frame = number * keys.every
    return frame % keys.frames if keys.loop else min(max(frame, 0), keys.frames - 1)


def minterpolate(pictures: Iterator[Pixels], every: int, fps: Fraction) -> Iterator[tuple[int, Pixels]]:
    """Pictures that stand `every` frames apart -> (number of the frame, frame), counted from the first picture's."""
    graph, source = None, None
    for number, picture in enumerate(pictures):
        frame = to_frame(picture, "yuv444p")
        frame.pts, frame.time_base = number * every, 1 / fps
        if graph is None or source is None:
            graph, source = _graph(frame, fps)
        source.push(frame)
        yield from _ready(graph)
    if graph is not None and source is not None:
        source.push(None)
        yield from _ready(graph)


def _graph(frame: Any, fps: Fraction) -> tuple[Any, Any]:
    found = av()
    if "minterpolate" not in found.filter.filters_available:
        raise UserError(
            "this PyAV was built without ffmpeg's minterpolate: install its wheel (pip install 'swipegan[video]'), or "
            "use --between carried"
        )
    graph = found.filter.Graph()
    source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=1 / fps)
    how = f"fps={fps}:mi_mode=mci:mc_mode=aobmc:me_mode=bidir:vsbmc=1:scd=none"
    middle, sink = graph.add("minterpolate", how), graph.add("buffersink")
    source.link_to(middle)
    middle.link_to(sink)
    graph.configure()
    return graph, source


def _ready(graph: Any) -> Iterator[tuple[int, Pixels]]:
    while True:
        try:
            frame = graph.pull()
        except (av().BlockingIOError, av().EOFError):
            return
        yield int(frame.pts), from_frame(frame)
