"""Stage 2's discriminator: pix2pix's patches (Isola et al. 2017, arXiv 1611.07004), shown the crop half-way."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from train.networks.blocks import CriticNorm, halve, judging, scaled


class PatchCritic(nn.Module):
    """Judges patches of a tile beside the crop that it claims to enlarge: 2,814,785 parameters at full width.

    The crop joins where the tile's map has the crop's extent, after three halvings. `layers` 4 is the other reading
    of the article's "after 4 down samplings": one more halving follows (7,010,113 parameters, 14x14 logits). With
    `scales` 2 a second such network judges tile and crop at half the size, so patches of twice the size.
    """

    def __init__(
        self, channels: int = 6, width: float = 1.0, layers: int = 3, norm: CriticNorm = "batch", scales: int = 1
    ) -> None:
        super().__init__()
        if layers not in (3, 4):
            raise ValueError(f"the critic has 3 or 4 halvings, not {layers}")
        self.spec: dict[str, Any] = {
            "kind": "patch-critic", "channels": channels, "width": width, "layers": layers, "norm": norm,
            "scales": scales,
        }  # fmt: skip
        first, second, third, wide = (scaled(count, width) for count in (64, 128, 256, 512))
        bias = norm in ("none", "spectral")
        self.trunk = nn.Sequential(
            *judging(halve(3, first), norm, normal=False),
            *judging(halve(first, second, bias=bias), norm),
            *judging(halve(second, third, bias=bias), norm),
        )
        joined = third + channels
        deeper = judging(halve(joined, wide, bias=bias), norm) if layers == 4 else []
        last = nn.Conv2d(wide if deeper else joined, wide, 4, padding=1, bias=bias)
        self.head = nn.Sequential(*deeper, *judging(last, norm), nn.Conv2d(wide, 1, 4, padding=1))
        self.coarser = PatchCritic(channels, width, layers, norm) if scales == 2 else None

    def forward(self, pictures: Tensor, lowres: Tensor) -> Tensor:
        """(B, 3, 8T, 8T) and (B, channels, T, T), -1..1 -> (B, 1, T-2, T-2) logits, high for real."""
        features = self.trunk(pictures)
        logits: Tensor = self.head(torch.cat([features, lowres.to(features.dtype)], dim=1))
        return logits

    def judge(self, pictures: Tensor, lowres: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """Logits of each scale, and the maps in between that feature matching compares, the finest first."""
        maps, hidden = [], pictures
        for layer in self.trunk:
            hidden = layer(hidden)
            if isinstance(layer, nn.LeakyReLU):
                maps.append(hidden)
        logits: list[Tensor] = [self.head(torch.cat([hidden, lowres.to(hidden.dtype)], dim=1))]
        if self.coarser is not None:
            more, deeper = self.coarser.judge(F.avg_pool2d(pictures, 2), F.avg_pool2d(lowres, 2))
            logits, maps = logits + more, maps + deeper
        return logits, maps
