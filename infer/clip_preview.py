"""A still preview of a clip: some of its frames on a sheet, and how long the whole would take."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from infer.clip import Clip
from infer.clip_paint import choose_for_clip, frames_painted
from infer.recipe import Recipe, write_picture
from infer.sheet import contact_sheet

STILLS = 12
CELL = 256


def write_preview(clip: Clip) -> tuple[Path, float]:
    """Paint a few frames onto a sheet beside the clip; returns it and the seconds that the clip would take."""
    count = len(clip.script)
    numbers = [int(k) for k in np.unique(np.linspace(0, count - 1, min(STILLS, count)).round())]
    choice = choose_for_clip(clip.studio, clip.script)
    began = time.monotonic()
    stills = list(frames_painted(clip.studio, clip.script, numbers, choice))
    each = (time.monotonic() - began) / len(stills)
    pictures = []
    for number, still in zip(numbers, stills, strict=True):
        caption = f"{number / float(clip.fps):.1f} s, landmarks: {clip.script.sources[number]}"
        pictures.append((caption, still))
    path = clip.path.with_name(f"{clip.path.stem}-preview.png")
    write_picture(path, contact_sheet(pictures, CELL, 4), Recipe({**clip.request.whole, "kind": "clip preview"}))
    painted = sum(frame in clip.keys for frame in range(count))
    return path, each * painted + STEADYING * count * (still.shape[0] / 768) ** 2


STEADYING = 0.3  # seconds a frame of 768 px, on one core
