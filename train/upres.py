"""Stage 2: crops of a small face and its guide to tiles eight times as large."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from curate.guides import channels
from curate.sets import FaceSet, open_set
from curate.workspace import Workspace
from train import sheet
from train.average import settle_norms
from train.cards import set_card
from train.config import UpresOptions
from train.counters import Purpose, weights_generator
from train.data import FACTOR, Batch, Place, Tiles, load_generated, load_tiles, to_train_on
from train.device import Place as DevicePlace
from train.device import place_for
from train.distributed import part, together
from train.dry_run import Forecast, forecast
from train.loop import Loop, find_checkpoint, one_writer, run_folder, training_of
from train.networks.blocks import start_normal
from train.networks.critic import PatchCritic
from train.networks.jnet import JNet, bicubic
from train.scores import TileScores
from train.state import State, start
from train.stream import tiles
from train.summary import TrainSummary
from train.transfer import begin_from
from train.upres_step import train_step

MOST_HELD_OUT = 128  # faces kept in memory for scores
FINAL_TILES, SCORE_BATCH = 256, 16
SCORE_SECONDS = 3.0  # spent on scores at a checkpoint that is not the last, at most
SPOTS = ((0.2, 0.5), (0.8, 0.5), (0.5, 0.95), (0.5, 0.45), (0.05, 0.1), (0.95, 0.3), (0.25, 0.6), (0.75, 0.8))
SAMPLES = len(SPOTS)
SETTLING, SETTLED = 4, 16  # batches, and crops in each, that norms are settled on


def run(workspace: Workspace, options: UpresOptions) -> TrainSummary | Forecast:
    """Train stage 2 on a set, or go on with it; or only say what that would take."""
    began = time.monotonic()
    place = place_for(options)
    with together((options.batch - options.mixed, options.mixed), place.device):
        return _train(workspace, options, place, began)


def _train(workspace: Workspace, options: UpresOptions, place: DevicePlace, began: float) -> TrainSummary | Forecast:
    faces = open_set(workspace.set_path(options.set))
    folder = run_folder(workspace, options, f"{faces.info.name}-upres", options.preset)
    training = training_of("upres", options, faces)
    if options.dry_run:
        return forecast(UpresStage(faces, options, place), options)
    with one_writer(folder):
        found = find_checkpoint(folder, options, training)
        stage = UpresStage(faces, options, place)
        if options.start_from and found is None:
            begin_from(stage.state, workspace.run_path(options.start_from), stage.name)
        return Loop(stage, options, folder, faces, training, found, began).train()


class UpresStage:
    """Networks and data of stage 2, as the loop needs them."""

    name = "upres"

    def __init__(self, faces: FaceSet, options: UpresOptions, place: DevicePlace) -> None:
        self.faces, self.options, self.place = faces, options, place
        self.extent = options.lowres_extent or min(128, round(faces.info.size / 6))
        self.state = networks(channels(faces.info.guide), options, place.device)
        device = place.device
        self.data = tiles(faces, to_train_on(faces), options, (self.extent, options.tile), device)
        self.generated = None
        if options.mix:
            self.generated = load_generated(
                Path(options.mix), faces, self.extent, options.tile, device, options.guide_fade
            )
        held_out = faces.held_out[:MOST_HELD_OUT]
        self.judged = self.data
        if held_out:
            self.judged = load_tiles(faces, held_out, self.extent, options.tile, device, fade=options.guide_fade)
        self.judged_on = "held-out" if held_out else "training"

    def step(self, seen: int) -> dict[str, Tensor]:
        """Train on the batch that comes after `seen` images."""
        return train_step(self.state, self.crops(seen), self.place, self.options, seen)

    def crops(self, seen: int) -> Batch:
        """The batch that comes after `seen` images: photos, spoiled if so asked, then generated faces."""
        options, device = self.options, self.place.device
        self.data.soon(self.drawn(seen + options.batch))
        place = self.drawn(seen)
        if options.spoil:
            crops = self.data.spoiled_crop(place, device, options.seed, seen)
        else:
            crops = self.data.crop(place, device)
        if self.generated is None:
            return Batch(*crops)
        more = self.generated.crop(options.seed, seen, options.mixed, device)
        return Batch(torch.cat([crops.lowres, more]), crops.tiles, len(more))

    def drawn(self, seen: int) -> Place:
        """Where this process's crops of photos are taken after `seen` images."""
        return Place(*map(part, self.data.draw(self.options.seed, seen, self.options.batch - self.options.mixed)))

    @torch.no_grad()
    def paint(self, lowres: Tensor) -> Tensor:
        """Tiles by the averaged generator."""
        with self.place.autocast():
            painted: Tensor = self.state.average.network(lowres)
        return painted.float()

    def settle(self) -> None:
        """Bring the norms of the averaged generator up to date, where it has any, on crops that are always the same."""
        places = (self.data.draw(0, at, SETTLED, Purpose.SETTLE) for at in range(SETTLING))
        with self.place.autocast():
            device = self.place.device
            settle_norms(self.state.average.network, (self.data.crop(place, device).lowres for place in places))

    def scores(self, final: bool) -> dict[str, Any]:
        """Scores on tiles of faces that training does not see, always the same ones in the same order."""
        scores, until = TileScores(), time.monotonic() + min(SCORE_SECONDS, self.options.save_every / 20)
        while scores.count < FINAL_TILES and (final or not scores.count or time.monotonic() < until):
            lowres, truth = self.judged.crop(
                self.judged.draw(0, scores.count, SCORE_BATCH, Purpose.SCORES), self.place.device
            )
            scores.add(self.paint(lowres), lowres, truth)
        return {**scores.result(), "scored_on": self.judged_on}

    def sheet(self) -> NDArray[np.uint8]:
        """The same tiles each time: enlarged bicubically, painted, true."""
        lowres, truth = self.judged.crop(sample_places(self.judged), self.place.device)
        columns = [sheet.pixels_of(tiles) for tiles in (bicubic(lowres[:, :3]), self.paint(lowres), truth)]
        rows = np.stack(columns, axis=1)  # (samples, 3, 8T, 8T, 3)
        captions = ["bicubic", "painted", "truth"] * 2
        return sheet.captioned(sheet.grid(rows.reshape(-1, *rows.shape[2:]), columns=6), captions)

    def card(self) -> dict[str, Any]:
        """What the cards say beside the network."""
        geometry = {"lowres_extent": self.extent, "stacked": self.data.stacked, "tile": self.options.tile}
        drawn = {"size": self.data.stacked * FACTOR, "guide_fade": self.options.guide_fade}
        return {"stage": self.name, **set_card(self.faces), **geometry, **drawn}


def networks(guide_channels: int, options: UpresOptions, device: torch.device) -> State:
    """Fresh networks, the same for the same seed."""
    inputs = 3 + guide_channels
    generator = JNet(inputs, options.tile, options.width, options.encoder, options.network, options.norm)
    width = options.critic_width or options.width
    critic = PatchCritic(inputs, width, options.critic_layers, options.critic_norm, options.critic_scales)
    random = weights_generator(options.seed)
    generator.start(random)
    start_normal(critic, random)
    return start(generator, critic, options, device)


def sample_places(data: Tiles) -> Place:
    """Where the sheet looks: eyes, nose and mouth, and the edges of hair and cheek, a face each."""
    room = data.stacked - data.tile
    left, top = np.round(np.array(SPOTS).T * room).astype(np.int64)
    return Place(np.arange(SAMPLES) % len(data), left, top, np.zeros(SAMPLES, np.bool_))
