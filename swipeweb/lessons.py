"""What the last labels taught, in a sentence for whoever is swiping, and how many more would likely do."""

from __future__ import annotations

from math import ceil

from sqlalchemy.orm import Session

from curate.agreement import lesson
from curate.promise import promise
from curate.store_labels import random_share
from curate.store_lessons import audited_kept, count_opinions
from curate.store_quality import newest_model
from curate.store_queue import counts

FEWEST = 10  # audited photos for a word about the model


def lesson_of(session: Session) -> str | None:
    """About the quality model where one was audited enough, else about the share of good photos."""
    labels = count_opinions(session)
    return _about_model(session, labels) or _about_share(session, labels)


def _about_model(session: Session, labels: int) -> str | None:
    model = newest_model(session)
    if model is None or not {"threshold", "precision"} <= model.recipe.keys():
        return None
    good, audited = audited_kept(session, model.id, float(model.recipe["threshold"]))
    if audited < FEWEST:
        return None
    found = promise(good, audited, float(model.recipe["precision"]))
    if found.holds:
        return f"Enough: at least {found.goal:.0%} of what the model keeps is good."
    seen = f"{good} of {audited} tested photos that the model keeps are good"
    if found.more is None:
        return f"{seen}: too few for {found.goal:.0%}; let it learn again."
    return f"{seen}; another {_rounded(found.more * labels / audited)} swipes would likely do."


def _about_share(session: Session, labels: int) -> str | None:
    good, count = random_share(session)
    return lesson(good, count, swipes=labels / count, left=counts(session)["open"]) if count else None


def _rounded(number: float) -> int:
    """Two figures: more would be a promise."""
    whole = ceil(number)
    step: int = 10 ** max(len(str(whole)) - 2, 0)
    return ceil(whole / step) * step
