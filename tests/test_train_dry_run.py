"""What a dry run says is what the training will take, and it writes nothing."""

from __future__ import annotations

import json
from contextlib import nullcontext
from typing import Any

import pytest
import torch
from torch import nn
from train_fixtures import lowres_options, upres_options, workspace

from cli.main import call
from curate.workspace import Workspace
from train import lowres, upres
from train.device import Place
from train.dry_run import Forecast, flop_counter
from train.memory import LiveBytes, free_memory
from train.networks.critic import PatchCritic
from train.networks.dcgan import LowresCritic, LowresGenerator
from train.networks.jnet import JNet

MIB = 2**20


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return workspace(tmp_path_factory.mktemp("dry"))


def forecast(place: Workspace, stage: str, **values: Any) -> Forecast:
    if stage == "lowres":
        found = lowres.run(place, lowres_options(dry_run=True, **values))
    else:
        found = upres.run(place, upres_options(dry_run=True, **values))
    assert isinstance(found, Forecast)
    return found


class Nowhere(Place):
    """A device on which shapes are worked out and nothing else."""

    def autocast(self) -> Any:
        """Nothing is cast there."""
        return nullcontext()


def test_a_step_of_the_articles_stage_1_has_the_known_parameters_and_work() -> None:
    nowhere = torch.device("meta")
    options = lowres_options(extent=128, z=100, width=1.0, batch=2)
    state = lowres.networks(options, nowhere)
    state.generator_optimizer.step = state.critic_optimizer.step = lambda: None  # type: ignore[assignment, misc]
    real, z = torch.zeros(2, 3, 128, 128, device=nowhere), torch.zeros(2, 100, device=nowhere)
    weights = [*state.generator.parameters(), *state.critic.parameters()]

    with flop_counter() as flops, LiveBytes(weights) as live:
        lowres.train_step(state, real, z, Nowhere(nowhere, torch.float32), options, 0)

    assert state.counts() == {"generator": 12_786_560, "critic": 11_164_416}
    assert flops.get_total_flops() / 2e9 == pytest.approx(12.0, rel=0.01)
    assert live.peak / 2 == pytest.approx((4 + 2 * 3) * MIB, rel=0.1)


@pytest.mark.parametrize(
    ("kind", "shapes", "gflops", "mebibytes"),
    [
        (LowresGenerator, [(1, 100)], 3.31, 4),
        (LowresCritic, [(1, 3, 128, 128)], 3.30, 3),
        (JNet, [(1, 6, 32, 32)], 48.3, 65),
        (PatchCritic, [(1, 3, 256, 256), (1, 6, 32, 32)], 19.2, 16),
    ],
)
def test_work_and_memory_are_those_of_the_table(
    kind: type[nn.Module], shapes: list[tuple[int, ...]], gflops: float, mebibytes: float
) -> None:
    network = kind().to("meta")
    inputs = [torch.zeros(shape, requires_grad=True, device="meta") for shape in shapes]
    with flop_counter() as flops, LiveBytes(network.parameters()) as live:
        network.train()(*inputs).sum().backward()
    assert flops.get_total_flops() / 1e9 == pytest.approx(gflops, rel=0.03)
    assert live.peak / MIB == pytest.approx(mebibytes, rel=0.3)
    assert live.now == 0, "the way back is done: nothing is kept"


@pytest.mark.parametrize("stage", ["lowres", "upres"])
def test_nothing_is_written(place: Workspace, stage: str) -> None:
    before = sorted(place.root.rglob("*"))
    found = forecast(place, stage)
    assert sorted(place.root.rglob("*")) == before
    assert found.images_per_second > 0
    assert found.memory_total == sum(found.memory.values())


def test_twice_the_batch_takes_twice_the_work_and_activations(place: Workspace) -> None:
    small, large = (forecast(place, "upres", batch=batch) for batch in (4, 8))
    assert large.gflops_step == pytest.approx(2 * small.gflops_step, rel=0.01)
    assert large.memory["saved activations"] == pytest.approx(2 * small.memory["saved activations"], rel=0.05)
    assert large.memory["weights"] == small.memory["weights"]


def test_a_lazy_penalty_counts_as_often_as_it_comes(place: Workspace) -> None:
    plain, every, lazy = (
        forecast(place, "lowres", critic_norm="none", r1=weight, penalty_every=often).gflops_step
        for weight, often in ((0.0, 1), (1.0, 1), (1.0, 4))
    )
    assert every > 1.1 * plain
    assert lazy == pytest.approx(plain + (every - plain) / 4, rel=0.001)


def test_the_command_says_it_in_words_and_as_json(place: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["-w", str(place.root), "train", "lowres", "small", "--dry-run", "--device", "cpu"]
    tiny = ["--extent", "32", "--width", "0.06", "--batch", "4", "--threads", "1"]

    assert call([*arguments, *tiny]) == 0
    told = capsys.readouterr().out
    assert call([*arguments, *tiny, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)

    for word in ("parameters: generator", "GFLOP", "saved activations", "images/s", "nothing was written"):
        assert word in told
    assert found["batch"] == 4
    assert found["gflops_image"] > 0


def test_a_machine_knows_its_free_memory() -> None:
    free = free_memory()
    assert free is None or free > 10 * MIB
