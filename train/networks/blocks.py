"""What the networks are made of, and how their weights start."""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm
from torch.nn.utils.parametrize import is_parametrized

Norm = Literal["batch", "sample", "none"]
CriticNorm = Literal["batch", "sample", "none", "spectral"]
Padding = Literal["zeros", "replicate"]
SETTLED = 15  # steps of the power method, as torch takes at the start
LEAST_CHANNELS = 4  # however narrow a network is made


def scaled(channels: int, width: float) -> int:
    """How many channels a layer has in a network of `width` times the full width."""
    return max(LEAST_CHANNELS, round(channels * width))


def normalised(channels: int, norm: Norm) -> list[nn.Module]:
    """The layers that bring activations to mean 0 and spread 1: over the batch, over each sample, or not at all."""
    if norm == "batch":
        return [nn.BatchNorm2d(channels)]
    return [nn.InstanceNorm2d(channels, affine=True)] if norm == "sample" else []


def judging(layer: nn.Conv2d, norm: CriticNorm, *, normal: bool = True) -> list[nn.Module]:
    """A layer of a discriminator with its norm, if `normal`, and its activation."""
    norms: list[nn.Module] = []
    if norm == "spectral":
        spectral_norm(layer)  # of its weights (Miyato et al. 2018, arXiv 1802.05957)
    elif normal:
        norms = normalised(layer.out_channels, norm)
    return [layer, *norms, nn.LeakyReLU(0.2, inplace=True)]


def weight_of(layer: nn.Module) -> Tensor:
    """The weights that a layer learns: those before spectral norm where it has that."""
    if is_parametrized(layer, "weight"):
        layer = layer.get_submodule("parametrizations.weight")
        return layer.get_parameter("original")
    learned = layer.weight
    assert isinstance(learned, Tensor)
    return learned


def settle_spectral(layer: nn.Module, generator: torch.Generator) -> None:
    """Start the vectors that spectral norm follows from `generator`: torch's own start is another on every run."""
    if not is_parametrized(layer, "weight"):
        return
    matrix = weight_of(layer).flatten(1)
    left = torch.randn(len(matrix), generator=generator)
    for _ in range(SETTLED):
        right = F.normalize(matrix.T @ left, dim=0)
        left = F.normalize(matrix @ right, dim=0)
    kept = layer.get_submodule("parametrizations.weight.0")
    kept.get_buffer("_u").copy_(left)
    kept.get_buffer("_v").copy_(right)


def replicated(pictures: Tensor) -> Tensor:
    """Pictures with a border of one pixel, each a copy of its neighbour.

    Outside of autocast, which on a CPU would turn bfloat16 into float32 here and back: a quarter of a step's time.
    """
    if not torch.is_autocast_enabled(pictures.device.type):
        return F.pad(pictures, (1, 1, 1, 1), mode="replicate")
    with torch.autocast(pictures.device.type, enabled=False):
        return F.pad(pictures, (1, 1, 1, 1), mode="replicate")


class ReplicateConv(nn.Conv2d):
    """A convolution that sees copies of the border's pixels past the border, not zeros."""

    def forward(self, pictures: Tensor) -> Tensor:
        """(B, inputs, H, W) -> (B, outputs, H / stride, W / stride)."""
        return F.conv2d(replicated(pictures), self.weight, self.bias, self.stride)


def halve(inputs: int, outputs: int, *, bias: bool = True, padding: Padding = "zeros") -> nn.Conv2d:
    """A convolution of kernel 4 and stride 2: half the extent."""
    kind = ReplicateConv if padding == "replicate" else nn.Conv2d
    return kind(inputs, outputs, 4, stride=2, padding=1, bias=bias)


def keep(inputs: int, outputs: int, *, padding: Padding = "zeros") -> nn.Conv2d:
    """A convolution of kernel 3: the same extent."""
    kind = ReplicateConv if padding == "replicate" else nn.Conv2d
    return kind(inputs, outputs, 3, padding=1)


