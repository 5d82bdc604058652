"""Stage 2: the J-net, a U-Net whose decoder goes on three levels past its encoder's input."""

from __future__ import annotations

from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from train.networks.blocks import (
    Norm,
    Padding,
    ResizeConv,
    double,
    halve,
    keep,
    normalised,
    scaled,
    start_kaiming,
    start_normal,
)

Encoder = Literal["text", "figure"]
Preset = Literal["faithful", "residual"]
TILES = (16, 32)
FACTOR = 8  # pixels out per pixel in
QUIET = 0.1  # spread of the residual's first detail, as a share of that of a picture


def decoder_width(extent: int) -> int:
    """Channels of the decoder where the map has this extent, from the article's figure."""
    return {1: 256, 2: 256, 4: 256, 8: 128}.get(extent, 64)


def encoder_width(extent: int, encoder: Encoder) -> int:
    """Channels of the encoder: as many as the decoder in the article's figure, a quarter of them in its text."""
    return decoder_width(extent) // (4 if encoder == "text" else 1)


class Level(nn.Module):
    """One level of the decoder: twice the extent, the skip beside it, two convolutions."""

    def __init__(self, inputs: int, skip: int, outputs: int, preset: Preset, norm: Norm) -> None:
        super().__init__()
        padding: Padding = "replicate" if preset == "residual" else "zeros"
        self.enlarge = ResizeConv(inputs, outputs) if preset == "residual" else double(inputs, outputs)
        self.first = keep(outputs + skip, outputs, padding=padding)
        self.second = keep(outputs, outputs, padding=padding)
        self.norms = nn.ModuleList(nn.Sequential(*normalised(outputs, norm)) for _ in range(3))

    def forward(self, hidden: Tensor, skip: Tensor | None) -> Tensor:
        """(B, inputs, H, W) and (B, skip, 2H, 2W) -> (B, outputs, 2H, 2W)."""
        hidden = F.relu_(self.norms[0](self.enlarge(hidden)))
        if skip is not None:
            hidden = torch.cat([hidden, skip.to(hidden.dtype)], dim=1)
        hidden = F.relu_(self.norms[1](self.first(hidden)))
        return F.relu_(self.norms[2](self.second(hidden)))


class JNet(nn.Module):
    """A crop of a small face and its guide to a tile of a large one: no dropout, and no norm unless asked for.

    `faithful` is the article's: transposed convolutions, zero padding, tanh. `residual` paints what bicubic
    enlargement lacks: output = bicubic + network, by resize-convolutions, every border replicated, so that nothing
    tells the network where in the tile a pixel is; no tanh, so the sum may leave -1..1 by a little and whoever makes
    pixels of it clamps. 5,773,939 parameters with the encoder of the article's text, 10,169,155 with its figure's
    (faithful, 6 input channels, tile 32, full width).
    """

    def __init__(
        self,
        channels: int = 6,
        tile: int = 32,
        width: float = 1.0,
        encoder: Encoder = "text",
        preset: Preset = "faithful",
        norm: Norm = "none",
    ) -> None:
        super().__init__()
        if tile not in TILES:
            raise ValueError(f"a tile is one of {TILES}, not {tile}")
        self.spec: dict[str, Any] = {
            "kind": "jnet", "channels": channels, "tile": tile, "width": width, "encoder": encoder, "preset": preset,
            "norm": norm,
        }  # fmt: skip
        self.tile, self.preset, self.norm = tile, preset, norm
        padding: Padding = "replicate" if preset == "residual" else "zeros"
        down = [tile >> level for level in range(1, tile.bit_length())]  # 16, 8, 4, 2, 1
        up = [2**level for level in range(1, (tile * FACTOR).bit_length())]  # 2, 4, ... 256
        encoded = {extent: scaled(encoder_width(extent, encoder), width) for extent in down} | {tile: channels}
        decoded = {extent: scaled(decoder_width(extent), width) for extent in up} | {1: encoded[1]}
        self.encoder = nn.ModuleList(halve(encoded[2 * e], encoded[e], padding=padding) for e in down)
        self.norms = nn.ModuleList(nn.Sequential(*normalised(encoded[e], norm if e > 1 else "none")) for e in down)
        self.decoder = nn.ModuleList(Level(decoded[e // 2], encoded.get(e, 0), decoded[e], preset, norm) for e in up)
        self.output = keep(decoded[up[-1]], 3, padding=padding)

    def forward(self, lowres: Tensor) -> Tensor:
        """(B, 3 + C, T, T) picture and guide, -1..1 -> (B, 3, 8T, 8T). T may be any multiple of the tile."""
        skips, hidden = [lowres], lowres
        for shrink, normal in zip(self.encoder, self.norms, strict=True):
            hidden = F.relu_(normal(shrink(hidden)))
            skips.append(hidden)
        skips.pop()
        for level in self.decoder:
            hidden = level(hidden, skips.pop() if skips else None)
        painted: Tensor = self.output(hidden)
        return torch.tanh(painted) if self.preset == "faithful" else bicubic(lowres[:, :3]) + painted

    def start(self, generator: torch.Generator) -> None:
        """Kaiming weights; the output layer, which no ReLU follows, at gain 1 (faithful) or quiet (residual).

        With a norm, N(0, 0.02) as DCGAN and pix2pix have it, the output layer apart.
        """
        if self.norm == "none":
            start_kaiming(self, generator)
        else:
            start_normal(self, generator)
            start_kaiming(self.output, generator)
        with torch.no_grad():
            self.output.weight *= 0.5**0.5 * (QUIET if self.preset == "residual" else 1)


def bicubic(lowres: Tensor) -> Tensor:
    """Enlarge (B, C, H, W) to (B, C, 8H, 8W): what stage 2 has to beat. May overshoot -1..1 at edges."""
    return F.interpolate(lowres, scale_factor=FACTOR, mode="bicubic", align_corners=False)
