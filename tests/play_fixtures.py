"""A painter with tiny networks, held at a gate where a test needs it slow, and the page on it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from infer_runs import BOX, write_runs

from curate.workspace import Workspace
from infer.config_walk import PainterOptions
from infer.directions import Directions, learn
from infer.like import Networks
from infer.painter import PagePainter, Painted, Stroke
from infer.wishes import Wish
from swipeweb.config import PlayOptions
from swipeweb.play import PlayServer
from train.export import export, load_network
from train.networks.blocks import start_normal


class GatedPainter(PagePainter):
    """A painter that stops after each tile until the gate is open."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.gate = threading.Event()
        self.gate.set()

    def paint(self, wish: Wish, saw: Callable[[Stroke], None], stop: Callable[[], None]) -> Painted:
        def held(stroke: Stroke) -> None:
            saw(stroke)
            while not self.gate.wait(0.01):
                stop()

        return super().paint(wish, held, stop)


@contextmanager
def quick_workspace(root: Path) -> Iterator[Workspace]:
    """The workspace, while faces are looked for in smaller pictures: ten times as fast, and there are none anyway."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("infer.landmarks.SEARCHED", 160)
        patch.setattr("infer.directions.SEARCHED", 160)
        yield make_workspace(root)


def make_workspace(root: Path) -> Workspace:
    """A workspace with the tiny runs `faces` and `large`, made to draw faces that differ and paint what they see."""
    torch.set_num_threads(1)
    write_runs(root)
    for run, inputs in (("faces", (64, 8)), ("large", (2, 6, 16, 16))):
        folder = root / "runs" / run
        network, card = load_network(folder)
        livelier(network, torch.randn(inputs))
        export(folder, "generator", network, card)
    return Workspace(root)


def livelier(network: Any, inputs: torch.Tensor) -> None:
    """Start it as training does, give batch norms the statistics of real inputs, and the last layer a louder voice."""
    start = start_normal if not hasattr(network, "start") else type(network).start
    start(network, torch.Generator().manual_seed(1))
    last = [part for part in network.modules() if isinstance(part, torch.nn.Conv2d | torch.nn.ConvTranspose2d)][-1]
    entrances = 1 if isinstance(last, torch.nn.Conv2d) else 0
    network.train()
    with torch.no_grad():
        for _ in range(15):
            network(inputs)
        network.eval()
        last.weight.sub_(last.weight.mean(dim=entrances, keepdim=True))  # what all inputs share gives no grid
        last.weight.mul_(0.3 / network(inputs).std(dim=0).mean().clamp(1e-6))


def make_painter(workspace: Workspace, **options: Any) -> GatedPainter:
    """A painter with those runs, a few directions learned from 12 faces."""
    networks = Networks.open(workspace, "faces", "large", "cpu")
    ways: Directions = learn(networks.lowres, BOX, 12)
    given: dict[str, Any] = {"lowres": "faces", "upres": "large", "device": "cpu", "batch": 4} | options
    return GatedPainter(networks, PainterOptions(**given), ways, ("faces", "large"))


@contextmanager
def playing(workspace: Workspace, painter: PagePainter, **options: Any) -> Iterator[PlayServer]:
    """The page on a free port."""
    with PlayServer(workspace, PlayOptions(port=0, **options), painter) as server:
        yield server


@pytest.fixture(scope="module", name="workspace")
def workspace_fixture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with quick_workspace(tmp_path_factory.mktemp("play")) as made:
        yield made


@pytest.fixture(scope="module", name="painter")
def painter_fixture(workspace: Workspace) -> GatedPainter:
    return make_painter(workspace)


@pytest.fixture(scope="module", name="server")
def server_fixture(workspace: Workspace, painter: GatedPainter) -> Iterator[PlayServer]:
    with playing(workspace, painter) as running:
        yield running
