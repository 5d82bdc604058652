"""Differentiable augmentation (Zhao et al. 2020, arXiv 2006.10738): the discriminator sees no picture as it is.

Real and painted pictures go through the same kinds of change before they are judged, and the generator is taught
through them. So the discriminator cannot learn a small set by heart, and the generator does not learn to paint the
changes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from train.counters import Purpose, fractions
from train.distributed import part

BRIGHTNESS = 0.5  # added, at most, of -1..1
SATURATION = (0.0, 2.0)  # factor of the distance from grey
CONTRAST = (0.5, 1.5)  # factor of the distance from the picture's mean
SHIFTED = 1 / 8  # of the side, at most
CUT = 1 / 2  # side of the hole, as a share of the picture's
DRAWS = 7  # uniform numbers that a picture takes


class Augment:
    """The changes of this process's part of a batch: a function of seed, images seen and `role`.

    role: 0 for real pictures, 1 for painted ones. generated: how many at the batch's end are of generated faces.
    """

    def __init__(
        self,
        kinds: Sequence[str],
        seed: int,
        seen: int,
        batch: int,
        device: torch.device,
        role: int = 0,
        generated: int = 0,
    ) -> None:
        self.kinds, self.device = kinds, device
        if not kinds:
            return
        chance = fractions(seed, Purpose.AUGMENT, seen, 2 * DRAWS * batch).reshape(2, batch, DRAWS)[role]
        photos = batch - generated
        self.chance: NDArray[np.float64] = np.concatenate([part(chance[:photos]), part(chance[photos:])])

    def __call__(self, pictures: Tensor) -> Tensor:
        """Change pictures (B, 3, H, W), -1..1; gradients pass through."""
        if "colour" in self.kinds:
            pictures = recoloured(pictures, self._colours(len(pictures)))
        if "translation" in self.kinds:
            pictures = self._translated(pictures)
        return cut_out(pictures, self.chance[: len(pictures), 5:7]) if "cutout" in self.kinds else pictures

    def beside(self, tiles: Tensor, lowres: Tensor) -> tuple[Tensor, Tensor]:
        """Change tiles (B, 3, 8T, 8T) and the crops beside them (B, 3 + C, T, T) alike, so that they still agree.

        No hole is cut: where a tile has none and its crop has, the pair would give itself away.
        """
        if "colour" in self.kinds:
            draws = self._colours(len(tiles))
            means = lowres[:, :3].float().mean(dim=(1, 2, 3), keepdim=True)
            tiles = recoloured(tiles, draws, means)
            lowres = torch.cat([recoloured(lowres[:, :3], draws, means), lowres[:, 3:]], dim=1)
        if "translation" in self.kinds:
            steps = self._steps(len(tiles), lowres.shape[-1])
            tiles, lowres = shifted(tiles, steps * (tiles.shape[-1] // lowres.shape[-1])), shifted(lowres, steps)
        return tiles, lowres

    def _translated(self, pictures: Tensor) -> Tensor:
        return shifted(pictures, self._steps(len(pictures), pictures.shape[-1]))

    def _steps(self, count: int, extent: int) -> NDArray[np.int64]:
        most = round(extent * SHIFTED)
        return np.floor(self.chance[:count, 3:5] * (2 * most + 1)).astype(np.int64) - most

    def _colours(self, count: int) -> Tensor:
        return torch.from_numpy(self.chance[:count, :3].astype(np.float32)).to(self.device, non_blocking=True)


def recoloured(pictures: Tensor, draws: Tensor, means: Tensor | None = None) -> Tensor:
    """Brightness, saturation and contrast by three draws (B, 3) a picture, each 0..1; 0.5 changes nothing.

    means: what contrast keeps, (B, 1, 1, 1); that of each picture where None.
    """
    pictures = pictures.float()
    brightness, saturation, contrast = (draws[:, column, None, None, None] for column in range(3))
    means = pictures.mean(dim=(1, 2, 3), keepdim=True) if means is None else means
    shift = (brightness * 2 - 1) * BRIGHTNESS
    pictures, means = pictures + shift, means + shift
    grey = pictures.mean(dim=1, keepdim=True)
    pictures = (pictures - grey) * (SATURATION[0] + saturation * (SATURATION[1] - SATURATION[0])) + grey
    return (pictures - means) * (CONTRAST[0] + contrast * (CONTRAST[1] - CONTRAST[0])) + means


def shifted(pictures: Tensor, steps: NDArray[np.int64]) -> Tensor:
    """Pictures (B, C, H, W) moved by whole pixels (B, 2), x then y; what comes in from outside is 0."""
    most = int(np.abs(steps).max(initial=0))
    if not most:
        return pictures
    height, width = pictures.shape[-2:]
    padded = F.pad(pictures, (most,) * 4)
    rows = torch.from_numpy(most - steps[:, 1, None] + np.arange(height)).to(pictures.device, non_blocking=True)
    columns = torch.from_numpy(most - steps[:, 0, None] + np.arange(width)).to(pictures.device, non_blocking=True)
    which = torch.arange(len(pictures), device=pictures.device)[:, None, None]
    return padded.permute(0, 2, 3, 1)[which, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def cut_out(pictures: Tensor, draws: NDArray[np.float64]) -> Tensor:
    """Pictures (B, C, H, W) with a square hole of 0 each, its centre anywhere: draws (B, 2), 0..1."""
    height, width = pictures.shape[-2:]
    half = np.array([width, height]) * CUT / 2
    centre = draws * np.array([width, height])
    inside_x = np.abs(np.arange(width) + 0.5 - centre[:, 0, None]) <= half[0]
    inside_y = np.abs(np.arange(height) + 0.5 - centre[:, 1, None]) <= half[1]
    hole = torch.from_numpy(inside_y[:, :, None] & inside_x[:, None, :]).to(pictures.device, non_blocking=True)
    return pictures.masked_fill(hole[:, None], 0.0)
