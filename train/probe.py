"""Measures a run from outside: nothing that training depends on is changed, not a bit, and no random state is used."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from train.counters import Purpose, order
from train.data import as_pictures, load_small
from train.networks.jnet import bicubic
from train.scores import locked_pattern

if TYPE_CHECKING:
    from train.lowres import LowresStage
    from train.upres import UpresStage

LEAST_HELD_OUT = 8  # faces; fewer say nothing about all people
MOST_HELD_OUT = 64
THUMBNAIL = 16  # pixels: what faces are compared at
EDGE = 0.99  # of the range -1..1


class Views(NamedTuple):
    """Pictures as training sees them (B, 3, H, W), and the discriminator's logits of each kind.

    base: what stage 2 starts from. misguided: the same crops painted with the guides of other faces.
    """

    painted: Tensor
    real: Tensor
    painted_logits: Tensor
    real_logits: Tensor
    held_out_logits: Tensor | None
    base: Tensor | None = None
    misguided: Tensor | None = None


@contextmanager
def undisturbed(*networks: nn.Module) -> Iterator[None]:
    """Within, networks compute as they train; afterwards their buffers (running averages) are what they were."""
    kept = [(buffer, buffer.clone()) for network in networks for buffer in network.buffers()]
    synced = [layer for network in networks for layer in network.modules() if isinstance(layer, nn.SyncBatchNorm)]
    for layer in synced:  # the other processes are not here: waiting for them would never end
        layer.__class__ = nn.BatchNorm2d  # type: ignore[assignment] # the same state, another forward
    try:
        with torch.no_grad():
            yield
    finally:
        for layer in synced:
            layer.__class__ = nn.SyncBatchNorm
        with torch.no_grad():
            for buffer, value in kept:
                buffer.copy_(value)


class Probe:
    """Looks at a stage now and then, and remembers what it needs to compare with."""

    def __init__(self, stage: Any) -> None:
        self.stage = stage
        self._norms: Tensor | None = None
        self._held_out: Tensor | None = None
        self._thumbnails: Tensor | None = None
        self._usual: float | None = None

    def measure(self, seen: int, count: int) -> dict[str, float | None]:
        """The signs of `count` pictures of the batch that comes after `seen` images, by the names of `Signs`."""
        state = self.stage.state
        with undisturbed(state.generator, state.critic), self.stage.place.autocast():
            views = self._lowres(seen, count) if self.stage.name == "lowres" else self._upres(seen, count)
        signs = {**judged(views), **painted_signs(views), **gradients(state.generator, state.critic)}
        signs["critic_change"] = self._change()
        if self.stage.name == "lowres":
            signs["diversity"] = spread(views.painted) / max(spread(views.real), 1e-9)
            signs["nearest"] = self._nearest(views.painted)
        return signs

    def _lowres(self, seen: int, count: int) -> Views:
        stage: LowresStage = self.stage
        which = order(stage.options.seed, seen, count, len(stage.data))
        real = stage.faces_at(which, np.zeros(count, np.bool_))
        painted = stage.state.generator(stage.noise(seen, count))
        unseen = self._unseen()
        critic = stage.state.critic
        held_out = critic(unseen) if len(unseen) >= LEAST_HELD_OUT else None
        return Views(painted.float(), real, critic(painted), critic(real), held_out)

    def _unseen(self) -> Tensor:
        """Held-out faces for stage 1, (N, 3, extent, extent), read when they are first asked for."""
        if self._held_out is None:
            stage: LowresStage = self.stage
            entries = stage.faces.held_out[:MOST_HELD_OUT]
            if entries:
                pixels = load_small(stage.faces, entries, stage.options.extent, stage.place.device)
                self._held_out = as_pictures(pixels.to(stage.place.device))
            else:
                self._held_out = torch.empty(0, 3, 1, 1, device=stage.place.device)
        return self._held_out

    def _upres(self, seen: int, count: int) -> Views:
        stage: UpresStage = self.stage
        device = stage.place.device
        crops = stage.data.crop(stage.data.draw(stage.options.seed, seen, count), device)
        lowres, real = crops.lowres, crops.tiles
        generator, critic = stage.state.generator, stage.state.critic
        painted = generator(lowres)
        misguided = generator(misguide(lowres)) if lowres.shape[1] > 3 and count > 1 else None
        held_out = None
        if stage.judged_on == "held-out" and len(stage.judged) >= LEAST_HELD_OUT:
            unseen = stage.judged.crop(stage.judged.draw(stage.options.seed, seen, count, Purpose.SCORES), device)
            held_out = critic(unseen.tiles, unseen.lowres)
        base = bicubic(lowres[:, :3])
        return Views(painted, real, critic(painted, lowres), critic(real, lowres), held_out, base, misguided)

    def _change(self) -> float | None:
        """The largest relative change of a layer's norm in the discriminator since the last call."""
        with torch.no_grad():
            norms = torch.stack(torch._foreach_norm(list(self.stage.state.critic.parameters()))).double()
        before, self._norms = self._norms, norms
        return None if before is None else float(((norms - before).abs() / before.clamp(min=1e-12)).max())

    def _nearest(self, painted: Tensor) -> float | None:
        """Median distance of painted faces to the nearest training face, over that of held-out faces."""
        unseen = self._unseen()
        if len(unseen) < LEAST_HELD_OUT:
            return None
        if self._thumbnails is None:
            self._thumbnails = self._training_thumbnails()
        if self._usual is None:
            self._usual = nearest(thumbnails(unseen), self._thumbnails)
        return nearest(thumbnails(painted), self._thumbnails) / max(self._usual, 1e-9)

    def _training_thumbnails(self) -> Tensor:
        stage: LowresStage = self.stage
        step = math.ceil(len(stage.data) / stage.data.most_compared)
        which = np.arange(0, len(stage.data), step)
        parts = [
            stage.faces_at(part, np.full(len(part), mirrored, np.bool_))
            for part in np.array_split(which, math.ceil(len(which) / 256))
            for mirrored in (False, True)
        ]
        return torch.cat([thumbnails(part) for part in parts])


