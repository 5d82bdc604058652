"""Queries about selections and sets; none commits."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from curate.errors import UserError
from curate.models import Face, File, Image, Selection, SelectionImage, TrainingSet


class UnknownSelection(UserError):
    """There is no selection of that name."""


@dataclass(frozen=True, slots=True)
class KeptImage:
    """An image of a selection: where its file lies, and its main face if one was found."""

    sha256: str
    paths: tuple[str, ...]
    face: Face | None


def newest_selection(session: Session, name: str) -> Selection:
    """The newest version of a selection; the error says which there are."""
    query = select(Selection).where(Selection.name == name).order_by(Selection.version.desc()).limit(1)
    found = session.scalars(query).first()
    if found is None:
        names = sorted(set(session.scalars(select(Selection.name))))
        there = f"there are: {', '.join(names)}" if names else "there is none yet"
        raise UnknownSelection(f"no selection {name!r} ({there}); `swipegan filter {name} ...` makes one")
    return found


def kept_images(session: Session, selection: Selection) -> list[KeptImage]:
    """What a selection keeps, by SHA-256."""
    mine = (SelectionImage.selection_id == selection.id) & SelectionImage.kept
    rows = session.execute(
        select(Image.id, Image.sha256, Face)
        .join(SelectionImage, SelectionImage.image_id == Image.id)
        .outerjoin(Face, (Face.image_id == Image.id) & (Face.rank == 0))
        .where(mine)
        .order_by(Image.sha256)
    ).all()
    places = select(File.image_id, File.path).join(SelectionImage, SelectionImage.image_id == File.image_id)
    paths: dict[int | None, list[str]] = defaultdict(list)
    for image_id, path in session.execute(places.where(mine, File.state != "bad").order_by(File.path)):
        paths[image_id].append(path)
    return [KeptImage(sha256, tuple(paths[image_id]), face) for image_id, sha256, face in rows]


def record_set(session: Session, name: str, selection: Selection, **values: Any) -> TrainingSet:
    """Note a set that was written (path, count, left_out, digest, options), over what was known under its name."""
    known = session.scalars(select(TrainingSet).where(TrainingSet.name == name)).first()
    if known is None:
        known = TrainingSet(name=name)
        session.add(known)
    known.selection_id = selection.id
    for key, value in values.items():
        setattr(known, key, value)
    return known
