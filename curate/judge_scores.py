"""What a model says of every image: written, with the reasons."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session, sessionmaker

from curate import store_quality as store
from curate.progress import Meter
from curate.quality import Quality, Reason

Floats = NDArray[np.float64]


def score_all(sessions: sessionmaker[Session], model: Quality, number: int) -> tuple[Floats, dict[str, float]]:
    """Store quality and reasons of every image; all scores, and how much each measure moved them.

    Written a few thousand images at a time, so that people who swipe meanwhile do not wait.
    """
    names = list(model.recipe.names)
    last = 0
    scores = [np.zeros(0)]
    moved: dict[str, float] = defaultdict(float)
    with Meter("scoring", None) as meter:
        while True:
            with sessions() as session:
                session.connection(execution_options={"swipegan_read_only": True})
                ids, values = store.values_after(session, last, names)
            if not ids:
                break
            quality, reasons = model.score(values), model.reasons(values)
            for reason in (reason for why in reasons for reason in why):
                moved[reason.name] += abs(reason.change)
            rows = [_prediction(number, *each) for each in zip(ids, quality, reasons, strict=True)]
            with sessions.begin() as session:
                store.replace_predictions(session, rows)
            last = ids[-1]
            scores.append(quality)
            meter.advance(len(ids))
    return np.concatenate(scores), dict(moved)


def _prediction(number: int, image: int, quality: float, why: list[Reason]) -> dict[str, Any]:
    reasons = [[r.name, None if np.isnan(r.value) else round(r.value, 4), round(r.change, 4)] for r in why]
    return {"image_id": image, "model_id": number, "quality": round(float(quality), 5), "reasons": reasons}


def main_reasons(moved: dict[str, float], most: int = 6) -> dict[str, float]:
    """The measures that moved the scores the most, each with its share."""
    total = sum(moved.values()) or 1.0
    first = sorted(moved, key=lambda name: (-moved[name], name))[:most]
    return {name: round(moved[name] / total, 4) for name in first}
