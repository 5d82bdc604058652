"""What a run leaves behind, and what it says when it cannot go on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import pytest
import torch
from safetensors.torch import load_file
from train_fixtures import state_of, train, workspace

from curate.errors import UserError
from curate.workspace import Workspace
from train import checkpoint, lowres, upres, upres_step
from train.config import LowresOptions, UpresOptions
from train.export import NoNetwork, load_critic, load_network, resolve_run
from train.health import Diverged


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    return workspace(tmp_path)


def lines(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "stats.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("stage", ["lowres", "upres"])
def test_a_run_is_whole(place: Workspace, stage: str) -> None:
    summary = train(place, stage)

    run = place.runs / f"small-{stage}{'-residual' if stage == 'upres' else ''}"
    assert {path.name for path in run.iterdir()} == {
        "config.json", "stats.jsonl", "samples", "checkpoints", "generator.safetensors", "generator.json",
        "critic.safetensors", "critic.json", "finished.json", "report.html",
    }  # fmt: skip
    assert [path.name for path in checkpoint.checkpoints(run)] == ["000000012.pt"]
    assert cv2.imread(str(run / "samples" / "latest.png")) is not None
    assert json.loads((run / "config.json").read_text())["stage"] == stage
    assert json.loads((run / "finished.json").read_text())["images"] == 12
    assert lines(run)[-1]["images"] == 12
    assert f"{stage} finished after 12 images" in summary.text()


def test_scores_of_held_out_faces_are_in_stats_card_and_summary(place: Workspace) -> None:
    summary = train(place, "upres", scored_tiles=upres.FINAL_TILES)

    run = Path(summary.run)
    card = json.loads((run / "generator.json").read_text())
    assert card["scores"] == summary.scores
    assert lines(run)[-1]["lr_psnr"] == summary.scores["lr_psnr"]
    assert summary.scores["score_tiles"] == 256
    assert summary.scores["locked_floor"] == 0.0625
    assert summary.scores["scored_on"] == "held-out"
    assert summary.scores["lr_psnr"] > 15


def test_a_card_says_what_infer_needs(place: Workspace) -> None:
    card = json.loads((Path(train(place, "upres").run) / "generator.json").read_text())
    geometry = {"lowres_extent": 32, "stacked": 24, "tile": 16, "size": 192}
    assert {name: card[name] for name in geometry} == geometry
    assert (card["stage"], card["role"], card["guide"], card["images"]) == ("upres", "generator", "rgb", 12)
    assert len(card["mean_landmarks"]) == 68
    assert len(card["mean_box"]) == 4


def test_the_generator_that_is_loaded_is_the_average(place: Workspace) -> None:
    run = Path(train(place, "upres").run)

    network, card = load_network(run)

    state = state_of(run)
    assert not network.training
    assert card["average"] is True
    assert all(torch.equal(value, state[f"/average/{name}"]) for name, value in network.state_dict().items())


def test_the_critic_judges_the_tiles_of_the_generator(place: Workspace) -> None:
    run = Path(train(place, "upres").run)
    generator, _ = load_network(run)
    critic, card = load_critic(run)
    lowres = torch.zeros(2, 6, 16, 16)
    assert critic(generator(lowres), lowres).shape == (2, 1, 14, 14)
    assert card["role"] == "critic"


def test_halves_and_parts_load_as_the_whole(place: Workspace) -> None:
    run = Path(train(place, "lowres").run)
    whole, _ = load_network(run)

    train(place, "lowres", half=True)  # finished: it exports again
    assert load_file(run / "generator.safetensors")["layers.0.weight"].dtype == torch.float16
    half, _ = load_network(run)

    for name, value in whole.state_dict().items():
        torch.testing.assert_close(half.state_dict()[name], value, atol=1e-3, rtol=1e-3)


def test_large_networks_are_written_in_parts(place: Workspace) -> None:
    run = Path(train(place, "lowres", width=0.5, z=100, images=4, max_file=1).run)

    parts = sorted(run.glob("generator*.safetensors"))

    assert len(parts) > 1
    assert max(part.stat().st_size for part in parts) < 1_200_000
    assert all(part.name.endswith(f"-of-{len(parts):05d}.safetensors") for part in parts)
    load_network(run)


@pytest.mark.parametrize("named", ["", "generator.json", "generator.safetensors"])
def test_a_network_is_found_by_folder_card_or_weights(place: Workspace, named: str) -> None:
    run = Path(train(place, "lowres", images=4).run)
    assert resolve_run(run / named) == run / "generator.json"


def test_no_network_is_said(tmp_path: Path) -> None:
    with pytest.raises(NoNetwork, match="holds no trained generator"):
        load_network(tmp_path)


def test_cut_weights_are_said(place: Workspace) -> None:
    run = Path(train(place, "lowres", images=4).run)
    weights = run / "generator.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(NoNetwork, match="cannot be read"):
        load_network(run)


def test_the_last_two_checkpoints_are_kept(place: Workspace) -> None:
    run = Path(train(place, "lowres", images=20, save_every=0).run)
    assert [path.name for path in checkpoint.checkpoints(run)] == ["000000016.pt", "000000020.pt"]


def test_checkpoints_hold_no_code(place: Workspace) -> None:
    run = Path(train(place, "lowres", images=4).run)
    contents = torch.load(checkpoint.checkpoints(run)[-1], weights_only=True)
    assert contents["training"]["stage"] == "lowres"


def test_max_seconds_stops_with_a_checkpoint(place: Workspace) -> None:
    summary = train(place, "lowres", images=1_000_000, max_seconds=0.0)
    assert summary.ended_by == "time"
    assert "the same command goes on" in summary.text()
    assert checkpoint.checkpoints(Path(summary.run))


def test_a_cut_checkpoint_is_set_aside_and_the_one_before_used(
    place: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    run = Path(train(place, "lowres", images=12, save_every=0).run)
    last = run / "checkpoints" / "000000012.pt"
    last.write_bytes(last.read_bytes()[: last.stat().st_size // 2])

    summary = train(place, "lowres", images=16)

    assert summary.images_now == 8
    assert "000000012.pt is damaged" in capsys.readouterr().err
    assert (run / "checkpoints" / "000000012.pt.damaged").exists()


def test_a_flipped_bit_is_noticed(place: Workspace) -> None:
    run = Path(train(place, "lowres", images=4).run)
    path = checkpoint.checkpoints(run)[0]
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(checkpoint.BadCheckpoint, match=r"no checkpoint of .* can be read"):
        train(place, "lowres", images=8)


def test_other_options_are_named(place: Workspace) -> None:
    train(place, "lowres", images=4)
    with pytest.raises(UserError, match=r"--z was 8, now 9.*another --run"):
        train(place, "lowres", images=8, z=9)


def test_a_run_from_before_an_option_existed_goes_on(place: Workspace) -> None:
    run = Path(train(place, "lowres", images=4).run)
    found = checkpoint.newest(run)
    assert found is not None
    del found["training"]["options"]["norm"]
    checkpoint.write(run, found)

    assert train(place, "lowres", images=8).images_now == 4
    with pytest.raises(UserError, match="--norm was batch, now none"):
        train(place, "lowres", images=12, norm="none")


def test_a_changed_set_is_said(place: Workspace, tmp_path: Path) -> None:
    train(place, "lowres", images=4, run="mine")
    other = workspace(tmp_path / "other", format="jpeg")
    with pytest.raises(UserError, match="another set, or the set was changed"):
        train(other, "lowres", images=8, run=str(place.runs / "mine"))


def test_the_other_stage_is_said(place: Workspace) -> None:
    train(place, "lowres", images=4, run="mine")
    with pytest.raises(UserError, match="holds a run of stage lowres, not upres"):
        train(place, "upres", images=8, run="mine")


def test_without_resume_a_run_is_not_written_over(place: Workspace) -> None:
    train(place, "lowres", images=4)
    with pytest.raises(UserError, match="--no-resume would lose them"):
        train(place, "lowres", images=8, resume=False)


@pytest.mark.parametrize("stage", ["lowres", "upres"])
def test_nan_names_the_step_and_keeps_the_last_good_checkpoint(
    place: Workspace, stage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Path(train(place, stage, images=4).run)
    module = {"lowres": lowres, "upres": upres_step}[stage]
    loss = module.critic_loss
    monkeypatch.setattr(module, "critic_loss", lambda *scores: loss(*scores) * float("nan"))

    with pytest.raises(Diverged, match="critic became nan at 8 images"):
        train(place, stage, images=12)

    assert [path.name for path in checkpoint.checkpoints(run)] == ["000000004.pt"]
    assert all(bool(value.isfinite().all()) for value in state_of(run).values())


def test_a_broken_weight_is_never_saved(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    step = upres.train_step

    def breaking(state: Any, *arguments: Any) -> Any:
        losses = step(state, *arguments)
        state.generator.output.weight.data[0] = float("inf")
        return losses

    monkeypatch.setattr(upres, "train_step", breaking)
    with pytest.raises(Diverged, match="a weight of the generator is no number after 4 images"):
        train(place, "upres", images=4)
    assert checkpoint.checkpoints(place.runs / "small-upres-residual") == []


def test_no_room_left_is_said(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    run = Path(train(place, "lowres", images=4).run)
    monkeypatch.setattr(checkpoint, "write_atomically", full)
    with pytest.raises(UserError, match=r"No space left on device.*last good checkpoint is kept"):
        train(place, "lowres", images=8)
    assert checkpoint.newest(run) is not None


@pytest.mark.parametrize(
    ("kind", "wrong"), [(LowresOptions, {"learning_rate": 0.0}), (UpresOptions, {"learning_rate": 2.0})]
)
def test_a_learning_rate_that_cannot_work_is_refused(kind: Any, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="--learning-rate"):
        kind(set="small", **wrong)


def test_a_target_without_the_resolution_is_refused() -> None:
    with pytest.raises(ValueError, match="it needs --pixel-loss pooled"):
        UpresOptions(set="small", pixel_loss="full", pixel_target="input")


@pytest.mark.parametrize("encoding", ["regions", "none"])
@pytest.mark.parametrize("preset", ["faithful", "residual"])
def test_every_guide_and_preset_trains(tmp_path: Path, encoding: str, preset: str) -> None:
    place = workspace(tmp_path, encoding=encoding)
    summary = train(place, "upres", images=4, preset=preset, pixel_loss="full" if preset == "faithful" else "pooled")
    assert summary.images == 4
    assert load_network(Path(summary.run))[1]["guide"] == encoding
