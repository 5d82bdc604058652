"""Queries that carry selections and people from one workspace to another; none commits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from curate.models import Image, Labeler, Selection, SelectionImage

CHUNK = 10_000  # rows held in memory at a time


def selections(session: Session, name: str | None) -> list[Selection]:
    """All versions of a selection, or of all selections, the oldest first."""
    query = sa.select(Selection).order_by(Selection.name, Selection.version)
    return list(session.scalars(query if name is None else query.where(Selection.name == name)))


def members(session: Session, selection_id: int) -> Iterator[list[dict[str, Any]]]:
    """What a selection says of each image, by SHA-256, in chunks."""
    query = sa.select(Image.sha256, SelectionImage.kept, SelectionImage.rule, SelectionImage.reason)
    query = query.join(Image, Image.id == SelectionImage.image_id).where(SelectionImage.selection_id == selection_id)
    query, last = query.order_by(Image.sha256).limit(CHUNK), ""
    while rows := session.execute(query.where(Image.sha256 > last)).mappings().all():
        last = rows[-1]["sha256"]
        yield [dict(row) for row in rows]


def same_selection(session: Session, name: str, rule: list[Any], digest: str, images: int) -> Selection | None:
    """A version of that name with the same rules that keeps the same pictures, of as many."""
    same = (Selection.name == name, Selection.digest == digest, Selection.kept + Selection.left_out == images)
    found = session.scalars(sa.select(Selection).where(*same).order_by(Selection.version))
    return next((one for one in found if one.rule == rule), None)


def add_selection(session: Session, selection: Selection, rows: list[dict[str, Any]], version: int) -> None:
    """Store a selection with its images as that version, or the next one where that is taken."""
    taken = set(session.scalars(sa.select(Selection.version).where(Selection.name == selection.name)))
    selection.version = version if version not in taken else max(taken) + 1
    session.add(selection)
    session.flush()
    for start in range(0, len(rows), CHUNK):
        part = [{**row, "selection_id": selection.id} for row in rows[start : start + CHUNK]]
        session.execute(sa.insert(SelectionImage), part)


def people(session: Session) -> list[dict[str, Any]]:
    """Everybody who labels, by name."""
    query = sa.select(Labeler.name, Labeler.role, Labeler.created, Labeler.sensitivity, Labeler.specificity)
    return [dict(row) for row in session.execute(query.order_by(Labeler.name)).mappings()]


def names(session: Session) -> set[str]:
    """Of everybody who labels."""
    return set(session.scalars(sa.select(Labeler.name)))


def add_people(session: Session, rows: list[dict[str, Any]]) -> None:
    """Add people who are not there."""
    session.add_all(Labeler(**row) for row in rows)
