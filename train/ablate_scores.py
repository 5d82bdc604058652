"""The scores of one arm of an ablation, on people that are kept for choosing or for judging."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from curate.guides import REGIONS, GuideStyle, draw_guide
from curate.sets import Entry, FaceSet
from train.counters import Purpose, normals
from train.data import Place, as_pictures, load_small, load_tiles
from train.export import load_network
from train.scores import TileScores
from train.wasserstein import Patches, distances

Half = Literal["choose", "judge"]
TOLD = ("eye", "brow-eye", "lips", "nose")  # regions whose place the guide tells
BATCH = 8
CPU = torch.device("cpu")


def half_of(faces: FaceSet, half: Half) -> list[Entry]:
    """Every second held-out person: the even ones choose weights, the odd ones judge; all where there is one."""
    entries = faces.held_out or faces.train
    people = list(dict.fromkeys(entry.person for entry in entries))
    chosen = set(people[(half == "judge") :: 2])
    return [entry for entry in entries if entry.person in chosen] or list(entries)


@torch.inference_mode()
def upres_scores(run: Path, seen: FaceSet, true: FaceSet, half: Half, tiles: int) -> dict[str, float]:
    """Scores of a stage 2 that saw `seen`; regions are where the landmarks of `true` say."""
    network, card = load_network(run)
    entries = half_of(seen, half)
    data = load_tiles(seen, entries, card["lowres_extent"], card["tile"], CPU, fade=GuideStyle.of(card).fade)
    truth_of = {entry.id: entry for entry in true.entries}
    drawn = [_regions(truth_of[entry.id], data.stacked) for entry in entries]
    scores, both = TileScores(), (Patches(), Patches())
    regions: dict[str, tuple[Patches, Patches]] = defaultdict(lambda: (Patches(), Patches()))
    for position in range(0, tiles, BATCH):
        place = data.draw(0, position, BATCH, Purpose.SCORES)
        crops = data.crop(place, CPU)
        painted = network(crops.lowres).float()
        scores.add(painted, crops.lowres, crops.tiles)
        for patches, pictures in zip(both, (painted, crops.tiles), strict=True):
            patches.add(pictures)
        for name in TOLD:
            masks = _masks(drawn, place, card["tile"], REGIONS.index(name))
            for patches, pictures in zip(regions[name], (painted, crops.tiles), strict=True):
                _add_where(patches, pictures, masks)
    levels = distances(*both)
    by_region = [next(iter(found.values())) for pair in regions.values() if (found := distances(*pair))]
    return {
        **{name: value for name, value in scores.result().items() if name in ("lr_psnr", "hf_ratio", "locked_pattern")},
        "swd_finest": levels[max(levels)],
        "swd_mean": float(np.mean(list(levels.values()))),
        "swd_regions": float(np.mean(by_region)) if by_region else float("nan"),
    }


def _regions(entry: Entry, extent: int) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    return draw_guide(np.array(entry.landmarks), extent, "regions") >= 64


def _masks(
    drawn: Sequence[np.ndarray[tuple[int, ...], np.dtype[np.bool_]]], place: Place, tile: int, region: int
) -> list[np.ndarray[tuple[int, ...], np.dtype[np.bool_]]]:
    """Where a region is in each crop, (tile, tile)."""
    found = []
    for face, left, top, mirrored in zip(*place, strict=True):
        crop = drawn[face][top : top + tile, left : left + tile, region]
        found.append(crop[:, ::-1] if mirrored else crop)
    return found


def _add_where(
    patches: Patches, pictures: Tensor, masks: Sequence[np.ndarray[tuple[int, ...], np.dtype[np.bool_]]]
) -> None:
    chosen = [place for place, mask in enumerate(masks) if mask.sum() > 2]
    if chosen:
        patches.add(pictures[chosen], [masks[place] for place in chosen])


@torch.inference_mode()
def lowres_scores(run: Path, true: FaceSet, half: Half, count: int) -> dict[str, float]:
    """Scores of a stage 1 against clean faces that are held out."""
    network, card = load_network(run)
    real, painted = Patches(), Patches()
    pixels = load_small(true, half_of(true, half), card["lowres_extent"], CPU)
    real.add(as_pictures(pixels))
    for position in range(0, count, BATCH):
        painted.add(network(normals(0, Purpose.SAMPLES, position, (BATCH, card["z"]))).float())
    levels = distances(painted, real)
    return {"swd_finest": levels[max(levels)], "swd_mean": float(np.mean(list(levels.values())))}
