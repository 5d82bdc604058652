"""Stage 2's discriminator: pix2pix's patches (Isola et al. 2017, arXiv 1611.07004), shown the crop half-way."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from train.networks.blocks import halve, scaled


class PatchCritic(nn.Module):
    """Judges patches of a tile beside the crop that it claims to enlarge: 2,814,785 parameters at full width.

    The crop joins where the tile's map has the crop's extent, after three halvings. `layers` 4 is the other reading
    of the article's "after 4 down samplings": one more halving follows (7,010,113 parameters, 14x14 logits).
    """

    def __init__(self, channels: int = 6, width: float = 1.0, layers: int = 3) -> None:
        super().__init__()
        if layers not in (3, 4):
            raise ValueError(f"the critic has 3 or 4 halvings, not {layers}")
        self.spec: dict[str, Any] = {"kind": "patch-critic", "channels": channels, "width": width, "layers": layers}
        first, second, third, wide = (scaled(count, width) for count in (64, 128, 256, 512))
        deep = [*_block(halve(first, second, bias=False)), *_block(halve(second, third, bias=False))]
        self.trunk = nn.Sequential(halve(3, first), _leaky(), *deep)
        joined = third + channels
        deeper = _block(halve(joined, wide, bias=False)) if layers == 4 else []
        last = nn.Conv2d(wide if deeper else joined, wide, 4, padding=1, bias=False)
        self.head = nn.Sequential(*deeper, *_block(last), nn.Conv2d(wide, 1, 4, padding=1))

    def forward(self, pictures: Tensor, lowres: Tensor) -> Tensor:
        """(B, 3, 8T, 8T) and (B, channels, T, T), -1..1 -> (B, 1, T-2, T-2) logits, high for real."""
        features = self.trunk(pictures)
        logits: Tensor = self.head(torch.cat([features, lowres.to(features.dtype)], dim=1))
        return logits


def _leaky() -> nn.Module:
    return nn.LeakyReLU(0.2, inplace=True)


def _block(layer: nn.Conv2d) -> list[nn.Module]:
    return [layer, nn.BatchNorm2d(layer.out_channels), _leaky()]
