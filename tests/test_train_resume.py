"""A run that was killed and went on equals one that never stopped, to the bit."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from train_fixtures import lowres_options, state_of, train, upres_options, workspace

from curate.alone import Taken
from train import checkpoint

ARGUMENTS = {
    "lowres": ["--extent", "32", "--z", "8"],
    "upres": ["--tile", "16", "--preset", "residual"],
}


def start(folder: Path, stage: str, run: str, *more: str) -> subprocess.Popen[str]:
    """The command itself, in a process of its own, with the options of the fixtures and no end in sight."""
    tiny = ["--width", "0.06", "--batch", "4", "--device", "cpu", "--threads", "1", "--precision", "float32"]
    command = [sys.executable, "-m", "cli", "-w", str(folder), "train", stage, "small", "--run", run]
    return subprocess.Popen(
        [*command, *tiny, *ARGUMENTS[stage], "--save-every", "0", *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parent.parent,
    )


def wait_for_checkpoints(run: Path, process: subprocess.Popen[str], count: int) -> None:
    deadline = time.monotonic() + 120
    while len(checkpoint.checkpoints(run)) < count:
        assert process.poll() is None, process.stderr.read() if process.stderr else ""
        assert time.monotonic() < deadline, "no checkpoint"
        time.sleep(0.02)


@pytest.mark.parametrize("stage", ["lowres", "upres"])
def test_killed_and_gone_on_equals_never_stopped(tmp_path: Path, stage: str) -> None:
    place = workspace(tmp_path)
    process = start(tmp_path, stage, "killed")
    wait_for_checkpoints(place.runs / "killed", process, 2)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()

    at = checkpoint.newest(place.runs / "killed")
    assert at is not None
    length = at["images"] + 12
    train(place, stage, run="killed", images=length)
    train(place, stage, run="whole", images=length)

    killed, whole = state_of(place.runs / "killed"), state_of(place.runs / "whole")
    assert killed.keys() == whole.keys()
    assert [name for name in whole if not torch.equal(killed[name], whole[name])] == []


@pytest.mark.parametrize("stage", ["lowres", "upres"])
def test_bfloat16_resumes_to_the_bit_too(tmp_path: Path, stage: str) -> None:
    place = workspace(tmp_path)
    for images in (8, 16):
        train(place, stage, run="halves", images=images, precision="bfloat16")
    train(place, stage, run="whole", images=16, precision="bfloat16")

    halves, whole = state_of(place.runs / "halves"), state_of(place.runs / "whole")
    assert [name for name in whole if not torch.equal(halves[name], whole[name])] == []


def test_another_seed_is_another_run(tmp_path: Path) -> None:
    place = workspace(tmp_path)
    for seed in (0, 1):
        train(place, "upres", run=str(seed), images=4, seed=seed)
    one, other = (state_of(place.runs / str(seed)) for seed in (0, 1))
    assert not torch.equal(one["/generator/output.weight"], other["/generator/output.weight"])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_asked_to_stop_it_writes_a_checkpoint_first(tmp_path: Path, number: signal.Signals) -> None:
    place = workspace(tmp_path)
    process = start(tmp_path, "lowres", "stopped", "--save-every", "10000")
    deadline = time.monotonic() + 120
    while not (place.runs / "stopped" / "stats.jsonl").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.5)
    process.send_signal(number)
    said, complained = process.communicate(timeout=60)

    assert process.returncode == 0, complained
    assert "lowres stopped after" in said
    assert len(checkpoint.checkpoints(place.runs / "stopped")) == 1
    assert (place.runs / "stopped" / "generator.safetensors").is_file()


def test_a_second_training_of_one_run_is_refused_and_goes_on_when_the_first_was_killed(tmp_path: Path) -> None:
    place = workspace(tmp_path)
    process = start(tmp_path, "lowres", "shared")
    wait_for_checkpoints(place.runs / "shared", process, 1)

    with pytest.raises(Taken, match=rf"pid {process.pid}, since .* is training .*shared: wait for it or stop it"):
        train(place, "lowres", run="shared")
    assert process.poll() is None
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    at = checkpoint.newest(place.runs / "shared")

    assert at is not None
    assert train(place, "lowres", run="shared", images=at["images"] + 4).images == at["images"] + 4


def test_stats_go_back_to_the_resumed_point(tmp_path: Path) -> None:
    place = workspace(tmp_path)
    train(place, "upres", run="a", images=8)
    stats = place.runs / "a" / "stats.jsonl"
    before = stats.read_text()
    stats.write_text(before + '{"images": 400, "critic": 1}\n{"images": 8, "cri')

    train(place, "upres", run="a", images=12)

    after = stats.read_text()
    assert after.startswith(before)
    assert "400" not in after
    assert after.endswith("}\n")


def test_options_of_the_fixtures_are_those_of_the_command() -> None:
    assert lowres_options().fixed() == lowres_options(save_every=0, images=99, max_seconds=3).fixed()
    assert upres_options().fixed() != upres_options(seed=3).fixed()