def double(inputs: int, outputs: int, *, bias: bool = True) -> nn.ConvTranspose2d:
    """A transposed convolution of kernel 4 and stride 2: twice the extent."""
    return nn.ConvTranspose2d(inputs, outputs, 4, stride=2, padding=1, bias=bias)


class ResizeConv(nn.Module):
    """Nearest-neighbour enlargement by 2, then a convolution of kernel 3 with replicated border.

    Two neighbours of the enlarged picture are mostly the same pixel, so both steps together are one transposed
    convolution with the kernel spread to 4x4: 4 multiplications per pixel and channel pair for 9, the same result.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(outputs, inputs, 3, 3))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, pictures: Tensor) -> Tensor:
        """(B, inputs, H, W) -> (B, outputs, 2H, 2W)."""
        return F.conv_transpose2d(replicated(pictures), spread(self.weight), self.bias, stride=2, padding=3)


def spread(kernel: Tensor) -> Tensor:
    """The transposed kernel (I, O, 4, 4) that does what nearest enlargement by 2 and `kernel` (O, I, 3, 3) do."""
    turned = kernel.flip(-2, -1).transpose(0, 1)
    across = F.pad(turned, (0, 1)) + F.pad(turned, (1, 0))
    return F.pad(across, (0, 0, 0, 1)) + F.pad(across, (0, 0, 1, 0))


def unspread(kernel: Tensor) -> Tensor:
    """The kernel (O, I, 3, 3) whose `spread` is nearest to a transposed kernel (I, O, 4, 4), by least squares.

    What is lost is what resizing cannot do: another filter for every second pixel, which shows as a grid.
    """
    across = kernel.new_tensor([[1, 0, 0], [1, 1, 0], [0, 1, 1], [0, 0, 1]])
    inverse = torch.linalg.pinv(across)
    smaller: Tensor = inverse @ kernel @ inverse.T
    return smaller.transpose(0, 1).flip(-2, -1)


def fan_in(layer: nn.Module) -> int:
    """How many weighted inputs one output of a convolution sums.

    A transposed convolution of kernel 4 and stride 2 reaches each of its outputs with a quarter of its kernel.
    """
    if isinstance(layer, nn.ConvTranspose2d):
        taps = layer.kernel_size[0] * layer.kernel_size[1] // (layer.stride[0] * layer.stride[1])
        return layer.in_channels * taps
    assert isinstance(layer, (nn.Conv2d, ResizeConv))
    return int(layer.weight[0].numel())


@torch.no_grad()
def start_normal(network: nn.Module, generator: torch.Generator, spread: float = 0.02) -> None:
    """Weights N(0, `spread`), gains of the norms N(1, `spread`), biases 0 (Radford et al. 2015, arXiv 1511.06434)."""
    for layer in network.modules():
        if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d, ResizeConv)):
            weight_of(layer).normal_(0, spread, generator=generator)
            settle_spectral(layer, generator)
        elif isinstance(layer, (nn.BatchNorm2d, nn.InstanceNorm2d)):
            layer.weight.normal_(1, spread, generator=generator)
        if isinstance(getattr(layer, "bias", None), Tensor):
            layer.bias.zero_()  # type: ignore[operator] # checked through getattr, which mypy does not follow


@torch.no_grad()
def start_kaiming(network: nn.Module, generator: torch.Generator) -> None:
    """Weights N(0, 2 / fan-in), biases 0: signals keep their strength through ReLUs without any norm.

    He et al. 2015, arXiv 1502.01852. A network without norms that starts from N(0, 0.02) instead has gradients of
    1e-17 in its deep encoder, below what Adam can tell from 0, and never learns to use it.
    """
    for layer in network.modules():
        if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d, ResizeConv)):
            weight_of(layer).normal_(0, (2 / fan_in(layer)) ** 0.5, generator=generator)
            settle_spectral(layer, generator)
            if layer.bias is not None:
                layer.bias.zero_()


def parameters(network: nn.Module) -> int:
    """How many numbers a network learns."""
    return sum(parameter.numel() for parameter in network.parameters())
