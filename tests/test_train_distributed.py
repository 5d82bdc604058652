"""Two processes train as one would."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from train_fixtures import state_of, train, workspace

from train import checkpoint

TINY = ["--width", "0.06", "--batch", "4", "--device", "cpu", "--threads", "1", "--precision", "float32"]
STAGES = {
    "lowres": ["--extent", "32", "--z", "8"],
    "upres": ["--tile", "16", "--preset", "residual", "--critic-norm", "none", "--spoil", "--augment", "colour"],
}


@pytest.fixture
def started() -> Iterator[list[subprocess.Popen[str]]]:
    """Processes that end with the test, however that ends."""
    processes: list[subprocess.Popen[str]] = []
    yield processes
    for process in processes:
        process.kill()
        process.communicate()


def start_two(
    started: list[subprocess.Popen[str]], folder: Path, stage: str, *more: str
) -> list[subprocess.Popen[str]]:
    """What `torchrun --nproc-per-node 2` starts, without its watching over them."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = [sys.executable, "-m", "cli", "-w", str(folder), "train", stage, "small", "--run", "two", *TINY]
    told = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "GLOO_SOCKET_IFNAME": "lo"}
    started += [
        subprocess.Popen(
            [*command, *STAGES[stage], *more],
            env={**os.environ, **told, "RANK": rank, "LOCAL_RANK": rank},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parent.parent,
        )
        for rank in ("0", "1")
    ]
    return started


def apart(one: Path, two: Path, part: str) -> float:
    """How far two runs are apart, as a share of the length of the first: of all tensors whose place begins so."""
    first, second = state_of(one), state_of(two)
    assert first.keys() == second.keys()
    vectors = [
        torch.cat([value.flatten().double() for name, value in state.items() if name.startswith(part)])
        for state in (first, second)
    ]
    return float((vectors[0] - vectors[1]).norm() / vectors[0].norm())


def test_without_batch_norm_two_processes_equal_one_with_the_same_batch(
    tmp_path: Path, started: list[subprocess.Popen[str]]
) -> None:
    place = workspace(tmp_path)
    said = [
        process.communicate(timeout=300)
        for process in start_two(started, tmp_path, "upres", "--images", "12", "--json")
    ]
    train(place, "upres", run="one", scored_tiles=1, critic_norm="none", spoil=True, augment="colour")

    assert json.loads(said[0][0])["images"] == 12, said[0][1]
    assert said[1][0] == ""  # one speaks and writes
    one, two = place.runs / "one", place.runs / "two"
    assert apart(one, two, "/generator/") < 1e-5
    assert apart(one, two, "/critic/") < 1e-5
    assert apart(one, two, "/average/") < 1e-5
    assert [json.loads(line)["images"] for line in (two / "stats.jsonl").read_text().splitlines()]


def test_with_batch_norm_two_processes_stay_near_one(tmp_path: Path, started: list[subprocess.Popen[str]]) -> None:
    place = workspace(tmp_path)
    for process in start_two(started, tmp_path, "lowres", "--images", "12"):
        process.communicate(timeout=300)
    train(place, "lowres", run="one")
    assert 1e-7 < apart(place.runs / "one", place.runs / "two", "/generator/") < 0.05


def test_a_lost_process_stops_the_others_and_the_checkpoint_goes_on(
    tmp_path: Path, started: list[subprocess.Popen[str]]
) -> None:
    place = workspace(tmp_path)
    writer, other = start_two(started, tmp_path, "upres", "--save-every", "0")
    deadline = time.monotonic() + 120
    while not checkpoint.checkpoints(place.runs / "two"):
        assert writer.poll() is None, writer.stderr.read() if writer.stderr else ""
        assert time.monotonic() < deadline
        time.sleep(0.05)
    other.send_signal(signal.SIGKILL)
    message = writer.communicate(timeout=120)[1]

    assert writer.returncode == 1
    assert "another process of this training was lost; the last checkpoint is kept" in message
    at = checkpoint.newest(place.runs / "two")
    assert at is not None
    values = {"critic_norm": "none", "spoil": True, "augment": "colour"}
    train(place, "upres", run="two", images=at["images"] + 4, scored_tiles=1, **values)  # alone, too


def test_a_batch_that_cannot_be_shared_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = workspace(tmp_path)
    monkeypatch.setenv("WORLD_SIZE", "3")
    with pytest.raises(Exception, match=r"a batch of 4 cannot be shared by 3 processes: give a multiple of 3"):
        train(place, "lowres")
