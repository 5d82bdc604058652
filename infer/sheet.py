"""Sheets: many portraits in one picture, the way of one portrait, the candidates of its tiles."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, sqrt

import cv2
import numpy as np
from numpy.typing import NDArray

from infer.candidates import CHANGES, Candidate
from infer.portrait import Portrait, to_pixels

Pixels = NDArray[np.uint8]

PAPER, INK, FRAME = 250, 40, (230, 60, 30)
GAP, LINE = 8, 22  # px between pictures, and for a line of caption


def contact_sheet(pictures: Sequence[tuple[str, Pixels]], cell: int = 256, columns: int | None = None) -> Pixels:
    """Captioned pictures (any squares) on paper, row by row, each `cell` pixels wide."""
    columns = columns or ceil(sqrt(len(pictures)))
    rows = ceil(len(pictures) / columns)
    shape = (rows * (cell + LINE + GAP) + GAP, columns * (cell + GAP) + GAP, 3)
    sheet = np.full(shape, PAPER, np.uint8)
    for k, (caption, picture) in enumerate(pictures):
        top, left = GAP + k // columns * (cell + LINE + GAP), GAP + k % columns * (cell + GAP)
        sheet[top : top + cell, left : left + cell] = fitted(picture, cell)
        write(sheet, caption, left, top + cell, cell)
    return sheet


def steps_sheet(portrait: Portrait, cell: int = 384) -> Pixels:
    """Small face, guide, bicubic enlargement and portrait side by side."""
    way = [(f"small face, {portrait.small.shape[0]} px", portrait.small)]
    if portrait.guide.shape[2]:
        way.append((f"guide ({portrait.placed.source})", seen(portrait.guide)))
    way.append(("bicubic", portrait.bicubic))
    way.append((f"portrait, {portrait.picture.shape[0]} px", portrait.picture))
    return contact_sheet(way, cell, columns=len(way))


def candidate_sheet(portrait: Portrait, candidates: str, cell: int = 128) -> Pixels:
    """A row for each tile, a column for each change; what was kept is framed, what did not suit is left empty."""
    changes, painting = CHANGES[candidates], portrait.painting
    if painting.candidates is None or painting.choice is None:
        raise ValueError("the portrait was painted without candidates")
    names, step = 3 * LINE, cell + GAP
    shape = (LINE + len(painting.candidates) * step + GAP, names + len(changes) * step, 3)
    sheet = np.full(shape, PAPER, np.uint8)
    for column, change in enumerate(changes):
        write(sheet, change.name, names + column * step, 0, cell)
    for row, (own, label) in enumerate(zip(painting.candidates, painting.choice.labels, strict=True)):
        write(sheet, f"tile {row + 1}", 4, LINE + row * step + cell // 2, names)
        for candidate in own:
            _put(sheet, candidate, LINE + row * step, names + candidate.change * step, cell, candidate.change == label)
    return sheet


def _put(sheet: Pixels, candidate: Candidate, top: int, left: int, cell: int, kept: bool) -> None:
    sheet[top : top + cell, left : left + cell] = fitted(to_pixels(candidate.picture), cell)
    if kept:
        cv2.rectangle(sheet, (left - 2, top - 2), (left + cell + 1, top + cell + 1), FRAME, 3)


def fitted(picture: Pixels, cell: int) -> Pixels:
    """A square picture at `cell` pixels: averaged down, or enlarged so that its pixels show."""
    how = cv2.INTER_AREA if picture.shape[0] >= cell else cv2.INTER_NEAREST
    return np.asarray(cv2.resize(picture, (cell, cell), interpolation=how), np.uint8)


def seen(guide: Pixels) -> Pixels:
    """A guide of any encoding as an RGB picture."""
    if guide.shape[2] == 3:
        return guide
    from curate.guides import COLOURS

    shares = guide.astype(np.float32) / np.float32(255)  # of each pixel; they add up to one, or less at the edge
    return np.asarray(np.rint(np.clip(shares @ COLOURS[1:].astype(np.float32), 0, 255)), np.uint8)


def write(sheet: Pixels, text: str, left: int, top: int, width: int) -> None:
    """One line of text, smaller where it would be wider than `width`."""
    size = 0.45
    (wide, _), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, size, 1)
    size *= min(1.0, (width - 4) / max(wide, 1))
    cv2.putText(sheet, text, (left + 1, top + 15), cv2.FONT_HERSHEY_SIMPLEX, size, (INK, INK, INK), 1, cv2.LINE_AA)
