"""Rules that look at the images that are still in as a group: copies, people, poses, folders, draws; none commits."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from curate.errors import UserError
from curate.models import Face, Image, Measures, Prediction
from curate.people import same_people
from curate.rules import Rule
from curate.store_duplicates import same_pictures
from curate.store_outcome import CHUNK, Outcome

Ids = NDArray[np.int64]


class NobodyKnown(UserError):
    """A rule on people, and no face was described."""


def apply_to_groups(session: Session, rule: Rule) -> None:
    """Leave out what a rule says of images as a group, among those that are still in."""
    if rule.name == "no_duplicates":
        _leave_out_copies(session)
    elif rule.name == "max_per_person":
        _leave_out_people(session, rule.value)
    elif rule.name == "max_per_pose":
        _leave_out_poses(session, rule.value["count"], rule.value["degrees"])
    elif rule.name == "max_per_folder":
        _leave_out(session, rule, _beyond_folder(rule.value["count"]), "not among the {} drawn from its folder")
    else:
        _leave_out(session, rule, _beyond_limit(rule.value["count"]), "not among the {} drawn")


def _leave_out(session: Session, rule: Rule, ids: sa.Select[Any], reason: str) -> None:
    change = sa.update(Outcome).where(Outcome.c.image_id.in_(ids))
    session.execute(change.values(rule=rule.name, reason=reason.format(rule.value["count"])))


def _beyond_limit(count: int) -> sa.Select[Any]:
    drawn = sa.select(Outcome.c.image_id).where(Outcome.c.rule.is_(None))
    return drawn.order_by(Outcome.c.limit, Outcome.c.sha256).offset(count)


def _beyond_folder(count: int) -> sa.Select[Any]:
    order = (Outcome.c.max_per_folder, Outcome.c.sha256)
    place = sa.func.row_number().over(partition_by=Outcome.c.folder, order_by=order).label("place")
    placed = sa.select(Outcome.c.image_id, place).where(Outcome.c.rule.is_(None)).subquery()
    return sa.select(placed.c.image_id).where(placed.c.place > count)


def _leave_out_copies(session: Session) -> None:
    """Of images that show one photo keep the best copy, as `same_pictures` ranks them."""
    found = same_pictures(session, still_in())
    for start in range(0, len(found), CHUNK):
        part = found[start : start + CHUNK]
        names = _names(session, [group[0] for group in part])
        rows = [(image, f"a lesser copy of {names[group[0]]}") for group in part for image in group[1:]]
        _note(session, "no_duplicates", rows)


def _leave_out_people(session: Session, count: int) -> None:
    """Of each person keep the best pictures: by quality, then real detail, pixels and bytes."""
    ids, descriptors, unknown = _described(session)
    if not len(ids):
        raise NobodyKnown("no person is known yet; `swipegan scan --people FOLDER` tells people apart")
    _note(session, "max_per_person", unknown)
    found = same_people(descriptors)
    place = _places(session, {int(ids[index]) for group in found for index in group})
    for start in range(0, len(found), CHUNK):
        people = [
            sorted((int(ids[index]) for index in group), key=place.__getitem__)
            for group in found[start : start + CHUNK]
        ]
        names = _names(session, [person[0] for person in people])
        why = "one of {} of the person in {}, not among the {} best"
        rows = [
            (image, why.format(len(person), names[person[0]], count)) for person in people for image in person[count:]
        ]
        _note(session, "max_per_person", rows)


def _described(session: Session) -> tuple[Ids, NDArray[np.float32], list[tuple[int, str]]]:
    """Images that are in with their main faces' descriptors (n, 128), by SHA-256; those without, and why."""
    face = sa.and_(Face.image_id == Outcome.c.image_id, Face.rank == 0)
    query = sa.select(Outcome.c.image_id, Face.id, Face.descriptor).outerjoin(Face, face)
    query = query.where(Outcome.c.rule.is_(None)).order_by(Outcome.c.sha256)
    ids: list[int] = []
    numbers = bytearray()
    unknown: list[tuple[int, str]] = []
    for rows in session.execute(query.execution_options(yield_per=CHUNK)).partitions():
        for image, found, descriptor in rows:
            if descriptor is not None:
                ids.append(image)
                numbers += descriptor
            else:
                why = "who it is was not looked at: `swipegan scan --people`" if found else "no face found"
                unknown.append((image, why))
    return np.array(ids, np.int64), np.frombuffer(numbers, "<f4").reshape(-1, 128), unknown


