"""`gap`: how far the faces that stage 1 makes are from the photos that stage 2 learned on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from curate.errors import UserError
from curate.guides import GuideStyle, small_face
from curate.progress import track
from curate.sets import Entry, FaceSet, open_set
from curate.workspace import Workspace
from infer.config_gap import GapOptions
from infer.evaluate import some_of
from infer.lowres_faces import drawn_faces
from infer.torch_net import network_path, open_generator
from train.apart import FOLDS, Crowd, Share, area, band_energies, margin, told_apart
from train.data import (
    Place,
    TileData,
    as_pictures,
    each_face,
    fits,
    inputs_of,
    load_generated,
    load_tiles,
    spoiled_crops,
    take,
)
from train.degrade import Photos
from train.device import choose_device
from train.export import load_critic, load_network

CPU = torch.device("cpu")
FEWEST = 4  # people, and generated faces: fewer cannot be learned from and judged in turn


@dataclass(frozen=True)
class GapSummary:
    """What was compared with what; `inputs`: by a classifier, `margin`: by the discriminator of stage 2."""

    run: str
    against: str
    generated: str
    counts: dict[str, int]
    inputs: dict[str, Share]
    margin: dict[str, dict[str, Share]]
    real: Share
    judged_on: str

    def text(self) -> str:
        """For people, with what the numbers are to be compared with."""
        counts = self.counts
        lines = [
            f"{self.run}: faces of {self.generated} against photos of {self.against}",
            f"told apart by their texture, {counts['photos']} photos of {counts['people']} people and "
            f"{counts['generated']} generated faces, {counts['crops']} crops each (0.5: not at all; 1: always)",
            *(f"  {kind} photos from generated faces: {_words(share, '.3f')}" for kind, share in self.inputs.items()),
            f"the discriminator on painted tiles, of {counts['judged']} {self.judged_on} photos (0 and 0.5: no gap)",
        ]
        for name, found in self.margin.items():
            apart = (
                f"{_words(found['deviations'], '.2f')} standard deviations, told apart {_words(found['auc'], '.3f')}"
            )
            lines.append(f"  {name}: photos' tiles look more real by {apart}")
        return "\n".join([*lines, f"  real tiles from those painted from photos: {_words(self.real, '.3f')}"])


def _words(share: Share, form: str) -> str:
    return f"{share.value:{form}} [{share.low:{form}}, {share.high:{form}}]"


def run(workspace: Workspace, options: GapOptions) -> GapSummary:
    """Measure both gaps."""
    faces = open_set(workspace.set_path(options.set))
    path = network_path(workspace, options.run)
    generator, card = load_network(path)
    if card["stage"] != "upres":
        raise UserError(f"{path} is of `train {card['stage']}`; name a run of `train upres`")
    if card["guide"] != faces.info.guide:
        raise UserError(
            f"{path} learned on guides of kind {card['guide']}, those of {faces.info.name} are {faces.info.guide}"
        )
    generated = _generated(workspace, faces, card, options)
    photos, people = _photos(faces, card, options)
    if min(len(generated), len(set(people))) < FEWEST:
        raise UserError(
            f"{len(set(people))} people and {len(generated)} generated faces are too few; take {FEWEST} of each or more"
        )
    judged = some_of(faces.held_out or faces.entries, options.count)
    judge = Judge(generator, load_critic(path)[0], options)
    margins, real = judge.compare(_tiles(faces, judged, card), _numbers(judged), generated)
    return GapSummary(
        run=path.name,
        against=faces.info.name,
        generated=options.lowres or str(options.generated),
        counts={
            "photos": len(people), "people": len(set(people)), "generated": len(generated), "crops": options.crops,
            "judged": len(judged),
        },
        inputs=input_gap(photos, people, generated, card["tile"], options),
        margin=margins,
        real=real,
        judged_on="held-out" if faces.held_out else "training",
    )  # fmt: skip


def _generated(workspace: Workspace, faces: FaceSet, card: dict[str, Any], options: GapOptions) -> Tensor:
    """Inputs (N, S, S, 3 + C) of generated faces, at most as many as asked for."""
    extent, tile = card["lowres_extent"], card["tile"]
    if options.generated is not None:
        return load_generated(options.generated, faces, extent, tile, CPU, GuideStyle.of(card).fade).inputs[
            : options.count
        ]
    assert options.lowres is not None
    network = open_generator(network_path(workspace, options.lowres), "lowres", options.device)
    if network.card["lowres_extent"] != extent:
        raise UserError(
            f"{options.lowres} draws faces of {network.card['lowres_extent']} pixels; {options.run} takes {extent}"
        )
    small, landmarks, _ = drawn_faces(network, range(options.seed, options.seed + options.count))
    return inputs_of(Photos(small, landmarks, GuideStyle.of(card), fits(faces, tile)))


def _photos(faces: FaceSet, card: dict[str, Any], options: GapOptions) -> tuple[Photos, NDArray[np.int64]]:
    """Small photos spread over the set, and a number for each person."""
    entries = some_of(faces.entries, options.count)
    small = np.stack(list(each_face(faces, entries, 1, lambda face: small_face(face, card["lowres_extent"]))))
    landmarks = np.stack([faces.landmarks(entry) for entry in entries])
    return Photos(small, landmarks, GuideStyle.of(card), fits(faces, card["tile"])), _numbers(entries)


def _tiles(faces: FaceSet, entries: Sequence[Entry], card: dict[str, Any]) -> TileData:
    return load_tiles(faces, entries, card["lowres_extent"], card["tile"], CPU, fade=GuideStyle.of(card).fade)


def _numbers(entries: Sequence[Entry]) -> NDArray[np.int64]:
    names = sorted({entry.person for entry in entries})
    return np.array([names.index(entry.person) for entry in entries])


def input_gap(
    photos: Photos, people: NDArray[np.int64], generated: Tensor, tile: int, options: GapOptions
) -> dict[str, Share]:
    """How well crops of photos, clean and spoiled as `--spoil` does, are told from crops of generated faces."""
    place = places(len(people), photos.stacked, tile, options)
    other = places(len(generated), photos.stacked, tile, options)
    kinds = {
        "clean": _at(inputs_of(photos), place, tile),
        "spoiled": spoiled_crops(photos, place, tile, options.seed, 0),
    }
    others = Crowd(_features(_at(generated, other, tile)), other.face)
    folds = min(FOLDS, len(set(people)), len(generated))
    return {
        name: told_apart(Crowd(_features(crops), people[place.face]), others, folds) for name, crops in kinds.items()
    }


def places(count: int, stacked: int, tile: int, options: GapOptions) -> Place:
    """Where crops of `count` faces are taken: anywhere, unmirrored, alike for photos and generated faces."""
    random = np.random.default_rng(options.seed)
    left, top = random.integers(0, stacked - tile + 1, (2, options.crops * max(count, options.count)))
    face = np.tile(np.arange(count), options.crops)
    return Place(face, left[: len(face)], top[: len(face)], np.zeros(len(face), np.bool_))


def _at(inputs: Tensor, place: Place, tile: int) -> Tensor:
    """Crops (N, T, T, 3 + C) of inputs (N, S, S, 3 + C)."""
    return take(inputs, place.face, place.left, place.top, tile, place.mirrored)


def _features(crops: Tensor) -> NDArray[np.float64]:
    return band_energies(crops[..., :3].permute(0, 3, 1, 2).numpy())


class Judge:
    """A stage 2 that paints crops, and its discriminator, which says how real the tiles look."""

    def __init__(self, generator: nn.Module, critic: nn.Module, options: GapOptions) -> None:
        self.device, self.options = choose_device(options.device), options
        self.generator, self.critic = generator.to(self.device), critic.to(self.device)

    def compare(
        self, photos: TileData, people: NDArray[np.int64], generated: Tensor
    ) -> tuple[dict[str, dict[str, Share]], Share]:
        """How much more real tiles look that were painted from photos' crops, and real tiles than those."""
        options, tile = self.options, photos.tile
        place = places(len(photos), photos.stacked, tile, options)
        other = places(len(generated), photos.stacked, tile, options)
        crops = _at(photos.inputs, place, tile)
        mine, theirs = self._logits(crops), self._logits(_at(generated, other, tile))
        real = self._real(photos, place, crops)
        found = {}
        for row, name in enumerate(("beside their crops", "crops hidden")):
            both = Crowd(mine[row], people[place.face]), Crowd(theirs[row], other.face)
            found[name] = {"deviations": margin(*both), "auc": area(*both)}
        return found, area(Crowd(real, people[place.face]), Crowd(mine[0], people[place.face]))

    @torch.inference_mode()
    def _logits(self, crops: Tensor) -> NDArray[np.float64]:
        """Mean logits (2, N) of what is painted of crops (N, T, T, 3 + C): beside the crop, and with it hidden."""
        found = []
        for part in track(torch.split(crops, self.options.batch), total=None, title="painting", unit="batches"):
            lowres = part.permute(0, 3, 1, 2).to(self.device)
            painted = self.generator(lowres)
            found.append([self._mean(painted, beside) for beside in (lowres, torch.zeros_like(lowres))])
        return np.concatenate(found, axis=1)

    @torch.inference_mode()
    def _real(self, photos: TileData, place: Place, crops: Tensor) -> NDArray[np.float64]:
        """Mean logits (N,) of the true tiles beside their crops (N, T, T, 3 + C)."""
        found = []
        for at in range(0, len(place.face), self.options.batch):
            part = slice(at, at + self.options.batch)
            left, top = place.left[part] * 8, place.top[part] * 8
            tiles = take(photos.faces, place.face[part], left, top, 8 * photos.tile, place.mirrored[part])
            lowres = crops[part].permute(0, 3, 1, 2).to(self.device)
            found.append(self._mean(as_pictures(tiles).to(self.device), lowres))
        return np.concatenate(found)

    def _mean(self, tiles: Tensor, beside: Tensor) -> NDArray[np.float64]:
        return np.asarray(self.critic(tiles, beside).float().mean(dim=(1, 2, 3)).cpu().numpy(), np.float64)
