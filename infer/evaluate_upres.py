"""Scores of stage 2 on people that training never saw: tiles by formulas, whole portraits beside the true ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from curate.guides import GuideStyle
from curate.progress import track
from curate.sets import FaceSet
from infer.config import EvaluateOptions
from infer.evaluate import some_of, studio_of
from infer.landmarks import Placed
from infer.pairs import Pairs, Truth
from infer.portrait import Small
from infer.torch_net import Loaded

TILES, BATCH = 256, 8


def score_upres(path: Path, network: Loaded, faces: FaceSet, options: EvaluateOptions) -> dict[str, Any]:
    """All scores of a stage 2 on the held-out faces of a set, or on all where none is held out."""
    held_out = faces.held_out or faces.entries
    chosen = some_of(held_out, options.count)
    studio = studio_of(network, options)
    pairs, bicubic = Pairs(options.faces), Pairs(options.faces)
    before, after = [], []
    smalls = (Small(entry.id, faces.face(entry), Placed(faces.landmarks(entry), "set")) for entry in chosen)
    portraits = track(studio.portraits(smalls), total=len(chosen), title="portraits", unit="portraits")
    for entry, portrait in zip(chosen, portraits, strict=True):
        truth = Truth(faces.face(entry), faces.landmarks(entry))
        pairs.add(portrait.picture, truth)
        bicubic.add(portrait.bicubic, truth)
        before.append(portrait.painting.before)
        after.append(portrait.painting.agreement)
    return {
        "stage": "upres",
        "images": network.card["images"],
        "scored_on": "held-out" if faces.held_out else "training",
        "lr_psnr_before_projection": round(float(np.mean(before)), 2),
        "lr_psnr_after_projection": round(float(np.mean(after)), 2),
        "tiles": tile_scores(path, faces, options.tiles),
        "pairs": pairs.result(),
        "bicubic": bicubic.result(),
    }


@torch.inference_mode()
def tile_scores(path: Path, faces: FaceSet, count: int = TILES) -> dict[str, float]:
    """What training scores at its end, on the same tiles: the pattern locked to the place in the tile, LR-PSNR."""
    from train.counters import Purpose
    from train.data import load_tiles
    from train.export import load_network
    from train.scores import TileScores

    network, card = load_network(path)
    geometry, cpu = (card["lowres_extent"], card["tile"]), torch.device("cpu")
    data = load_tiles(faces, faces.held_out or faces.entries, *geometry, cpu, fade=GuideStyle.of(card).fade)
    scores = TileScores()
    while scores.count < count:
        crops = data.crop(data.draw(0, scores.count, BATCH, Purpose.SCORES), cpu)
        scores.add(network(crops.lowres).float(), crops.lowres, crops.tiles)
    return scores.result()
