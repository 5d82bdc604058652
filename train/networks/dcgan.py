"""Stage 1: the DCGAN that draws small faces (Radford et al. 2015, arXiv 1511.06434), one level deeper."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Literal

from torch import Tensor, nn

from train.networks.blocks import CriticNorm, Norm, ResizeConv, double, halve, judging, normalised, scaled

Enlarge = Literal["transposed", "resize"]
EXTENTS = (32, 64, 128, 256)
WIDEST = 1024


def ladder(extent: int, width: float) -> list[int]:
    """Channels at extents 4, 8, ... extent/2: 64 at half the extent, twice as many a level deeper, up to 1024."""
    if extent not in EXTENTS:
        raise ValueError(f"the lowres extent is one of {EXTENTS}, not {extent}")
    levels = extent.bit_length() - 3
    return [scaled(min(WIDEST, 64 * 2**level), width) for level in reversed(range(levels))]


def doubling(inputs: int, outputs: int, enlarge: Enlarge, bias: bool) -> nn.Module:
    """The layer that makes twice the extent."""
    return double(inputs, outputs, bias=bias) if enlarge == "transposed" else ResizeConv(inputs, outputs)


class LowresGenerator(nn.Module):
    """Noise to a small face: 12,786,560 parameters at extent 128 and full width.

    `enlarge` resize: nearest neighbour and a convolution of kernel 3, which has no grid of period 2 to unlearn and
    half the parameters (Odena et al. 2016, Deconvolution and checkerboard artifacts).
    """

    def __init__(
        self,
        extent: int = 128,
        z: int = 100,
        width: float = 1.0,
        norm: Norm = "batch",
        enlarge: Enlarge = "transposed",
    ) -> None:
        super().__init__()
        self.spec: dict[str, Any] = {
            "kind": "lowres-generator", "extent": extent, "z": z, "width": width, "norm": norm, "enlarge": enlarge
        }  # fmt: skip
        self.z = z
        channels = ladder(extent, width)
        bias = norm == "none"
        layers: list[nn.Module] = [nn.ConvTranspose2d(z, channels[0], 4, bias=bias)]
        for inputs, outputs in pairwise(channels):
            layers += [*normalised(inputs, norm), nn.ReLU(inplace=True), doubling(inputs, outputs, enlarge, bias)]
        last = doubling(channels[-1], 3, enlarge, bias)
        self.layers = nn.Sequential(*layers, *normalised(channels[-1], norm), nn.ReLU(inplace=True), last, nn.Tanh())

    def forward(self, z: Tensor) -> Tensor:
        """(B, z) -> (B, 3, extent, extent), -1..1."""
        faces: Tensor = self.layers(z[:, :, None, None])
        return faces


class LowresCritic(nn.Module):
    """A small face to one logit, high for real: 11,164,416 parameters at extent 128 and full width."""

    def __init__(self, extent: int = 128, width: float = 1.0, norm: CriticNorm = "batch") -> None:
        super().__init__()
        self.spec: dict[str, Any] = {"kind": "lowres-critic", "extent": extent, "width": width, "norm": norm}
        channels = ladder(extent, width)[::-1]
        bias = norm in ("none", "spectral")
        layers = judging(halve(3, channels[0], bias=bias), norm, normal=False)
        for inputs, outputs in pairwise(channels):
            layers += judging(halve(inputs, outputs, bias=bias), norm)
        self.layers = nn.Sequential(*layers, nn.Conv2d(channels[-1], 1, 4, bias=bias))

    def forward(self, faces: Tensor) -> Tensor:
        """(B, 3, extent, extent), -1..1 -> (B,) logits."""
        logits: Tensor = self.layers(faces)
        return logits.flatten()
