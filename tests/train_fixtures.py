"""Tiny sets and runs for the tests of train: networks of a few channels, one thread, float32."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
from set_fixtures import small_set

from curate.workspace import Workspace
from train import checkpoint, lowres, upres
from train.config import LowresOptions, UpresOptions
from train.summary import TrainSummary

SIZE = 192  # of a face: the smallest in which crops of 16 have several places
TINY: dict[str, Any] = {"set": "small", "width": 0.06, "batch": 4, "device": "cpu", "threads": 1}


def workspace(folder: Path, **values: Any) -> Workspace:
    """A workspace with a set `small` of five faces, one of them held out."""
    small_set(folder, count=5, **({"size": SIZE} | values))
    return Workspace(folder)


def lowres_options(**values: Any) -> LowresOptions:
    """Options of a stage 1 that takes milliseconds a step."""
    return LowresOptions(**(TINY | {"extent": 32, "z": 8, "images": 12, "precision": "float32"} | values))


def upres_options(**values: Any) -> UpresOptions:
    """Options of a stage 2 that takes milliseconds a step."""
    return UpresOptions(**(TINY | {"tile": 16, "preset": "residual", "images": 12, "precision": "float32"} | values))


def train(place: Workspace, stage: str, *, scored_tiles: int = 16, **values: Any) -> TrainSummary:
    """Train a tiny network of the stage, with scores on fewer tiles than the 256 of a real run."""
    if stage == "lowres":
        return lowres.run(place, lowres_options(**values))
    with patch.object(upres, "FINAL_TILES", scored_tiles):
        return upres.run(place, upres_options(**values))


def tensors(contents: Any, name: str = "") -> dict[str, torch.Tensor]:
    """All tensors of a checkpoint's state, by where they are in it."""
    if isinstance(contents, torch.Tensor):
        return {name: contents}
    if not isinstance(contents, (dict, list)):
        return {}
    items = contents.items() if isinstance(contents, dict) else enumerate(contents)
    return {key: value for part, inner in items for key, value in tensors(inner, f"{name}/{part}").items()}


def state_of(run: Path) -> dict[str, torch.Tensor]:
    """The tensors of the newest checkpoint of a run."""
    found = checkpoint.newest(run)
    assert found is not None
    return tensors(found["state"])
