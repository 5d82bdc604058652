"""The verdict names what is wrong with a training, is silent where nothing is, and changes nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from health_fixtures import cartoons, stage_of, verdicts
from torch import nn
from train_fixtures import tensors, train, workspace

from curate import report_runs
from curate.sets import FaceSet
from train import loop
from train.health import Diverged, Health
from train.probe import Probe, above_floor, gradient_norms, misguide, nearest, undisturbed
from train.verdict import Signs, Verdict, settled, suspicions

FINE: dict[str, Any] = {
    "steps": 5000, "real_right": 0.9, "fake_right": 0.9, "held_out_right": 0.85, "overfit": 0.3, "logit": 3.0,
    "diversity": 0.95, "diversity_most": 1.0, "nearest": 1.0, "locked": 0.1, "guide": 0.8, "generator_gradient": 10.0,
    "critic_gradient": 5.0, "quietest_gradient": 0.01, "critic_change": 0.01, "saturated": 0.01, "adversarial": 2.0,
    "critic": 0.5, "pixels": 0.02, "pixels_least": 0.02,
}  # fmt: skip


@pytest.fixture(scope="module")
def faces() -> FaceSet:
    return cartoons(train=100, held_out=32)


def frozen(optimizer: torch.optim.Optimizer) -> None:
    for group in optimizer.param_groups:
        group["lr"] = 0.0


def test_a_good_stage_1_is_called_healthy_and_nothing_else(faces: FaceSet) -> None:
    found = verdicts(stage_of("lowres", faces), steps=180)
    assert list(found.values()) == ["healthy"] * 3


def test_a_frozen_discriminator_is_noticed(faces: FaceSet) -> None:
    stage = stage_of("lowres", faces)
    frozen(stage.state.critic_optimizer)
    assert verdicts(stage, steps=120)[120] == "discriminator stuck"


def test_a_learning_rate_of_a_hundred_times_is_noticed(faces: FaceSet) -> None:
    stage = stage_of("lowres", faces, learning_rate=0.1)
    assert "diverged" in verdicts(stage, steps=500, until="diverged").values()


def test_a_discriminator_that_learns_16_faces_by_heart_is_noticed() -> None:
    stage = stage_of("lowres", cartoons(train=16, held_out=32), critic_width=0.25, batch=16)
    assert "discriminator overfits" in verdicts(stage, steps=500, until="discriminator overfits").values()


def test_constant_noise_is_noticed(faces: FaceSet, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = stage_of("lowres", faces)
    monkeypatch.setattr(stage, "noise", lambda _seen, count: torch.ones(count, 8))
    assert "collapsed" in verdicts(stage, steps=500, until="collapsed").values()


def test_a_zeroed_guide_is_noticed() -> None:
    stage = stage_of("upres", cartoons(train=12, held_out=8, size=192), batch=2)
    stage.data.inputs[..., 3:] = -1
    assert verdicts(stage, steps=60) == {60: "dead guide"}


def test_a_guide_is_heard_from_the_first_step_on() -> None:
    stage = stage_of("upres", cartoons(train=12, held_out=8, size=192))
    signs = Probe(stage).measure(0, 8)
    assert signs["guide"] is not None
    assert signs["guide"] > 0.1


@pytest.mark.parametrize("kind", ["lowres", "upres"])
def test_looking_changes_nothing_not_a_bit(kind: str) -> None:
    faces = cartoons(train=12, held_out=8, size=192)
    states = []
    for looks in (False, True):
        stage = stage_of(kind, faces)
        health = Health(stage, stage.options.batch)
        for seen in range(0, 3 * stage.options.batch, stage.options.batch):
            stage.step(seen)
            if looks:
                before = torch.random.get_rng_state()
                health.look(seen + stage.options.batch, rate=10.0)
                assert torch.equal(before, torch.random.get_rng_state())
        states.append(tensors(stage.state.contents()))
    assert [name for name, value in states[0].items() if not torch.equal(value, states[1][name])] == []


def test_running_averages_are_put_back_also_after_an_error() -> None:
    layer = nn.BatchNorm2d(2)
    kept = {name: value.clone() for name, value in layer.state_dict().items()}
    with pytest.raises(RuntimeError), undisturbed(layer):  # noqa: PT012 - the error must come after the change
        layer(torch.randn(4, 2, 3, 3) + 5)
        raise RuntimeError
    assert all(torch.equal(value, kept[name]) for name, value in layer.state_dict().items())


def test_synced_norms_do_not_wait_for_processes_that_are_not_looking() -> None:
    layer = nn.SyncBatchNorm(2)
    with undisturbed(layer):
        assert layer(torch.randn(4, 2, 3, 3)).shape == (4, 2, 3, 3)  # by itself it refuses to work on a CPU
    assert type(layer) is nn.SyncBatchNorm


def test_short_memory_ends_no_training(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise torch.OutOfMemoryError

    health = Health(stage_of("lowres", cartoons(train=20, held_out=8)), batch=8)
    monkeypatch.setattr(health.probe, "measure", full)
    assert health.look(8, rate=1000.0)["verdict"] == "too early"
    assert health.most == 32


@pytest.mark.parametrize(
    ("signs", "expected"),
    [
        ({}, "healthy"),
        ({"critic": 40.0}, "diverged"),
        ({"saturated": 0.5}, "diverged"),
        ({"diversity": 1.7}, "diverged"),
        ({"pixels": 0.5}, "diverged"),
        ({"generator_gradient": 0.0, "guide": 0.0}, "diverged"),
        ({"critic_change": 0.0}, "discriminator stuck"),
        ({"guide": 0.0}, "dead guide"),
        ({"quietest_gradient": 1e-17}, "dead guide"),
        ({"diversity": 0.01}, "collapsed"),
        ({"diversity": 0.2}, "collapsed"),
        ({"diversity": 0.2, "steps": 200, "diversity_most": 0.2}, "healthy"),
        ({"locked": 0.9}, "collapsed"),
        ({"overfit": 0.9}, "discriminator overfits"),
        ({"nearest": 0.3}, "discriminator overfits"),
        ({"real_right": 1.0, "fake_right": 1.0, "adversarial": 9.0}, "discriminator wins"),
        ({"real_right": 1.0, "fake_right": 1.0, "adversarial": 4.0}, "healthy"),
        ({"overfit": 0.9, "steps": 10}, "too early"),
    ],
)
def test_signs_are_read_as_they_should_be(signs: dict[str, Any], expected: str) -> None:
    twice = [Signs(**(FINE | signs))] * 2
    assert settled(twice).name == expected


def test_what_was_seen_once_is_not_believed_yet() -> None:
    fine, odd = Signs(**FINE), Signs(**(FINE | {"overfit": 0.9}))
    assert settled([fine, odd]).name == "healthy"
    assert settled([odd]).name == "healthy"
    assert settled([odd, odd]).name == "discriminator overfits"


def test_every_bad_verdict_has_a_reason_with_a_number_and_an_advice() -> None:
    awful = Signs(
        **(FINE | {"critic": 40.0, "critic_change": 0.0, "guide": 0.0, "locked": 0.9, "overfit": 2.0, "nearest": 0.1}),
    )
    said = list(suspicions(awful))
    assert len(said) == 6
    assert all(verdict.why and verdict.advice for verdict in said)


def test_a_layer_without_gradient_is_the_quietest() -> None:
    network = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 1))
    network(torch.ones(2, 3)).sum().backward()
    assert network[0].weight.grad is not None
    network[0].weight.grad.zero_()
    assert gradient_norms(network).tolist() == [0.0, pytest.approx(float(network[1].weight.grad.norm()))]


def test_misguided_crops_keep_their_picture() -> None:
    crops = torch.arange(2 * 6 * 4.0).reshape(2, 6, 2, 2)
    other = misguide(crops)
    assert torch.equal(other[:, :3], crops[:, :3])
    assert torch.equal(other[0, 3:], crops[1, 3:])


def test_the_floor_of_few_tiles_is_taken_off() -> None:
    assert above_floor(0.5, 4) == 0
    assert above_floor(1.0, 4) == pytest.approx(1)


def test_the_nearest_of_a_copy_is_zero() -> None:
    faces = torch.rand(5, 768)
    assert nearest(faces[:3], faces) == pytest.approx(0, abs=1e-2)


def test_a_probe_says_nothing_of_faces_that_are_not_held_out() -> None:
    signs = Probe(stage_of("lowres", cartoons(train=20, held_out=3))).measure(0, 16)
    assert signs["overfit"] is None
    assert signs["nearest"] is None
    assert signs["diversity"] is not None


@pytest.mark.parametrize("stage", ["lowres", "upres"])
def test_a_run_writes_its_verdict_and_says_it(tmp_path: Path, stage: str) -> None:
    summary = train(workspace(tmp_path), stage)
    lines = [json.loads(line) for line in (Path(summary.run) / "stats.jsonl").read_text().splitlines()]
    found = [line for line in lines if "verdict" in line]
    assert [line["verdict"] for line in found] == ["too early"]
    assert {"generator_gradient", "adversarial", "real_right"} <= found[0]["health"].keys()
    assert "health: too early" in summary.text()
    assert report_runs.run(Path(summary.run), [], {}).verdict == ("too early", "", "")


def test_a_verdict_takes_no_more_than_its_share() -> None:
    health = Health(stage_of("lowres", cartoons(train=20, held_out=8)), batch=16)
    assert not health.due(0.0)
    assert health.due(0.0, saving=True)
    health.look(16, rate=1.0)
    health.took = 2.0
    assert not health.due(health.last + 199, saving=True)
    assert health.due(health.last + 200, saving=True)


def test_a_run_that_broke_says_so_in_its_last_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise Diverged("the loss critic became nan at 12 images; the last good checkpoint is kept")

    place = workspace(tmp_path)
    monkeypatch.setattr(loop, "check_weights", broken)
    with pytest.raises(Diverged):
        train(place, "lowres")
    last = json.loads((place.runs / "small-lowres" / "stats.jsonl").read_text().splitlines()[-1])
    assert last["verdict"] == "diverged"
    assert last["why"] == "the loss critic became nan at 12 images"


def test_a_change_of_the_verdict_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    health = Health(stage_of("lowres", cartoons(train=20, held_out=8)), batch=1)
    health.add({"critic": 99.0, "adversarial": 1.0})
    health.look(100, rate=1.0)
    assert "health after 100 images: diverged: the discriminator loss is 99.0" in capsys.readouterr().err
    assert isinstance(health.verdict, Verdict)
