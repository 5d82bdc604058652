"""Stage 1: noise to small faces."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from curate.sets import FaceSet, open_set
from curate.workspace import Workspace
from train import sheet
from train.adversary import both_augments, frozen, learn, penalised, slope_penalty
from train.average import settle_norms
from train.cards import set_card
from train.config import LowresOptions
from train.counters import Purpose, fractions, normals, order, weights_generator
from train.data import as_pictures, to_device, to_train_on
from train.device import Place, place_for
from train.disk import writable
from train.distributed import is_writer, part, together
from train.dry_run import Forecast, forecast
from train.loop import Loop, find_checkpoint, one_writer, run_folder, training_of
from train.losses import critic_loss, generator_loss
from train.networks.blocks import start_normal
from train.networks.dcgan import LowresCritic, LowresGenerator
from train.state import State, start
from train.stream import small_faces
from train.summary import TrainSummary
from train.transfer import begin_from

SAMPLES, COLUMNS = 64, 8
SETTLING, SETTLED = 8, 32  # batches, and faces in each, that the norms are settled on


def run(workspace: Workspace, options: LowresOptions) -> TrainSummary | Forecast:
    """Train stage 1 on a set, or go on with it; or only say what that would take."""
    began = time.monotonic()
    place = place_for(options)
    with together((options.batch,), place.device):
        return _train(workspace, options, place, began)


def _train(workspace: Workspace, options: LowresOptions, place: Place, began: float) -> TrainSummary | Forecast:
    faces = open_set(workspace.set_path(options.set))
    folder = run_folder(workspace, options, f"{faces.info.name}-lowres", options.preset)
    training = training_of("lowres", options, faces)
    if options.dry_run:
        return forecast(LowresStage(faces, options, place), options)
    with one_writer(folder):
        found = find_checkpoint(folder, options, training)
        stage = LowresStage(faces, options, place)
        if options.start_from and found is None:
            begin_from(stage.state, workspace.run_path(options.start_from), stage.name)
        if is_writer():
            with writable(folder):
                sheet.write(stage.reals(), folder / "samples" / "real.png")
        return Loop(stage, options, folder, faces, training, found, began).train()


def train_step(
    state: State, real: Tensor, z: Tensor, place: Place, options: LowresOptions, seen: int
) -> dict[str, Tensor]:
    """One discriminator update, then one generator update, on one batch that is painted once."""
    see_real, see_painted = both_augments(options, seen, place.device)
    real = see_real(real)

    # Discriminator: real faces up, painted ones down, in batches of their own.
    with place.autocast():
        painted = state.generator(z)  # (B, 3, extent, extent)
        real_score = state.critic(real)  # (B,)
        fake_score = state.critic(see_painted(painted.detach()))
    judged = critic_loss(real_score, fake_score, options.loss)
    penalty = slope_penalty(options, state.critic, real, see_painted(painted)) if penalised(options, seen) else 0.0
    learn(state.critic_optimizer, judged + penalty)

    # Generator: fool the discriminator.
    with frozen(state.critic), place.autocast():
        beside = state.critic(real) if options.loss == "relativistic" else None
        adversarial = generator_loss(beside, state.critic(see_painted(painted)), options.loss)
    learn(state.generator_optimizer, adversarial)

    state.average.update(state.generator, seen, options.batch)
    return {  # no .item(): it waits for the GPU
        "critic": judged.detach(),
        "adversarial": adversarial.detach(),
        "real_right": (real_score.detach() > 0).float().mean(),
        "fake_right": (fake_score.detach() < 0).float().mean(),
    }


class LowresStage:
    """Networks and data of stage 1, as the loop needs them."""

    name = "lowres"

    def __init__(self, faces: FaceSet, options: LowresOptions, place: Place) -> None:
        self.faces, self.options, self.place = faces, options, place
        self.state = networks(options, place.device)
        self.data = small_faces(faces, to_train_on(faces), options, options.extent, place.device)

    def step(self, seen: int) -> dict[str, Tensor]:
        """Train on the batch that comes after `seen` images."""
        seed, batch = self.options.seed, self.options.batch
        mirrored = fractions(seed, Purpose.CROP, seen, batch) < 0.5
        self.data.soon(part(order(seed, seen + batch, batch, len(self.data))))
        real = self.faces_at(part(order(seed, seen, batch, len(self.data))), part(mirrored))
        return train_step(self.state, real, part(self.noise(seen, batch)), self.place, self.options, seen)

    def noise(self, seen: int, count: int) -> Tensor:
        """The noise of the `count` faces that come after `seen`: (count, z)."""
        z = normals(self.options.seed, Purpose.NOISE, seen, (count, self.options.z))
        return z.to(self.place.device, non_blocking=True)

    def faces_at(self, which: NDArray[np.int64], mirrored: NDArray[np.bool_]) -> Tensor:
        """Faces by number: (B, 3, extent, extent), -1..1."""
        return as_pictures(to_device(self.data.take(which, mirrored), self.place.device))

    def settle(self) -> None:
        """Bring the norms of the averaged generator up to date, on noise that is always the same."""
        noise = (normals(0, Purpose.SETTLE, at, (SETTLED, self.options.z)) for at in range(SETTLING))
        with self.place.autocast():
            settle_norms(self.state.average.network, (z.to(self.place.device) for z in noise))

    def scores(self, final: bool) -> dict[str, Any]:
        """None yet that a number could say of a small face."""
        return {}

    @torch.no_grad()
    def sheet(self) -> NDArray[np.uint8]:
        """The faces of the same noise each time, by the averaged generator."""
        z = normals(0, Purpose.SAMPLES, 0, (SAMPLES, self.options.z)).to(self.place.device)
        with self.place.autocast():
            painted = self.state.average.network(z)
        return sheet.grid(sheet.pixels_of(painted), COLUMNS)

    def reals(self) -> NDArray[np.uint8]:
        """As many real faces, to compare with."""
        which = np.arange(min(SAMPLES, len(self.data)))
        return sheet.grid(sheet.pixels_of(self.faces_at(which, np.zeros(len(which), np.bool_))), COLUMNS)

    def card(self) -> dict[str, Any]:
        """What the cards say beside the network."""
        return {"stage": self.name, **set_card(self.faces), "lowres_extent": self.options.extent, "z": self.options.z}


def networks(options: LowresOptions, device: torch.device) -> State:
    """Fresh networks, the same for the same seed."""
    generator = LowresGenerator(options.extent, options.z, options.width, options.norm, options.enlarge)
    critic = LowresCritic(options.extent, options.critic_width or options.width, options.critic_norm)
    random = weights_generator(options.seed)
    start_normal(generator, random)
    start_normal(critic, random)
    return start(generator, critic, options, device)
