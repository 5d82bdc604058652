"""Tiny trained-looking runs of both stages, and networks that are plain functions, for the tests of infer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from infer_fixtures import Floats
from set_fixtures import LANDMARKS

from curate.align import align
from curate.drawing import draw_portrait
from curate.files import write_json
from curate.guides import small_face
from curate.workspace import Workspace
from infer.project import enlarge
from infer.torch_net import Loaded
from train.export import export
from train.networks import build

BOX = (0.2, 0.25, 0.8, 0.85)


def card(stage: str, network: dict[str, Any] | None = None, guide: str = "rgb", small: bool = True) -> dict[str, Any]:
    """What the card of a run says: extents 64, 48, 16 or the full 128, 96, 32."""
    extent, stacked, tile = (64, 48, 16) if small else (128, 96, 32)
    geometry = {"stacked": stacked, "tile": tile, "size": 8 * stacked} if stage == "upres" else {}  # as train has it
    return {
        "stage": stage, "network": network or {"kind": "none", "z": 8}, "images": 1000, "set": {}, "guide": guide,
        "lowres_extent": extent, **geometry,
        "mean_landmarks": LANDMARKS.tolist(), "mean_box": BOX, "scores": {}, "swipegan": "0",
    }  # fmt: skip


def write_runs(workspace: Path, seed: int = 0) -> None:
    """Runs `faces` (lowres) and `large` (upres) with untrained networks of a few channels."""
    torch.manual_seed(seed)
    lowres = {"kind": "lowres-generator", "extent": 64, "z": 8, "width": 1 / 16, "norm": "batch"}
    upres = {"kind": "jnet", "channels": 6, "tile": 16, "width": 1 / 16, "encoder": "text", "preset": "residual"}
    critic = {"kind": "patch-critic", "channels": 6, "width": 1 / 16, "layers": 3}
    faces, large = workspace / "runs" / "faces", workspace / "runs" / "large"
    export(faces, "generator", build(lowres), card("lowres", lowres))
    export(large, "generator", build(upres), card("upres", upres))
    export(large, "critic", build(critic), card("upres", critic))
    for folder in (faces, large):
        write_json(folder / "config.json", {})


def workspace_with_runs(root: Path) -> Workspace:
    """A workspace with the runs of `write_runs`, for tests on one thread."""
    torch.set_num_threads(1)
    write_runs(root)
    return Workspace(root)


def painter(function: Callable[[Floats], Floats], **values: Any) -> Loaded:
    """A network of a sort: `function` of one crop (3 + C, T, T)."""
    return Loaded(lambda batch: np.stack([function(crop) for crop in batch]), card("upres", **values), "0" * 64)


def bicubic(crop: Floats) -> Floats:
    """The plainest enlargement."""
    return enlarge(crop[:3])


def textured(crop: Floats) -> Floats:
    """Bicubic with texture of its own in each tile, fine as hair, and a colour cast."""
    rng = np.random.default_rng(abs(hash(crop.tobytes())) % 2**32)
    shape = (8 * crop.shape[1], 8 * crop.shape[2])
    noise = rng.standard_normal(shape).astype(np.float32)
    fine = cv2.GaussianBlur(noise, (0, 0), 1) - cv2.GaussianBlur(noise, (0, 0), 3)
    return np.asarray(enlarge(crop[:3]) + 0.3 * fine + rng.normal(0, 0.02, (3, 1, 1)), dtype=np.float32)


def drawn_face(seed: int = 3, extent: int = 128) -> np.ndarray:
    """An aligned, drawn face (extent, extent, 3)."""
    portrait = draw_portrait(np.random.default_rng(seed), 384)
    return small_face(align(portrait.image, portrait.landmarks, 384).face, extent)
