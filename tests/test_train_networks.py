"""The networks are those of the design's tables, and start alive."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from train.losses import pooled_l1
from train.networks import build
from train.networks.blocks import ReplicateConv, ResizeConv, parameters, start_normal
from train.networks.critic import PatchCritic
from train.networks.dcgan import LowresCritic, LowresGenerator
from train.networks.jnet import FACTOR, JNet, Preset, bicubic

COUNTS = [
    (LowresGenerator, {}, 12_786_560),
    (LowresCritic, {}, 11_164_416),
    (JNet, {}, 5_773_939),
    (JNet, {"encoder": "figure"}, 10_169_155),
    (PatchCritic, {}, 2_814_785),
    (PatchCritic, {"layers": 4}, 7_010_113),
]


def random(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def pictures(*shape: int, seed: int = 1) -> Tensor:
    return torch.rand(*shape, generator=random(seed)) * 2 - 1


def jnet(preset: Preset = "residual", width: float = 0.1, tile: int = 16) -> JNet:
    network = JNet(6, tile, width, "text", preset)
    network.start(random())
    return network


@pytest.mark.parametrize(("kind", "arguments", "count"), COUNTS)
def test_parameter_counts_are_the_designs(kind: type[nn.Module], arguments: dict[str, object], count: int) -> None:
    assert parameters(kind(**arguments)) == count


@pytest.mark.parametrize(("encoder", "widths"), [("text", [16, 32, 64, 64, 64]), ("figure", [64, 128, 256, 256, 256])])
def test_the_encoder_is_as_wide_as_text_or_figure_say(encoder: str, widths: list[int]) -> None:
    network = JNet(encoder=encoder)  # type: ignore[arg-type] # a parameter of the test
    assert [layer.out_channels for layer in network.encoder] == widths


def test_skips_of_the_text_carry_64_64_32_16_and_6_channels() -> None:
    levels = list(JNet().decoder)
    assert [level.first.out_channels for level in levels] == [256, 256, 128, 64, 64, 64, 64, 64]  # type: ignore[union-attr]
    skips = [level.first.in_channels - level.first.out_channels for level in levels]  # type: ignore[union-attr, operator]
    assert skips == [64, 64, 32, 16, 6, 0, 0, 0]


def test_the_last_skip_is_the_input_itself() -> None:
    network = JNet(width=0.07)
    seen: list[Tensor] = []
    network.decoder[4].first.register_forward_pre_hook(lambda _layer, inputs: seen.append(inputs[0]))  # type: ignore[union-attr]
    lowres = pictures(1, 6, 32, 32)

    network(lowres)

    assert torch.equal(seen[0][:, -6:], lowres)


def test_the_discriminator_joins_at_32_with_262_channels_and_gives_30x30() -> None:
    critic = PatchCritic()
    joined: list[tuple[int, ...]] = []
    critic.head.register_forward_pre_hook(lambda _layer, inputs: joined.append(tuple(inputs[0].shape)))

    logits = critic(pictures(2, 3, 256, 256), pictures(2, 6, 32, 32))

    assert joined == [(2, 262, 32, 32)]
    assert logits.shape == (2, 1, 30, 30)


def test_four_halvings_give_14x14_logits() -> None:
    critic = PatchCritic(width=0.1, layers=4)
    assert critic(pictures(2, 3, 256, 256), pictures(2, 6, 32, 32)).shape == (2, 1, 14, 14)


@pytest.mark.parametrize("tile", [16, 32])
@pytest.mark.parametrize("preset", ["faithful", "residual"])
@pytest.mark.parametrize("channels", [3, 6, 9])
def test_a_tile_is_eight_times_its_crop(tile: int, preset: Preset, channels: int) -> None:
    network = JNet(channels, tile, 0.1, "text", preset)
    assert network(pictures(1, channels, tile, tile)).shape == (1, 3, FACTOR * tile, FACTOR * tile)


def test_tiles_of_16_have_one_level_less() -> None:
    assert len(JNet(tile=16).encoder) == 4
    assert PatchCritic(width=0.1)(pictures(2, 3, 128, 128), pictures(2, 6, 16, 16)).shape == (2, 1, 14, 14)


@pytest.mark.parametrize("extent", [32, 64, 128, 256])
def test_stage_1_has_a_level_for_each_doubling(extent: int) -> None:
    faces = LowresGenerator(extent, 8, 0.06).eval()(pictures(2, 8))
    assert faces.shape == (2, 3, extent, extent)
    assert LowresCritic(extent, 0.06)(faces).shape == (2,)


def life(network: JNet) -> tuple[float, float]:
    """Gradient norm of the deepest encoder convolution under the pooled L1 alone, and how much the guide changes."""
    lowres = pictures(4, 6, 32, 32)
    lowres[1, :3] = lowres[0, :3]  # two crops that differ in the guide alone
    painted = network(lowres)
    loss = pooled_l1(painted, pictures(4, 3, 256, 256, seed=2))
    deepest = network.encoder[-1].weight
    assert isinstance(deepest, Tensor)
    (gradient,) = torch.autograd.grad(loss, deepest)
    return float(gradient.norm()), float((painted[0] - painted[1]).detach().abs().mean())


@pytest.mark.parametrize("preset", ["faithful", "residual"])
def test_at_full_width_the_deep_encoder_learns_and_the_guide_counts(preset: Preset) -> None:
    gradient, effect = life(jnet(preset, width=1.0, tile=32))
    assert gradient > 1e-5
    assert effect > 1e-3


def test_started_from_n_0_02_it_would_be_dead() -> None:
    network = jnet("faithful", width=1.0, tile=32)
    start_normal(network, random())
    gradient, effect = life(network)
    assert gradient < 1e-10
    assert effect < 1e-5


@pytest.mark.parametrize("preset", ["faithful", "residual"])
def test_the_jnet_is_the_same_in_training_and_in_use(preset: Preset) -> None:
    network, lowres = jnet(preset), pictures(2, 6, 16, 16)
    assert torch.equal(network.train()(lowres), network.eval()(lowres))


def test_a_tile_does_not_depend_on_its_batch() -> None:
    network, lowres = jnet(), pictures(3, 6, 16, 16)
    torch.testing.assert_close(network(lowres)[1:2], network(lowres[1:2]), atol=1e-5, rtol=0)


def test_a_resize_convolution_is_nearest_enlargement_and_a_convolution() -> None:
    layer = ResizeConv(5, 7)
    start_normal(layer, random(), spread=1)
    small = pictures(2, 5, 6, 9)
    large = F.interpolate(small, scale_factor=2, mode="nearest")
    slow = F.conv2d(F.pad(large, (1, 1, 1, 1), mode="replicate"), layer.weight, layer.bias)
    torch.testing.assert_close(layer(small), slow, atol=1e-4, rtol=1e-5)


def test_residual_pads_with_copies_everywhere() -> None:
    network = jnet("residual")
    layers = [layer for layer in network.modules() if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d))]
    assert all(isinstance(layer, ReplicateConv) for layer in layers)


def test_a_flat_crop_gives_a_flat_tile_only_with_replicated_borders() -> None:
    flat = torch.full((1, 6, 16, 16), 0.3)
    assert float(jnet("residual")(flat).detach().std(dim=(2, 3)).max()) < 1e-5
    assert float(jnet("faithful")(flat).detach().std(dim=(2, 3)).max()) > 1e-3


def test_residual_starts_near_the_bicubic_enlargement() -> None:
    lowres = pictures(1, 6, 16, 16)
    difference = jnet("residual", width=1.0)(lowres) - bicubic(lowres[:, :3])
    assert 0.01 < float(difference.detach().std()) < 0.3


@pytest.mark.parametrize(
    "network", [LowresGenerator(64, 8, 0.1), LowresCritic(64, 0.1), JNet(9, 16, 0.1), PatchCritic(9, 0.1)]
)
def test_a_network_is_built_again_from_its_spec(network: nn.Module) -> None:
    again = build(network.spec)  # type: ignore[arg-type] # a dict, which nn.Module's types do not know

    again.load_state_dict(network.state_dict())

    assert again.spec == network.spec


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
def test_replicated_borders_keep_the_precision(precision: torch.dtype) -> None:
    layer = ReplicateConv(4, 4, 3, padding=1)
    with torch.autocast("cpu", torch.bfloat16, enabled=precision == torch.bfloat16):
        assert layer(pictures(1, 4, 8, 8).to(precision)).dtype == precision
