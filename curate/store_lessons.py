"""What the labels so far say about the quality model, for people who are swiping."""

from __future__ import annotations

from collections import defaultdict

import sqlalchemy as sa
from sqlalchemy.orm import Session

from curate.judge_labels import is_audited
from curate.models import Label, Prediction
from curate.store_labels import holds


def audited_kept(session: Session, model_id: int, threshold: float) -> tuple[int, int]:
    """(good, all) of the images that audit a model, drawn at random and kept at its threshold; even splits left out."""
    query = sa.select(Label.image_id, Label.verdict).join(Prediction, Prediction.image_id == Label.image_id)
    query = query.where(Prediction.model_id == model_id, Prediction.quality >= threshold)
    query = query.where(Label.purpose == "random", holds(), Label.verdict.in_(("good", "bad")))
    balance: dict[int, int] = defaultdict(int)
    for image, verdict in session.execute(query):
        if is_audited(image):
            balance[image] += 1 if verdict == "good" else -1
    decided = [said for said in balance.values() if said]
    return sum(said > 0 for said in decided), len(decided)


def count_opinions(session: Session) -> int:
    """How many good and bad hold, whatever they were asked for."""
    return int(session.scalar(sa.select(sa.func.count()).where(holds(), Label.verdict.in_(("good", "bad")))) or 0)
