"""Queries that read everything out, in chunks; none commits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from curate.models import File, Image, Label, Labeler, Measures, SelectionImage
from curate.numbers import MainFace, joined, numbers

CHUNK = 10_000  # rows held in memory at a time

Columns = dict[str, sa.ColumnElement[Any]]

labels_that_hold = sa.table(
    "v_labels",
    *(sa.column(name) for name in ("seq", "uuid", "sha256", "image_id", "labeler", "verdict", "reason")),
    sa.column("decided", Label.decided.type),
    sa.column("received", Label.received.type),
    *(sa.column(name) for name in ("milliseconds", "how", "rendition", "purpose")),
)


@contextmanager
def snapshot(sessions: sessionmaker[Session]) -> Iterator[Session]:
    """A session that sees the database as it is now and keeps nobody from writing."""
    with sessions(bind=sessions.kw["bind"].execution_options(swipegan_read_only=True)) as session:
        yield session


def a_path(image_id: Any) -> sa.ScalarSelect[Any]:
    """One of an image's paths, of files that are there if any is."""
    paths = sa.select(File.path).where(File.image_id == image_id).order_by(File.state != "ok", File.path)
    return paths.limit(1).scalar_subquery()


def label_columns() -> dict[str, type]:
    """The columns of exported labels and the type of each."""
    kinds = dict.fromkeys(("uuid", "sha256", "path", "labeler", "verdict", "undoes", "reason", "how"), str)
    order = ("seq", "uuid", "sha256", "path", "labeler", "verdict", "undoes", "reason", "decided", "received")
    times = {"decided": object, "received": object}
    known = kinds | times | {"seq": int, "milliseconds": int, "rendition": str, "purpose": str}
    return {name: known[name] for name in (*order, "milliseconds", "how", "rendition", "purpose")}


def labels(session: Session, *, events: bool, selection_id: int | None) -> Iterator[list[dict[str, Any]]]:
    """What people said in the order of `seq`: the verdicts that hold, or every event."""
    query, seq, image_id = _events() if events else _holding()
    if selection_id is not None:
        query = query.where(image_id.in_(_kept(selection_id)))
    return _chunks(session, query, seq)


def labels_by_image(session: Session, *, selection_id: int | None) -> Iterator[list[dict[str, Any]]]:
    """The verdicts that hold in chunks, those of one image one after the other."""
    query, seq, image_id = _holding()
    if selection_id is not None:
        query = query.where(image_id.in_(_kept(selection_id)))
    query, last = query.add_columns(image_id.label("image_id")).order_by(image_id, seq).limit(CHUNK), (0, 0)
    while rows := session.execute(query.where(sa.tuple_(image_id, seq) > sa.tuple_(*last))).mappings().all():
        last = (rows[-1]["image_id"], rows[-1]["seq"])
        yield [dict(row) for row in rows]


def measure_columns() -> dict[str, type]:
    """The columns of exported measures and the type of each."""
    kinds: dict[str, type] = {"id": int, "sha256": str, "path": str, "format": str}
    for name, number in numbers().items():
        kinds[name] = int if isinstance(number.column.type, sa.Integer) else float
    kinds |= {"left": int, "top": int, "right": int, "bottom": int, "detector": str, "phash": str}
    return kinds | {"good": int, "bad": int, "skipped": int, "verdict": str}


def measures(session: Session, *, selection_id: int | None) -> Iterator[list[dict[str, Any]]]:
    """Everything that is known of each image, by id."""
    query = joined(sa.select(Image.id, Image.sha256, a_path(Image.id).label("path"), Image.format), list(numbers()))
    box = (MainFace.left, MainFace.top, MainFace.right, MainFace.bottom, MainFace.detector)
    query = query.add_columns(*box, Measures.phash)
    if selection_id is not None:
        query = query.where(Image.id.in_(_kept(selection_id)))
    for rows in _chunks(session, query, Image.id):
        counted = _verdicts(session, rows[0]["id"], rows[-1]["id"])
        none = {"good": 0, "bad": 0, "skipped": 0, "verdict": None}
        yield [row | counted.get(row["id"], none) for row in rows]


def _kept(selection_id: int) -> sa.Select[Any]:
    mine = sa.select(SelectionImage.image_id).where(SelectionImage.selection_id == selection_id)
    return mine.where(SelectionImage.kept.is_(True))


def _verdicts(session: Session, low: int, high: int) -> dict[int, dict[str, Any]]:
    c = labels_that_hold.c
    counts = {name: sa.func.sum(sa.case((c.verdict == word, 1), else_=0)) for name, word in
              (("good", "good"), ("bad", "bad"), ("skipped", "skip"))}  # fmt: skip
    query = sa.select(c.image_id, *counts.values()).where(c.image_id.between(low, high)).group_by(c.image_id)
    found = {}
    for image_id, good, bad, skipped in session.execute(query):
        verdict = "good" if good > bad else "bad" if bad > good else None
        found[image_id] = {"good": good, "bad": bad, "skipped": skipped, "verdict": verdict}
    return found


def _holding() -> tuple[sa.Select[*tuple[Any, ...]], sa.ColumnElement[Any], sa.ColumnElement[Any]]:
    c = labels_that_hold.c
    columns = [c.uuid, c.sha256, a_path(c.image_id).label("path"), c.labeler, c.verdict, sa.null().label("undoes")]
    query = sa.select(c.seq, *columns, c.reason, c.decided, c.received, c.milliseconds, c.how, c.rendition, c.purpose)
    return query, c.seq, c.image_id


def _events() -> tuple[sa.Select[*tuple[Any, ...]], sa.ColumnElement[Any], sa.ColumnElement[Any]]:
    path, labeler = a_path(Label.image_id).label("path"), Labeler.name.label("labeler")
    query = sa.select(Label.seq, Label.uuid, Image.sha256, path, labeler, Label.verdict, Label.undoes, Label.reason)
    query = query.add_columns(Label.decided, Label.received, Label.milliseconds, Label.how)
    query = query.add_columns(Label.rendition, Label.purpose)
    query = query.join(Image, Image.id == Label.image_id).join(Labeler, Labeler.id == Label.labeler_id)
    return query, Label.seq.expression, Label.image_id.expression


def _chunks(session: Session, query: Any, key: Any) -> Iterator[list[dict[str, Any]]]:
    """Rows of `query` in the order of `key`, its first column, an integer above 0."""
    last = 0
    while rows := session.execute(query.where(key > last).order_by(key).limit(CHUNK)).all():
        last = rows[-1][0]
        yield [dict(row._mapping) for row in rows]
