"""Scores of painted tiles, as formulas: no downloads, no trained judge."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from train.networks.jnet import FACTOR, bicubic

WINDOW = 17  # pixels; what varies within is the high band
BINOMIAL = (1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16)


def lr_error(painted: Tensor, lowres: Tensor) -> Tensor:
    """Mean squared difference between tiles averaged over 8x8 cells and the crops they enlarge: shape (B,).

    painted: (B, 3, 8T, 8T); lowres: (B, 3 or more, T, T), both -1..1.
    """
    return (F.avg_pool2d(painted.float(), FACTOR) - lowres[:, :3]).square().mean(dim=(1, 2, 3))


def lr_psnr(painted: Tensor, lowres: Tensor) -> float:
    """How well tiles agree with what they enlarge, in dB: 10 log10(4 / mean squared error), from -1..1 pictures.

    0 dB is nonsense, 30 dB looks right, infinite is exact. Says nothing about detail: enlarging by copying pixels
    is exact.
    """
    return psnr(float(lr_error(painted, lowres).mean()))


def psnr(mean_squared_error: float) -> float:
    """Decibels of a mean squared error between pictures of range -1..1."""
    return math.inf if mean_squared_error == 0 else 10 * math.log10(4 / mean_squared_error)


def high_band(pictures: Tensor) -> Tensor:
    """Pictures minus their mean over 17x17 pixels (fewer at the border): strokes and texture, without shapes."""
    reach = WINDOW // 2
    across = F.avg_pool2d(pictures, (1, WINDOW), 1, (0, reach), count_include_pad=False)
    return pictures - F.avg_pool2d(across, (WINDOW, 1), 1, (reach, 0), count_include_pad=False)


def locked_pattern(pictures: Tensor) -> float:
    """How much of the high band is the same picture in every tile, locked to the position in the tile: 0..1.

    The RMS over pixels of the mean high band of N tiles, over the mean RMS of single tiles. Independent tiles give
    about 1 / sqrt(N) (the floor); tiles that are all alike give 1. pictures: (N, C, H, W).
    """
    band = high_band(pictures.float())
    return _share(band.mean(dim=0), _rms(band))


def _share(mean_band: Tensor, singles: Tensor) -> float:
    return float(mean_band.square().mean().sqrt() / singles.mean().clamp(min=1e-12))


def _rms(pictures: Tensor) -> Tensor:
    return pictures.square().mean(dim=(1, 2, 3)).sqrt()


def top_energy(pictures: Tensor) -> Tensor:
    """Mean square of the top band of a Laplacian pyramid (picture minus its binomial blur): shape (B,)."""
    return (pictures - blurred(pictures.float())).square().mean(dim=(1, 2, 3))


def blurred(pictures: Tensor) -> Tensor:
    """Pictures (B, C, H, W) after a binomial blur of 5x5, borders replicated."""
    channels = pictures.shape[1]
    line = torch.tensor(BINOMIAL, device=pictures.device)
    bordered = F.pad(pictures, (2, 2, 2, 2), mode="replicate")
    across = F.conv2d(bordered, line.view(1, 1, 1, 5).expand(channels, 1, 1, 5), groups=channels)
    return F.conv2d(across, line.view(1, 1, 5, 1).expand(channels, 1, 5, 1), groups=channels)


def hf_ratio(painted: Tensor, truth: Tensor) -> float:
    """High-frequency energy: RMS of the top Laplacian band, painted over truth. 1 is as much detail as real, 0 none."""
    return math.sqrt(float(top_energy(painted).mean() / top_energy(truth).mean().clamp(min=1e-12)))


class TileScores:
    """All of these over many tiles, given a batch at a time; bicubic enlargement and the truth beside."""

    def __init__(self) -> None:
        self.count = 0
        self.sums: dict[str, float] = {}
        self.bands: dict[str, Tensor] = {}

    def add(self, painted: Tensor, lowres: Tensor, truth: Tensor) -> None:
        """Take in painted tiles, the crops they enlarge and the true tiles."""
        self.count += len(painted)
        for name, tiles in (("ours", painted.float()), ("bicubic", bicubic(lowres[:, :3])), ("truth", truth)):
            self._sum(f"error {name}", lr_error(tiles, lowres))
            self._sum(f"energy {name}", top_energy(tiles))
            if name != "bicubic":
                band = high_band(tiles)
                self._sum(f"rms {name}", _rms(band))
                self.bands[name] = self.bands.get(name, 0) + band.double().sum(dim=0)

    def _sum(self, name: str, values: Tensor) -> None:
        self.sums[name] = self.sums.get(name, 0.0) + float(values.double().sum())

    def result(self) -> dict[str, float]:
        """The scores, with the floor of the locked pattern for this number of tiles."""
        mean = {name: value / self.count for name, value in self.sums.items()}
        energy = max(mean["energy truth"], 1e-12)
        locked = {
            name: float((band / self.count).square().mean().sqrt()) / max(mean[f"rms {name}"], 1e-12)
            for name, band in self.bands.items()
        }
        return {
            "lr_psnr": round(psnr(mean["error ours"]), 3),
            "lr_psnr_bicubic": round(psnr(mean["error bicubic"]), 3),
            "lr_psnr_truth": round(psnr(mean["error truth"]), 3),
            "hf_ratio": round(math.sqrt(mean["energy ours"] / energy), 4),
            "hf_ratio_bicubic": round(math.sqrt(mean["energy bicubic"] / energy), 4),
            "locked_pattern": round(locked["ours"], 4),
            "locked_pattern_truth": round(locked["truth"], 4),
            "locked_floor": round(self.count**-0.5, 4),
            "score_tiles": self.count,
        }
