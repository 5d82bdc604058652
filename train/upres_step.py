"""One step of stage 2: what discriminator and generator are asked, on one batch of crops."""

from __future__ import annotations

import torch
from torch import Tensor

from train.adversary import both_augments, frozen, learn, penalised, slope_penalty
from train.augment import Augment
from train.config import UpresOptions
from train.data import Batch
from train.device import Place
from train.losses import bce_fake, critic_loss, full_l1, generator_loss, pooled_l1, pyramid_l1
from train.networks.critic import PatchCritic
from train.state import State

Judged = tuple[list[Tensor], list[Tensor]]  # logits of each scale, maps in between


def train_step(state: State, crops: Batch, place: Place, options: UpresOptions, seen: int) -> dict[str, Tensor]:
    """One discriminator update, then one generator update, on one batch that is painted once."""
    game = Game(state.critic, crops, place, options, seen)  # type: ignore[arg-type] # stage 2 has a PatchCritic

    # Discriminator: real tiles up, painted ones down, each beside the crop that it claims to enlarge.
    with place.autocast():
        painted = state.generator(crops.lowres)  # (B, 3, 8T, 8T)
        real, fake = game.real(), game.painted(painted.detach())
        other = game.mismatched() if options.mismatched else None
    judged = game.critic_loss(real, fake, other)
    photos = painted[: len(crops.tiles)]
    penalty = slope_penalty(options, game.plain, crops.tiles, photos) if penalised(options, seen) else 0.0
    learn(state.critic_optimizer, judged + penalty)

    # Generator: fool the discriminator; away from it, answer only for what is left after 8x8 pooling.
    with frozen(state.critic), place.autocast():
        beside = game.real() if options.loss == "relativistic" or options.feature_matching else None
        seen_as = game.painted(painted)
        adversarial = game.generator_loss(beside, seen_as)
    pixels = pixel_loss(painted, crops, options)
    total = adversarial + options.weight * pixels
    if beside is not None and options.feature_matching:
        total = total + options.feature_matching * game.difference(beside[1], seen_as[1])
    learn(state.generator_optimizer, total)

    state.average.update(state.generator, seen, options.batch)
    real_logits, fake_logits = real[0][0].detach(), fake[0][0].detach()
    return {  # no .item(): it waits for the GPU
        "critic": judged.detach(),
        "adversarial": adversarial.detach(),
        "pixels": pixels.detach(),
        "real_right": (real_logits > 0).float().mean(),
        "fake_right": (fake_logits < 0).float().mean(),
        **({"generated_right": (fake_logits[-crops.generated :] < 0).float().mean()} if crops.generated else {}),
    }


def pixel_loss(painted: Tensor, crops: Batch, options: UpresOptions) -> Tensor:
    """How far the painted pixels are from those asked for, as the options say; generated faces answer to themselves."""
    if options.pixel_loss == "full":
        return full_l1(painted, crops.tiles)
    if options.pixel_loss == "pyramid":
        return pyramid_l1(painted, crops.tiles)
    photos = len(crops.tiles)
    target = crops.tiles if options.pixel_target == "truth" else crops.lowres[:photos, :3]
    loss = pooled_l1(painted[:photos], target)
    if not crops.generated:
        return loss
    share = crops.generated / len(painted)
    return (1 - share) * loss + share * pooled_l1(painted[photos:], crops.lowres[photos:, :3])


class Game:
    """What the discriminator is shown in one step.

    Beside a generated face's tile the crop is not shown, nor beside as many of the photos' tiles: a crop of a generated
    face is never beside a real tile, so it would give the painted one away whatever was painted.
    """

    def __init__(self, critic: PatchCritic, crops: Batch, place: Place, options: UpresOptions, seen: int) -> None:
        self.critic, self.crops, self.options = critic, crops, options
        self.see_real, self.see_painted = both_augments(options, seen, place.device, options.mixed)
        self.photos = len(crops.tiles)
        self.beside = crops.lowres
        if crops.generated:
            hidden = torch.zeros(len(crops.lowres), 1, 1, 1, device=crops.lowres.device)
            hidden[crops.generated : self.photos] = 1
            self.beside = crops.lowres * hidden

    def real(self) -> Judged:
        """What it says of the photos' tiles."""
        return self._judge(self.see_real, self.crops.tiles, self.beside[: self.photos])

    def painted(self, tiles: Tensor) -> Judged:
        """What it says of painted tiles."""
        return self._judge(self.see_painted, tiles, self.beside)

    def mismatched(self) -> Judged:
        """What it says of photos' tiles beside the crop of another face (Reed et al. 2016, arXiv 1605.05396)."""
        return self._judge(self.see_real, self.crops.tiles, self.beside[: self.photos].roll(1, 0))

    def plain(self, tiles: Tensor) -> Tensor:
        """One number a tile, nothing changed: what slopes are taken of."""
        logits, _ = self.critic.judge(tiles, self.beside[: self.photos])
        return torch.stack([scale.mean(dim=(1, 2, 3)) for scale in logits]).sum(dim=0)

    def critic_loss(self, real: Judged, fake: Judged, other: Judged | None) -> Tensor:
        """Half the adversarial loss, as pix2pix has it, mean over the scales."""
        losses = []
        for scale, (up, down) in enumerate(zip(real[0], fake[0], strict=True)):
            loss = critic_loss(self._partners(up), down, self.options.loss)
            if other is not None:
                loss = loss + (bce_fake(other[0][scale]) - bce_fake(down)) / 2  # both kinds of fake count half
            losses.append(loss / 2)
        return torch.stack(losses).mean()

    def generator_loss(self, beside: Judged | None, fake: Judged) -> Tensor:
        """The adversarial loss of what was painted, mean over the scales."""
        reals = [None] * len(fake[0]) if beside is None else [self._partners(up) for up in beside[0]]
        pairs = zip(reals, fake[0], strict=True)
        return torch.stack([generator_loss(up, down, self.options.loss) for up, down in pairs]).mean()

    def difference(self, real: list[Tensor], painted: list[Tensor]) -> Tensor:
        """Mean absolute difference of the maps of photos' tiles (Wang et al. 2018, arXiv 1711.11585)."""
        pairs = zip(real, painted, strict=True)
        return torch.stack([(up.float() - down[: self.photos].float()).abs().mean() for up, down in pairs]).mean()

    def _partners(self, real: Tensor) -> Tensor:
        """Logits of as many real tiles as painted ones where those are compared one by one: hidden with hidden."""
        if self.options.loss != "relativistic" or not self.crops.generated:
            return real
        return torch.cat([real, real[: self.crops.generated]])

    def _judge(self, augment: Augment, tiles: Tensor, beside: Tensor) -> Judged:
        return self.critic.judge(*augment.beside(tiles, beside))