def misguide(lowres: Tensor) -> Tensor:
    """Crops (B, 3 + C, T, T), each with the guide of the next one."""
    return torch.cat([lowres[:, :3], lowres[:, 3:].roll(1, 0)], dim=1)


def judged(views: Views) -> dict[str, float | None]:
    """What the discriminator thinks of training pictures, held-out and painted ones."""
    real, painted = (logits.float() for logits in (views.real_logits, views.painted_logits))
    held_out = None if views.held_out_logits is None else views.held_out_logits.float()
    apart = float(real.mean() - painted.mean())
    overfit = None
    if held_out is not None and apart > 0.5:  # told apart at all: below that, shares of it are noise
        overfit = float(real.mean() - held_out.mean()) / apart
    return {
        "held_out_right": None if held_out is None else float((held_out > 0).float().mean()),
        "overfit": overfit,
        "logit": float((real.abs().mean() + painted.abs().mean()) / 2),
    }


def painted_signs(views: Views) -> dict[str, float | None]:
    """What the painted pictures say by themselves."""
    painted, real = views.painted.float(), views.real.float()
    signs: dict[str, float | None] = {
        "saturated": float((painted.abs() > EDGE).float().mean() - (real.abs() > EDGE).float().mean())
    }
    if views.base is not None:
        signs["locked"] = above_floor(locked_pattern(painted), len(painted))
    if views.misguided is not None and views.base is not None:
        added = rms(painted - views.base.float())
        signs["guide"] = rms(views.misguided.float() - painted) / max(added, 1e-12)
    return signs


def gradients(generator: nn.Module, critic: nn.Module) -> dict[str, float | None]:
    """Norms of the gradients that the last step left behind."""
    layers = [norms for network in (generator, critic) if (norms := gradient_norms(network)).numel()]
    if len(layers) < 2:
        return {}
    return {
        "generator_gradient": float(layers[0].norm()),
        "critic_gradient": float(layers[1].norm()),
        "quietest_gradient": float(layers[0].min()),
    }


def gradient_norms(network: nn.Module) -> Tensor:
    """The gradient's norm of each layer's weights."""
    found = [weight.grad for weight in network.parameters() if weight.grad is not None and weight.dim() > 1]
    return torch.stack(torch._foreach_norm(found)).float() if found else torch.empty(0)


def above_floor(locked: float, count: int) -> float:
    """A locked pattern of `count` tiles without what independent tiles have in common by chance: 0..1."""
    return math.sqrt(max(0.0, (locked**2 - 1 / count) / (1 - 1 / count))) if count > 1 else 0.0


def spread(pictures: Tensor) -> float:
    """Mean distance of two pictures at 16x16."""
    return float(torch.pdist(thumbnails(pictures)).mean())


def nearest(some: Tensor, others: Tensor) -> float:
    """Median distance of `some` thumbnails to the nearest of the others."""
    return float(torch.cdist(some, others).min(dim=1).values.median())


def thumbnails(pictures: Tensor) -> Tensor:
    """(B, 3, H, W) -> (B, 768): averaged down to 16x16."""
    return F.adaptive_avg_pool2d(pictures.float(), THUMBNAIL).flatten(1)


def rms(pictures: Tensor) -> float:
    """Root mean square."""
    return float(pictures.square().mean().sqrt())