def _places(session: Session, images: set[int]) -> dict[int, int]:
    """The place of each of some images among all that are in, the best first."""
    ranked = _ranked(sa.select(Outcome.c.image_id)).order_by(*_best_first())
    rows = session.scalars(ranked.execution_options(yield_per=CHUNK))
    return {image: place for place, image in enumerate(rows) if image in images}


def _leave_out_poses(session: Session, count: int, degrees: float) -> None:
    """Of each cell of yaw x pitch, so many degrees wide and high, keep the best pictures; one is centred on 0, 0."""
    yaw, pitch = (_cell(angle, degrees) for angle in (Face.yaw, Face.pitch))
    place = sa.func.row_number().over(partition_by=(yaw, pitch), order_by=_best_first())
    face = sa.and_(Face.image_id == Outcome.c.image_id, Face.rank == 0)
    ranked = _ranked(sa.select(Outcome.c.image_id, yaw.label("yaw"), pitch.label("pitch"), place.label("place")))
    placed = ranked.outerjoin(Face, face).subquery()
    beyond = sa.or_(placed.c.yaw.is_(None), placed.c.place > count)
    query = sa.select(placed.c.image_id, placed.c.yaw, placed.c.pitch).where(beyond).execution_options(yield_per=CHUNK)
    parts = [np.array([tuple(row) for row in rows], np.float64) for rows in session.execute(query).partitions()]
    for part in parts:  # all are read before the first is written, as numbers: 24 bytes each
        found = [(int(image), _of_pose(count, degrees, *cell)) for image, *cell in part.tolist()]
        _note(session, "max_per_pose", found)


def _cell(angle: Any, degrees: float) -> sa.ColumnElement[int]:
    return sa.cast(sa.func.round(angle / degrees), sa.Integer)


def _of_pose(count: int, degrees: float, yaw: float, pitch: float) -> str:
    if math.isnan(yaw) or math.isnan(pitch):
        return "no face found"
    return f"not among the {count} best at yaw {yaw * degrees:+g}°, pitch {pitch * degrees:+g}°"


def _ranked(query: sa.Select[Any]) -> sa.Select[Any]:
    """A query for images that are in, with all that `_best_first` looks at."""
    query = query.select_from(Outcome).join(Image, Image.id == Outcome.c.image_id).where(Outcome.c.rule.is_(None))
    query = query.outerjoin(Measures, Measures.image_id == Image.id)
    return query.outerjoin(Prediction, Prediction.image_id == Image.id)


def _best_first() -> list[Any]:
    quality, detail = sa.func.coalesce(Prediction.quality, -1), sa.func.coalesce(Measures.resolution, 0)
    return [quality.desc(), detail.desc(), (Image.width * Image.height).desc(), Image.bytes.desc(), Image.sha256]


def still_in() -> sa.Select[int]:
    """The ids of the images that no rule has left out."""
    return sa.select(Outcome.c.image_id).where(Outcome.c.rule.is_(None))


def _names(session: Session, images: Sequence[int]) -> dict[int, str]:
    rows = session.execute(sa.select(Outcome.c.image_id, Outcome.c.name).where(Outcome.c.image_id.in_(images)))
    return dict(rows.all())


def _note(session: Session, rule: str, found: Sequence[tuple[int, str]]) -> None:
    """Leave images out by a rule, each for its reason."""
    change = sa.update(Outcome).where(Outcome.c.image_id == sa.bindparam("image"))
    change = change.values(rule=rule, reason=sa.bindparam("why"))
    for rows in _parts([{"image": image, "why": why} for image, why in found]):
        session.execute(change, rows)


def _parts(rows: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK]
