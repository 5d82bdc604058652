"""What people said of the images together, and which of it is kept from the model to audit it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from curate.agreement import Skill
from curate.store_quality import Opinions

AUDIT = 2  # every second uniformly drawn image is kept from the model
MOST, LEAST = 0.99, 0.01  # skills are believed to lie between these


@dataclass(frozen=True)
class Judged:
    """People's common verdict on an image: how sure it is (0..1), and whether it is kept from the model."""

    good: bool
    weight: float
    audit: bool


def weigh(said: Sequence[Opinions], known: Mapping[int, Skill]) -> dict[int, Judged]:
    """Each labeled image's verdict by all people, each person's vote weighed by the log odds of their skill.

    An even split leaves the image out. Of uniformly drawn images every second one goes to the audit, by a hash of its
    number, so that it stays there however often this is asked.
    """
    odds: dict[int, float] = {}
    uniform: set[int] = set()
    for opinion in said:
        step = _log_odds(known.get(opinion.labeler_id, Skill()), opinion.good)
        odds[opinion.image_id] = odds.get(opinion.image_id, 0.0) + step
        if opinion.uniform:
            uniform.add(opinion.image_id)
    return {
        image: Judged(value > 0, float(np.tanh(abs(value) / 2)), image in uniform and is_audited(image))
        for image, value in odds.items()
        if value != 0
    }


def is_audited(image: int) -> bool:
    """Whether a uniformly drawn image is one of those kept from the model (Knuth's multiplicative hash)."""
    return image * 2654435761 % 2**32 // 2**16 % AUDIT == 0


def _log_odds(skill: Skill, good: bool) -> float:
    """How much one verdict speaks for good (above 0) or against."""
    right, wrong = skill.sensitivity, 1 - skill.specificity
    if not good:
        right, wrong = 1 - skill.sensitivity, skill.specificity
    return float(np.log(np.clip(right, LEAST, MOST) / np.clip(wrong, LEAST, MOST)))
