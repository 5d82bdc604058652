"""Every query about learned quality: what it learns from, and what it says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from curate.models import Image, Label, Model, Prediction
from curate.numbers import joined, numbers

CHUNK = 5_000  # images a statement
UNIFORM = "random"  # the purpose of labels on images that were drawn uniformly
# A file's size tells where it comes from, not whether it is good. Who may be in a set is not for the skin to say, nor
# for what follows its tone in good portraits (docs/experiments.md, "The lean, mended in part"): the light on a face,
# how much colour there is, how sure the face detector is. `face_tint_spread` stays: it tells grey from colour.
NOT_LEARNED = {
    "width", "height", "bytes", "quality", "skin_tone",
    "brightness", "exposure", "underexposed", "contrast", "dynamic_range", "eye_contrast", "lips_red", "face_score",
    "colourfulness", "chroma", "tint_spread", "face_colourfulness", "face_chroma", "grey",
}  # fmt: skip
Floats = NDArray[np.float64]


class Opinions(NamedTuple):
    """Verdicts on an image that hold: who said good or bad, and which of them were on a uniformly drawn image."""

    image_id: int
    labeler_id: int
    good: bool
    uniform: bool


def feature_names() -> list[str]:
    """The numbers that quality is learned from."""
    return [name for name in numbers() if name not in NOT_LEARNED]


def opinions(session: Session, up_to: int | None = None) -> tuple[list[Opinions], int]:
    """Every good or bad that held when event `up_to` was the last (default: now), and the last event's number.

    An image counts as uniformly drawn if anybody was ever shown it for that reason, whatever became of that verdict.
    """
    query = sa.select(
        Label.seq, Label.uuid, Label.image_id, Label.labeler_id, Label.verdict, Label.undoes, Label.purpose
    )
    if up_to is not None:
        query = query.where(Label.seq <= up_to)
    events = session.execute(query.order_by(Label.seq)).all()
    taken_back = {event.undoes for event in events}
    drawn = {event.image_id for event in events if event.purpose == UNIFORM}
    last = {
        (event.image_id, event.labeler_id): event.verdict
        for event in events
        if event.verdict != "undo" and event.uuid not in taken_back
    }
    found = [
        Opinions(image, person, verdict == "good", image in drawn)
        for (image, person), verdict in last.items()
        if verdict != "skip"
    ]
    return found, events[-1].seq if events else 0


def values_of(session: Session, image_ids: Sequence[int], names: list[str]) -> Floats:
    """The named numbers of images, (N, names), NaN where not known; angles without sign."""
    table = np.full((len(image_ids), len(names)), np.nan)
    place = {image: index for index, image in enumerate(image_ids)}
    for start in range(0, len(image_ids), CHUNK):
        chunk = image_ids[start : start + CHUNK]
        query = joined(sa.select(Image.id), names).where(Image.id.in_(chunk))
        for image, *values in session.execute(query):
            table[place[image]] = [np.nan if value is None else value for value in values]
    return _without_sign(table, names)


def values_after(session: Session, last: int, names: list[str]) -> tuple[list[int], Floats]:
    """The named numbers of the next images after id `last`, in order of their ids; empty at the end."""
    query = joined(sa.select(Image.id), names).where(Image.id > last).order_by(Image.id).limit(CHUNK)
    rows = session.execute(query).all()
    values = [[np.nan if value is None else value for value in row[1:]] for row in rows]
    table = np.array(values, np.float64).reshape(len(rows), len(names))
    return [row[0] for row in rows], _without_sign(table, names)


def _without_sign(table: Floats, names: list[str]) -> Floats:
    for index, name in enumerate(names):
        if numbers()[name].to_both_sides:
            table[:, index] = np.abs(table[:, index])
    return table


def add_model(session: Session, recipe: dict[str, Any], labels: int, last_seq: int) -> Model:
    """Note a model: how to fit it again, and from which labels."""
    model = Model(recipe=recipe, labels=labels, last_seq=last_seq)
    session.add(model)
    session.flush()
    return model


def newest_model(session: Session) -> Model | None:
    """The model that was fitted last."""
    return session.scalar(sa.select(Model).order_by(Model.id.desc()).limit(1))


def replace_predictions(session: Session, rows: list[dict[str, Any]]) -> None:
    """Say of these images what the newest model says."""
    ids = [row["image_id"] for row in rows]
    session.execute(sa.delete(Prediction).where(Prediction.image_id.in_(ids)))
    session.execute(sa.insert(Prediction), rows)
