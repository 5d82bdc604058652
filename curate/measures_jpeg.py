"""Traces of JPEG's 8 x 8 blocks in the pixels: they stay when a damaged picture is saved again at a high quality."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Steps = NDArray[np.float32]


def blockiness(grey: Pixels) -> float:
    """How far steps at every eighth pixel stand above the others, along both directions.

    grey: native pixels; any crop, since the best of the eight phases counts. Returns a ratio, 0..about 0.1 without
    visible blocks, above 1 where they are seen.
    """
    if min(grey.shape) < 32:
        return 0.0
    return (_phase_excess(_steps(grey)) + _phase_excess(_steps(cv2.transpose(grey)))) / 2


def _steps(grey: NDArray[Any]) -> Steps:
    """Mean over the rows of the part of each horizontal step that its neighbours do not share; (width - 3,)."""
    step = cv2.absdiff(grey[:, :-1], grey[:, 1:])
    beside = cv2.addWeighted(step[:, :-2], 0.5, step[:, 2:], 0.5, 0)
    alone = cv2.subtract(step[:, 1:-1], beside)
    return np.asarray(cv2.reduce(alone, 0, cv2.REDUCE_AVG, dtype=cv2.CV_32F), np.float32).ravel()


def _phase_excess(steps: Steps) -> float:
    whole = steps[: len(steps) // 8 * 8].reshape(-1, 8).mean(axis=0)
    others = float(np.median(whole))
    return (float(whole.max()) - others) / max(others, 0.1)
