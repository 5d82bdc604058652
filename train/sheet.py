"""Sheets of samples: what a run paints, side by side, as one picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from curate.files import write_atomically

GAP = 4  # pixels between pictures
BACKGROUND = 24
STRIP = 28  # height of the captions


def pixels_of(pictures: Tensor) -> NDArray[np.uint8]:
    """(B, 3, H, W), -1..1, clamped -> (B, H, W, 3), 0..255."""
    levels = ((pictures.detach().float().clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
    return np.ascontiguousarray(levels.permute(0, 2, 3, 1).cpu().numpy())


def grid(pictures: NDArray[np.uint8], columns: int) -> NDArray[np.uint8]:
    """Pictures (N, H, W, 3) in rows of `columns`, with gaps; the last row may be short."""
    count, height, width = pictures.shape[:3]
    rows = -(-count // columns)
    sheet = np.full((rows * (height + GAP) + GAP, columns * (width + GAP) + GAP, 3), BACKGROUND, np.uint8)
    for index, picture in enumerate(pictures):
        top, left = GAP + index // columns * (height + GAP), GAP + index % columns * (width + GAP)
        sheet[top : top + height, left : left + width] = picture
    return sheet


def captioned(sheet: NDArray[np.uint8], captions: Sequence[str]) -> NDArray[np.uint8]:
    """The sheet under a strip that says what its columns are."""
    strip = np.full((STRIP, sheet.shape[1], 3), BACKGROUND, np.uint8)
    column = (sheet.shape[1] - GAP) / len(captions)
    for index, caption in enumerate(captions):
        place = (int(GAP + index * column) + 2, STRIP - 9)
        cv2.putText(strip, caption, place, cv2.FONT_HERSHEY_SIMPLEX, 0.45, (220, 220, 220), 1, cv2.LINE_AA)
    return np.concatenate([strip, sheet])


def write(sheet: NDArray[np.uint8], *paths: Path) -> None:
    """Write the sheet as PNG, whole or not at all."""
    done, encoded = cv2.imencode(".png", cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR))
    assert done
    for path in paths:
        write_atomically(path, encoded.tobytes())
