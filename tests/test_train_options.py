"""Each option beside the faithful preset changes what it says, and a run with it goes on to the bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from set_fixtures import LANDMARKS, photo
from train_fixtures import lowres_options, state_of, train, upres_options, workspace

from curate.errors import UserError
from curate.files import read_json
from curate.guides import small_face
from curate.workspace import Workspace
from train import upres
from train.adversary import penalised, slope_penalty
from train.checkpoint import newest, same_training
from train.device import place_for
from train.losses import critic_loss, full_l1, generator_loss, gradient_penalty, pyramid_l1
from train.networks.blocks import spread, start_normal, unspread
from train.networks.critic import PatchCritic
from train.networks.dcgan import LowresCritic
from train.networks.jnet import JNet
from train.upres_step import Game


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    return workspace(tmp_path)


def generated(folder: Path, extent: int = 32, count: int = 3) -> str:
    faces = np.stack([small_face(photo(seed), extent) for seed in range(count)])
    np.savez(folder / "mix.npz", faces=faces, landmarks=np.stack([LANDMARKS] * count))
    return str(folder / "mix.npz")


LOWRES = [
    {"augment": "colour,translation,cutout"},
    {"loss": "relativistic", "r1": 0.1, "r2": 0.1, "critic_norm": "none", "penalty_every": 2},
    {"critic_norm": "spectral"},
    {"critic_norm": "sample"},
    {"preset": "modern"},
]
UPRES = [
    {"preset": "modern"},
    {"spoil": True, "mix_share": 0.25, "mix": "generated"},
    {"augment": "colour,translation", "loss": "relativistic", "mix": "generated", "critic_norm": "spectral"},
    {"mismatched": True, "feature_matching": 10.0, "critic_scales": 2},
    {"r1": 1.0, "critic_norm": "none", "penalty_every": 1, "pixel_loss": "pyramid"},
    {"norm": "batch"},
    {"norm": "sample"},
]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, torch.Tensor]]:
    folder = tmp_path_factory.mktemp("plain")
    place = workspace(folder)
    return {stage: state_of(Path(train(place, stage, images=8).run)) for stage in ("lowres", "upres")}


@pytest.mark.parametrize(
    ("stage", "values"), [*(("lowres", values) for values in LOWRES), *(("upres", values) for values in UPRES)]
)
def test_with_each_option_a_run_differs_and_goes_on_to_the_bit(
    place: Workspace, tmp_path: Path, plain: dict[str, dict[str, torch.Tensor]], stage: str, values: dict[str, Any]
) -> None:
    values = {name: generated(tmp_path) if value == "generated" else value for name, value in values.items()}
    train(place, stage, run="half", images=4, scored_tiles=1, **values)
    train(place, stage, run="half", images=8, scored_tiles=1, **values)
    train(place, stage, run="whole", images=8, scored_tiles=1, **values)
    half, whole = state_of(place.runs / "half"), state_of(place.runs / "whole")
    assert all(torch.equal(half[name], value) for name, value in whole.items())
    before = plain[stage]
    assert any(name not in before or not torch.equal(before[name], value) for name, value in whole.items())
    assert all(value.isfinite().all() for value in whole.values() if value.is_floating_point())


def test_relativistic_compares_and_bce_does_not() -> None:
    real, painted = torch.tensor([1.0, 3.0]), torch.tensor([0.0, 2.0])
    for loss in (critic_loss, generator_loss):
        apart = loss(real, painted, "relativistic")
        torch.testing.assert_close(apart, loss(real + 5, painted + 5, "relativistic"))
        assert not torch.isclose(loss(real, painted, "bce"), loss(real + 5, painted + 5, "bce"))


def test_the_slope_penalty_of_a_plane_is_half_its_squared_slope() -> None:
    weights, pictures = torch.randn(3, 4, 4), torch.randn(5, 3, 4, 4, requires_grad=True)
    penalty = gradient_penalty((pictures * weights).sum(dim=(1, 2, 3)), pictures)
    torch.testing.assert_close(penalty, weights.square().sum() / 2)


def test_slopes_are_penalised_every_so_many_steps_and_as_much_more() -> None:
    options = lowres_options(r1=2.0, critic_norm="none", penalty_every=3)
    real = torch.randn(4, 3, 8, 8)
    assert [penalised(options, seen) for seen in range(0, 24, 4)] == [True, False, False] * 2
    penalty = slope_penalty(options, lambda at: at.sum(dim=(1, 2, 3)), real, real)
    torch.testing.assert_close(penalty, torch.tensor(2.0 * 3 * 3 * 64 / 2))


def test_the_pyramid_weighs_each_scale_alike() -> None:
    coarse, fine = torch.ones(1, 3, 32, 32), torch.ones(1, 3, 32, 32)
    fine[..., ::2] = -1
    still = torch.zeros(1, 3, 32, 32)
    torch.testing.assert_close(pyramid_l1(coarse, still), torch.tensor(1.0))
    assert float(full_l1(fine, still)) == 1
    assert float(pyramid_l1(fine, still)) > 0.9


@pytest.mark.parametrize("norm", ["batch", "sample", "none", "spectral"])
def test_only_batch_norm_makes_pictures_depend_on_their_company(norm: Any) -> None:
    critic = PatchCritic(6, 0.06, norm=norm)
    start_normal(critic, torch.Generator().manual_seed(0))
    tiles, crops = torch.randn(3, 3, 128, 128), torch.randn(3, 6, 16, 16)
    critic(tiles, crops)  # spectral norm turns its vector once
    critic.eval() if norm == "spectral" else critic.train()
    alone, together = critic(tiles[:2], crops[:2]), critic(tiles, crops)[:2]
    assert torch.allclose(alone, together, atol=1e-5) == (norm != "batch")


def test_spectral_norm_bounds_each_layer() -> None:
    critic = LowresCritic(32, 0.25, "spectral")
    start_normal(critic, torch.Generator().manual_seed(0), spread=1.0)
    with torch.no_grad():
        for _ in range(30):
            critic(torch.randn(2, 3, 32, 32))
        weight = critic.layers[2].weight
    assert isinstance(weight, torch.Tensor)
    assert float(torch.linalg.matrix_norm(weight.flatten(1), 2)) == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize(("norm", "layers"), [("none", 0), ("batch", 24), ("sample", 24)])
def test_the_jnet_has_a_norm_when_asked(norm: Any, layers: int) -> None:
    network = JNet(6, 16, 0.06, norm=norm)
    norms = [one for one in network.modules() if isinstance(one, (torch.nn.BatchNorm2d, torch.nn.InstanceNorm2d))]
    assert len(norms) == layers
    network.start(torch.Generator().manual_seed(0))
    assert network(torch.randn(2, 6, 16, 16)).isfinite().all()


def test_a_generated_crop_is_never_shown_to_the_discriminator(place: Workspace, tmp_path: Path) -> None:
    options = upres_options(mix=generated(tmp_path), mix_share=0.5)
    stage = upres_stage(place, options)
    batch = stage.crops(0)
    assert (len(batch.lowres), len(batch.tiles), batch.generated) == (4, 2, 2)
    game = Game(stage.state.critic, batch, stage.place, options, 0)  # type: ignore[arg-type]
    assert float(game.beside[2:].abs().max()) == 0
    assert float(game.beside[:2].abs().max()) == 0  # as many photos' crops
    assert float(batch.lowres.abs().amax(dim=(1, 2, 3)).min()) > 0


def upres_stage(place: Workspace, options: Any) -> upres.UpresStage:
    from curate.sets import open_set

    return upres.UpresStage(open_set(place.set_path("small")), options, place_for(options))


def test_spoiled_crops_have_the_same_tiles(place: Workspace) -> None:
    plain, spoiled = (upres_stage(place, upres_options(spoil=spoil)).crops(4) for spoil in (False, True))
    assert torch.equal(plain.tiles, spoiled.tiles)
    assert not torch.equal(plain.lowres, spoiled.lowres)


def test_generated_faces_of_another_extent_are_refused(place: Workspace, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"have 64 pixels, not 32: use a stage 1 of --extent 32"):
        train(place, "upres", mix=generated(tmp_path, extent=64))


@pytest.mark.parametrize("contents", [b"nothing", b"PK\x03\x04 cut off"])
def test_a_file_without_generated_faces_is_named(place: Workspace, tmp_path: Path, contents: bytes) -> None:
    (tmp_path / "other.npz").write_bytes(contents)
    with pytest.raises(UserError, match=r"other\.npz holds no generated faces"):
        train(place, "upres", mix=str(tmp_path / "other.npz"))


@pytest.mark.parametrize("stage", ["lowres", "upres"])
def test_a_run_starts_from_the_weights_of_another(place: Workspace, stage: str) -> None:
    train(place, stage, run="first", images=8)
    train(place, stage, run="second", images=4, start_from="first", learning_rate=1e-9)
    first, second = state_of(place.runs / "first"), state_of(place.runs / "second")
    weights = [name for name in first if name.startswith("/average") and name.endswith("weight")]
    assert all(torch.allclose(first[name], second[name], atol=1e-5) for name in weights)


def test_a_dcgan_is_rid_of_its_grid_and_keeps_what_resizing_can_do(place: Workspace) -> None:
    kernel = torch.randn(5, 4, 3, 3)
    assert torch.allclose(unspread(spread(kernel)), kernel, atol=1e-5)
    train(place, "lowres", run="first", images=8)
    train(place, "lowres", run="second", images=4, preset="modern", start_from="first", learning_rate=1e-9)
    first, second = state_of(place.runs / "first"), state_of(place.runs / "second")
    name = "/average/layers.3.weight"
    assert torch.allclose(unspread(first[name]), second[name], atol=1e-5)


def test_a_preset_decides_what_nobody_said() -> None:
    faithful, modern = lowres_options(), lowres_options(preset="modern", augment="none")
    assert (faithful.enlarge, faithful.changes, modern.enlarge, modern.changes) == ("transposed", (), "resize", ())
    assert lowres_options(preset="modern").changes == ("colour", "translation", "cutout")
    assert upres_options(preset="modern").spoil
    assert not upres_options(preset="modern", spoil=False).spoil
    assert upres_options(preset="modern").network == upres_options(preset="residual").network == "residual"


def test_a_run_from_before_there_were_presets_goes_on(place: Workspace) -> None:
    run = Path(train(place, "lowres", images=4).run)
    found = newest(run)
    assert found is not None
    for name in ("preset", "enlarge"):
        del found["training"]["options"][name]
    same_training(
        run, found["training"], {**found["training"], "options": lowres_options().fixed()}, lowres_options().defaults()
    )
    with pytest.raises(UserError, match=r"--preset was"):
        train(place, "lowres", run=run.name, images=8, preset="modern")


def test_what_stage_2_learned_on_stands_on_its_card(place: Workspace) -> None:
    train(place, "upres", run="sharp", images=4)
    train(place, "upres", run="faded", images=4, guide_fade=0.05)
    cards = [read_json(place.runs / name / "generator.json") for name in ("sharp", "faded")]
    assert [card["guide_fade"] for card in cards] == [0, 0.05]


def test_a_run_cannot_start_from_the_other_stage(place: Workspace) -> None:
    train(place, "lowres", run="small-faces", images=4)
    with pytest.raises(UserError, match=r"is a run of stage lowres: --start-from needs one of stage upres"):
        train(place, "upres", start_from="small-faces")


def test_generated_faces_that_changed_are_another_training(place: Workspace, tmp_path: Path) -> None:
    mix = generated(tmp_path)
    train(place, "upres", run="mixed", images=4, mix=mix)
    generated(tmp_path, count=5)
    with pytest.raises(UserError, match=r"--mix was"):
        train(place, "upres", run="mixed", images=8, mix=mix)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"augment": "colour,hue"}, r"there is no change 'hue'"),
        ({"augment": "cutout"}, r"a cutout would give a tile and its crop away"),
        ({"r1": 1.0}, r"--r1 and --r2 need a discriminator without batch norm"),
        ({"mix": "faces.npz", "pixel_loss": "full"}, r"no truth at full resolution"),
        ({"loss": "relativistic", "mismatched": True}, r"no partner"),
    ],
)
def test_options_that_do_not_go_together_are_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        upres_options(**values)
