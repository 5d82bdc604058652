"""Queries that carry selections and people from one workspace to another; none commits.

What a file says of pictures is held in a temporary table of the connection, so that memory stays bounded.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateTable, DropTable

from curate.models import Image, Labeler, Selection, SelectionImage

CHUNK = 10_000  # rows held in memory at a time

Told = sa.Table(
    "carried",
    sa.MetaData(),
    sa.Column("place", sa.Integer, primary_key=True),  # of the selection in the file, from 1 on
    sa.Column("sha256", sa.String(64), primary_key=True),
    sa.Column("kept", sa.Boolean, nullable=False),
    sa.Column("rule", sa.Text),
    sa.Column("reason", sa.Text),
    prefixes=["TEMPORARY"],
)


class Carried(NamedTuple):
    """Of a file's selection: pictures that are known here, those kept of them, those unknown, and the kept's digest."""

    here: int
    kept: int
    absent: int
    digest: str


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


def start_carried(session: Session) -> None:
    """An empty temporary table on this session's connection."""
    session.execute(DropTable(Told, if_exists=True))
    session.execute(CreateTable(Told))


def add_carried(session: Session, place: int, rows: list[dict[str, Any]]) -> bool:
    """Note what a file says of pictures; False if it said so of one of them before."""
    try:
        if rows:
            session.execute(sa.insert(Told), [{"place": place, **row} for row in rows])
    except sa.exc.IntegrityError:
        return False
    return True


def carried(session: Session, place: int) -> Carried:
    """How much of a file's selection is known here."""
    told = session.scalar(sa.select(sa.func.count()).where(Told.c.place == place)) or 0
    pairs = sa.select(Told.c.sha256, Told.c.kept).join(Image, Image.sha256 == Told.c.sha256)
    query = pairs.where(Told.c.place == place).order_by(Told.c.sha256).execution_options(yield_per=CHUNK)
    here = kept = 0
    digest = sha256()
    for rows in session.execute(query).partitions():
        inside = [row.sha256 for row in rows if row.kept]
        here, kept = here + len(rows), kept + len(inside)
        digest.update("".join(inside).encode())
    return Carried(here, kept, told - here, digest.hexdigest())


def add_selection(session: Session, selection: Selection, place: int, version: int) -> None:
    """Store a file's selection with its known images as that version, or the next one where that is taken."""
    taken = set(session.scalars(sa.select(Selection.version).where(Selection.name == selection.name)))
    selection.version = version if version not in taken else max(taken) + 1
    session.add(selection)
    session.flush()
    rows = sa.select(sa.literal(selection.id), Image.id, Told.c.kept, Told.c.rule, Told.c.reason)
    rows = rows.join(Told, Told.c.sha256 == Image.sha256).where(Told.c.place == place).order_by(Image.id)
    columns = ["selection_id", "image_id", "kept", "rule", "reason"]
    session.execute(sa.insert(SelectionImage).from_select(columns, rows))


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
