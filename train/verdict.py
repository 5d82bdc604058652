"""From what a probe measured to one verdict that a person can act on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

Name = Literal[
    "too early",
    "healthy",
    "discriminator overfits",
    "discriminator wins",
    "discriminator stuck",
    "collapsed",
    "dead guide",
    "diverged",
]

YOUNG = 60  # steps before which networks say nothing about themselves
MOST_LOSS = 25.0  # nats: logits of 25 and on the wrong side
MOST_SATURATED = 0.3  # share of a picture
MOST_DIVERSE = 1.4  # times the variety of real faces: noise, not people
MOST_FAR = 1.6  # times the distance of unseen people: nothing like a face
STILL = 1e-7  # relative change of a layer between two probes, all of them below: it does not learn
SURE = 0.995  # share of pictures told apart
DROWNED = 8.0  # nats of adversarial loss; e^-8 is what the discriminator thinks of the best picture
OVERFIT = 0.6  # of the way from held-out faces to training faces; Karras et al. 2020 (arXiv 2006.06676) regulate to 0.6
COLLAPSED = 0.25  # of the variety of real faces, after having had twice that, or late
ALIKE = 0.03  # of it: one picture, however early
LATE = 2_000  # steps after which painted faces vary, where they ever will
MEMORISED = 0.5  # of the distance at which held-out faces are from training faces
LOCKED = 0.75  # of the texture
LOCKED_AFTER = 400  # steps; a fresh network's texture is always the same
UNHEARD = 1e-3  # of what the network paints
NO_GRADIENT = 1e-10


@dataclass(frozen=True, kw_only=True, slots=True)
class Signs:
    """What a probe measured; None where it does not apply or could not be measured."""

    steps: int
    real_right: float | None = None  # share of real pictures that the discriminator calls real, as it trains, 0..1
    fake_right: float | None = None  # share of painted ones that it calls painted, 0..1
    held_out_right: float | None = None  # share of held-out real ones that it calls real, 0..1
    overfit: float | None = (
        None  # (training - held out) / (training - painted) of mean logits: 0 fair, 1 learned by heart
    )
    logit: float | None = None  # mean size of the logits: beyond about 10 the discriminator is saturated
    diversity: float | None = None  # mean distance of two painted pictures over that of two real ones; 1 is as varied
    diversity_most: float | None = None  # the most that it has been in this sitting
    nearest: float | None = None  # distance to the nearest training face over that of held-out faces; 1 is as new
    locked: float | None = None  # share of the texture that is the same picture in every tile, 0..1
    guide: float | None = None  # what another face's guide changes, over all that the network paints
    generator_gradient: float | None = None  # norm, of the last step
    critic_gradient: float | None = None
    quietest_gradient: float | None = None  # norm of the generator's layer that learns least
    critic_change: float | None = None  # largest relative change of a layer since the last probe
    saturated: float | None = None  # share of painted numbers at the end of their range, beyond that of real ones
    adversarial: float | None = None  # mean losses since the last probe
    critic: float | None = None
    pixels: float | None = None
    pixels_least: float | None = None  # the least that the pixel loss has been


class Verdict(NamedTuple):
    """What is going on, why it is thought so, and what to do."""

    name: Name
    why: str = ""
    advice: str = ""
    certain: bool = False  # whether one look is enough to believe it

    def text(self) -> str:
        """One line."""
        return self.name + (f": {self.why}" if self.why else "") + (f"; {self.advice}" if self.advice else "")


def suspicions(signs: Signs) -> Iterator[Verdict]:
    """All that the signs say against a run, the worst first."""
    yield from _diverged(signs)
    if signs.steps < YOUNG:
        return
    yield from _stuck(signs)
    yield from _dead_guide(signs)
    yield from _collapsed(signs)
    yield from _overfits(signs)
    yield from _wins(signs)


def settled(history: Sequence[Signs]) -> Verdict:
    """The verdict on the last signs; what the signs before them do not say too is believed only if it is certain."""
    now = history[-1]
    before = {verdict.name for verdict in suspicions(history[-2])} if len(history) > 1 else set()
    believed = (verdict for verdict in suspicions(now) if verdict.certain or verdict.name in before)
    return next(believed, Verdict("too early") if now.steps < YOUNG else Verdict("healthy"))


def _diverged(signs: Signs) -> Iterator[Verdict]:
    advice = "begin anew with a lower --learning-rate"
    for name, loss in (("discriminator", signs.critic), ("adversarial", signs.adversarial)):
        if loss is not None and loss > MOST_LOSS:
            yield Verdict("diverged", f"the {name} loss is {loss:.1f}", advice, certain=True)
    if signs.generator_gradient == 0:
        yield Verdict("diverged", "the generator's gradient is 0: its units are dead", advice, certain=True)
    if signs.saturated is not None and signs.saturated > MOST_SATURATED:
        yield Verdict("diverged", f"{signs.saturated:.0%} of what is painted is at the end of its range", advice)
    if signs.diversity is not None and signs.diversity > MOST_DIVERSE:
        yield Verdict("diverged", f"painted faces vary {signs.diversity:.1f} times as much as real ones", advice)
    if signs.nearest is not None and signs.nearest > MOST_FAR:
        yield Verdict(
            "diverged", f"painted faces are {signs.nearest:.1f} times as far from faces as people are", advice
        )
    if signs.pixels is not None and signs.pixels_least is not None and signs.pixels > max(0.25, 4 * signs.pixels_least):
        yield Verdict("diverged", f"the pixel loss was {signs.pixels_least:.3f} and rose to {signs.pixels:.3f}", advice)


def _stuck(signs: Signs) -> Iterator[Verdict]:
    if signs.critic_change is not None and signs.critic_change < STILL:
        yield Verdict(
            "discriminator stuck",
            "no layer of the discriminator changes",
            "the generator learns nothing from it; check its learning rate",
            certain=True,
        )


def _dead_guide(signs: Signs) -> Iterator[Verdict]:
    if signs.guide is not None and signs.guide < UNHEARD:
        yield Verdict(
            "dead guide",
            f"another face's guide changes {signs.guide:.2%} of what is painted",
            "look at the guides of the set (all alike or black?), then begin anew",
            certain=signs.guide < UNHEARD / 100,
        )
    if signs.quietest_gradient is not None and signs.quietest_gradient < NO_GRADIENT:
        yield Verdict(
            "dead guide",
            f"a layer of the generator has a gradient of {signs.quietest_gradient:.0e}, which no optimizer sees",
            "begin anew: its first weights were too small for a network without norms",
        )


def _collapsed(signs: Signs) -> Iterator[Verdict]:
    diversity, most = signs.diversity, signs.diversity_most or 0.0
    if diversity is not None and (
        diversity < ALIKE or (diversity < COLLAPSED and (diversity < most / 2 or signs.steps > LATE))
    ):
        yield Verdict(
            "collapsed",
            f"painted faces vary {diversity:.2f} times as much as real ones",
            "begin anew with another --seed or a lower --learning-rate; more faces help",
            certain=diversity < ALIKE / 10,
        )
    if signs.locked is not None and signs.locked > LOCKED and signs.steps > LOCKED_AFTER:
        yield Verdict(
            "collapsed",
            f"{signs.locked:.0%} of the texture is the same in every tile",
            "--preset residual does not know where in the tile it paints",
        )


def _overfits(signs: Signs) -> Iterator[Verdict]:
    advice = "more faces, augmentation, or an end here: what follows is learned by heart"
    if signs.nearest is not None and signs.nearest < MEMORISED:
        yield Verdict(
            "discriminator overfits",
            f"painted faces are {signs.nearest:.2f} times as far from training faces as unseen people are",
            advice,
        )
    if signs.overfit is not None and signs.overfit > OVERFIT:
        held_out = "" if signs.held_out_right is None else f", and {signs.held_out_right:.0%} of them pass as real"
        yield Verdict(
            "discriminator overfits",
            f"to it, unseen people are {signs.overfit:.0%} of the way from training faces to painted ones{held_out}",
            advice,
        )


def _wins(signs: Signs) -> Iterator[Verdict]:
    right = [share for share in (signs.real_right, signs.fake_right) if share is not None]
    if len(right) == 2 and min(right) >= SURE and signs.adversarial is not None and signs.adversarial > DROWNED:
        yield Verdict(
            "discriminator wins",
            f"it tells {min(right):.1%} apart, and the adversarial loss is {signs.adversarial:.1f}",
            "a smaller --critic-width, a lower --learning-rate, or a regularised discriminator",
        )
