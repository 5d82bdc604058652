"""Small photos spoiled in the ways in which a lowres generator's faces differ from them: training sees both.

Stage 2 is trained on photos and used on generated faces. Each spoiling stands for something that a DCGAN's face has and
a photo has not; the truth that the painted tile is compared with stays the clean one. The ranges follow what blind face
restoration uses (Wang et al. 2021, arXiv 2101.04061) and what cascaded generators found (Ho et al. 2021, arXiv
2106.15282: conditioning augmentation).
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from curate.guides import GuideStyle, lowres_input
from train.counters import Purpose, fractions, words
from train.distributed import part, size

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]

BLUR, BLURRED = 1.2, 0.5  # largest sigma in pixels of a face of 128, and how often: a generator's softness
GRAIN, GRAINED = 15.0, 0.5  # largest sigma of noise, of 255: the grain of its skin
BLOTCH, BLOTCHED, CELLS = 10.0, 0.3, 16  # the same on a grid of 16x16, enlarged: its blotches of colour
GRID, GRIDDED = 4.0, 0.2  # height of a pattern of period 2 or 4, of 255: the checkerboard of transposed convolutions
QUALITY, COMPRESSED = (60, 100), 0.3  # of JPEG: photos from the web
JITTER = 1.0 / 128  # sigma of each landmark, as a share of the square: the detector on a small generated face
SHIFT = 1.0 / 128  # of the whole guide, at most
UNGUIDED = 0.1  # how often there is no guide: a face in which none is found, and no leaning on the guide alone
DRAWS = 20  # uniform numbers that a face takes


class Photos(NamedTuple):
    """What the inputs of stage 2 are made of: small faces (N, E, E, 3), landmarks (N, 68, 2), 0..1 of the square."""

    small: Pixels
    landmarks: NDArray[np.float64]
    guide: GuideStyle
    stacked: int


def spoiled_inputs(photos: Photos, which: NDArray[np.int64], seed: int, seen: int) -> Floats:
    """Inputs (B, S, S, 3 + C), -1..1, of these faces, each spoiled in a way of its own.

    A function of seed and images seen; `which` is this process's part of the batch.
    """
    count = len(which) * size()
    chances = part(fractions(seed, Purpose.DEGRADE, seen, DRAWS * count).reshape(count, DRAWS))
    grains = part(words(seed, Purpose.GRAIN, seen, count))
    stacks = [_spoiled(photos, int(face), chances[row], int(grains[row])) for row, face in enumerate(which)]
    return np.ascontiguousarray(np.stack(stacks).transpose(0, 2, 3, 1))


def spoil(small: Pixels, chance: NDArray[np.float64], grain: int) -> Pixels:
    """A small face (E, E, 3) spoiled as `chance`, 14 numbers of 0..1, has it; `grain` seeds the noise."""
    picture, extent = small.astype(np.float32), len(small)
    noise = np.random.Generator(np.random.Philox(grain))
    if chance[0] < BLURRED:
        sigma = max(0.05, BLUR * chance[1] * extent / 128)
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.float32)
    if chance[2] < GRAINED:
        picture += noise.standard_normal(picture.shape, np.float32) * np.float32(GRAIN * chance[3])
    if chance[4] < BLOTCHED:
        cells = noise.standard_normal((CELLS, CELLS, 3), np.float32) * np.float32(BLOTCH * chance[5])
        picture += cv2.resize(cells, (extent, extent), interpolation=cv2.INTER_CUBIC)
    if chance[6] < GRIDDED:
        picture += _grid(extent, 2 if chance[7] < 0.5 else 4, chance[8:11]) * np.float32(GRID * chance[11])
    pixels = np.clip(np.rint(picture), 0, 255).astype(np.uint8)
    return _compressed(pixels, chance[13]) if chance[12] < COMPRESSED else pixels


def shaken(landmarks: NDArray[np.float64], chance: NDArray[np.float64], grain: int) -> NDArray[np.float64]:
    """Landmarks as a detector gives them on a generated face: each off by a little, all of them by a little."""
    noise = np.random.Generator(np.random.Philox(grain))
    return landmarks + noise.normal(0, JITTER, landmarks.shape) + (chance[:2] * 2 - 1) * SHIFT


def _spoiled(photos: Photos, face: int, chance: NDArray[np.float64], grain: int) -> Floats:
    small = spoil(photos.small[face], chance[:14], grain)
    if chance[14] < UNGUIDED:
        guide = photos.guide.blank(len(small))
    else:
        guide = photos.guide.draw(shaken(photos.landmarks[face], chance[15:17], grain + 1), len(small))
    return lowres_input(small, guide, photos.stacked)


def _grid(extent: int, period: int, phase: NDArray[np.float64]) -> Floats:
    """A pattern (E, E, 3) of this period in x and y, -1..1, a phase for each channel."""
    steps = np.arange(extent)[:, None] / period + phase[None, :]
    wave = np.cos(2 * np.pi * steps).astype(np.float32)  # (E, 3)
    return np.asarray(wave[:, None] * wave[None, :], np.float32)


def _compressed(pixels: Pixels, chance: float) -> Pixels:
    quality = round(QUALITY[0] + chance * (QUALITY[1] - QUALITY[0]))
    data = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert decoded is not None  # it was encoded the line before
    return np.ascontiguousarray(decoded[..., ::-1], dtype=np.uint8)
