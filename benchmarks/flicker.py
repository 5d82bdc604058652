"""How still and how sharp clips are, by ways to hold them still, on a scene whose motion is known.

    python benchmarks/flicker.py [--frames 24] [--extent 96]

Of the scene's detail 60 % go with it, 20 % stay on the screen and 20 % are new in each frame, as is a colour cast.
Flicker is judged along the true motion, and by Farneback's flow, which no way here uses.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from infer.clip_between import Keys, carried_frame, interpolated
from infer.clip_judge import Judge, sharpness, verdict, warp_error
from infer.paint import unquantised
from infer.portrait import to_pixels
from infer.project import project
from infer.stabilise import Steadier, SteadySettings

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from video_fixtures import MovingScene

Pixels = np.ndarray
EDGE = 16


class Bench:
    """The scene as lowres and painted frames, and the figures of any other version of it."""

    def __init__(self, extent: int, frames: int) -> None:
        scene = MovingScene(extent)
        self.count = frames
        self.lowres = [scene.lowres(t) for t in range(frames)]
        self.naive = [to_pixels(scene.painted(t)) for t in range(frames)]
        self.shifts = [scene.true_shift(t) for t in range(frames)]
        self.inner = np.zeros((scene.side, scene.side), bool)
        self.inner[EDGE:-EDGE, EDGE:-EDGE] = True
        self.error = self.warped(self.naive)

    def warped(self, frames: list[Pixels]) -> float:
        """The warp error along the true motion."""
        pictures = [unquantised(frame) for frame in frames]
        pairs = range(1, self.count)
        return float(np.mean([warp_error(pictures[t], pictures[t - 1], self.shifts[t], self.inner) for t in pairs]))

    def row(self, name: str, make: Callable[[], list[Pixels]]) -> None:
        """Make the version and print its line."""
        began = time.process_time()
        frames = make()
        seconds = (time.process_time() - began) / self.count
        judge = Judge()
        found = verdict([judge(a, b, x) for a, b, x in zip(self.naive, frames, self.lowres, strict=True)])
        sharp = np.mean([sharpness(f) for f in frames]) / np.mean([sharpness(f) for f in self.naive])
        flicker = self.warped(frames) / self.error
        figures = f"{flicker:.3f} | {found.flicker:.3f} | {sharp:.2f} | {found.lowres_psnr:.1f} | {1000 * seconds:.0f}"
        print(f"| {name} | {figures} |", flush=True)

    def projected(self) -> list[Pixels]:
        """Each frame brought back to its lowres frame."""
        return [to_pixels(project(unquantised(y), x)) for y, x in zip(self.naive, self.lowres, strict=True)]

    def averaged(self) -> list[Pixels]:
        """Three frames averaged, as ffmpeg's tmix does."""
        last = self.count - 1
        near = [[self.naive[min(max(t + d, 0), last)] for d in (-1, 0, 1)] for t in range(self.count)]
        return [np.mean(three, axis=0).round().astype(np.uint8) for three in near]

    def between(self, every: int) -> list[Pixels]:
        """ffmpeg's minterpolate between every so-many-th frame."""
        keys = Keys(self.count, every, loop=False)
        return list(interpolated(0, self.count, keys, self.naive.__getitem__, Fraction(24)))

    def steadied(self, every: int = 1, **settings: float) -> list[Pixels]:
        """Ours."""
        steadier, keys = Steadier(SteadySettings(**settings)), Keys(self.count, every, loop=False)
        frames = (carried_frame(t, keys, self.naive.__getitem__, self.lowres.__getitem__) for t in range(self.count))
        return [to_pixels(steadier(frame, self.lowres[t])) for t, frame in enumerate(frames)]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--frames", type=int, default=24)
    parser.add_argument("--extent", type=int, default=96)
    chosen = parser.parse_args()
    cv2.setNumThreads(1)
    bench = Bench(chosen.extent, chosen.frames)
    print(f"{chosen.frames} frames of {8 * chosen.extent} px\n")
    print("| version | flicker, true motion | flicker, Farneback | sharpness | LR-PSNR, dB | CPU, ms a frame |")
    print("|---|---|---|---|---|---|")
    bench.row("each frame by itself", lambda: bench.naive)
    bench.row("and projected onto its small face", bench.projected)
    bench.row("three frames averaged", bench.averaged)
    for every in (2, 4):
        bench.row(f"every {every}th painted, minterpolate between", lambda every=every: bench.between(every))
    bench.row("detail carried, no energy given back", lambda: bench.steadied(most_gain=1.0))
    bench.row("detail carried, 0.7", lambda: bench.steadied(carried=0.7))
    bench.row("**detail carried, 0.85 (the default)**", bench.steadied)
    bench.row("detail carried, 0.95", lambda: bench.steadied(carried=0.95))
    for every in (2, 4):
        bench.row(f"every {every}th painted, detail carried", lambda every=every: bench.steadied(every))


if __name__ == "__main__":
    main()
