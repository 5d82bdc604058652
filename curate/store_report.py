"""The report's queries: counts and examples by SQL; nothing is written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from curate.models import (
    Face,
    File,
    Image,
    Label,
    Labeler,
    Measures,
    Prediction,
    Run,
    Selection,
    SelectionImage,
    TrainingSet,
)
from curate.models import Model as QualityModel
from curate.numbers import Number, joined
from curate.report_facts import Source

CHUNK = 20_000  # rows held as Python objects at a time
FEW = 500  # ids in one query: databases limit the number of parameters


@contextmanager
def reading(sessions: sessionmaker[Session]) -> Iterator[Session]:
    """A session that sees one state of the database and does not keep others from writing."""
    engine = sessions.kw["bind"].execution_options(swipegan_read_only=True)
    with sessions(bind=engine) as session:
        yield session


class LabelRow(NamedTuple):
    """One label event, as the report needs it."""

    uuid: str
    image: int
    person: int
    verdict: str
    undoes: str | None
    reason: str | None
    decided: dt.datetime
    received: dt.datetime
    milliseconds: int | None


def label_rows(session: Session) -> list[LabelRow]:
    """All label events in the order in which the server heard of them."""
    query = sa.select(
        *(Label.uuid, Label.image_id, Label.labeler_id, Label.verdict, Label.undoes, Label.reason),
        *(Label.decided, Label.received, Label.milliseconds),
    ).order_by(Label.seq)
    return [LabelRow(*row) for row in session.execute(query)]


def people(session: Session) -> dict[int, str]:
    """Names of the labelers by id."""
    return {row.id: row.name for row in session.execute(sa.select(Labeler.id, Labeler.name))}


def count(session: Session, what: Any, *where: sa.ColumnElement[bool]) -> int:
    """How many rows of a table there are."""
    return session.scalar(sa.select(sa.func.count()).select_from(what).where(*where)) or 0


def _counted(session: Session, query: sa.Executable) -> dict[str, int]:
    return {row[0]: row[1] for row in session.execute(query)}


def bytes_of_images(session: Session) -> int:
    """Bytes of all images together, each once."""
    return int(session.scalar(sa.select(sa.func.sum(Image.bytes))) or 0)


def file_states(session: Session) -> dict[str, int]:
    """Files by state: ok, bad, missing."""
    query = sa.select(File.state, sa.func.count()).group_by(File.state)
    return _counted(session, query)


def formats(session: Session) -> dict[str, int]:
    """Images by file format, the most frequent first."""
    query = sa.select(Image.format, sa.func.count()).group_by(Image.format).order_by(sa.func.count().desc())
    return _counted(session, query)


def detectors(session: Session) -> dict[str, int]:
    """Main faces by the detector that found them, the most frequent first."""
    query = sa.select(Face.detector, sa.func.count()).where(Face.rank == 0).group_by(Face.detector)
    return _counted(session, query.order_by(sa.func.count().desc()))


def bad_files(session: Session) -> Iterator[tuple[str, str, str]]:
    """Path, state and reason of every file that is no usable image, by path, in pieces."""
    query = sa.select(File.path, File.state, File.reason).where(File.state.in_(("bad", "missing"))).order_by(File.path)
    for row in session.execute(query.execution_options(yield_per=CHUNK)):
        yield row.path, row.state, row.reason or row.state


def random_images(session: Session, limit: int, *where: sa.ColumnElement[bool]) -> list[int]:
    """Some images, the same ones each time: the order of their hashes is as good as chance."""
    return list(session.scalars(sa.select(Image.id).where(*where).order_by(Image.sha256).limit(limit)))


def with_a_file() -> sa.ColumnElement[bool]:
    """Images that lie somewhere."""
    return sa.exists().where(File.image_id == Image.id, File.state == "ok")


def without_face() -> sa.ColumnElement[bool]:
    """Images that were measured and in which no face was found."""
    return sa.exists().where(Measures.image_id == Image.id) & ~sa.exists().where(Face.image_id == Image.id)


def with_several_faces() -> sa.ColumnElement[bool]:
    """Images with more than one face."""
    return Image.id.in_(sa.select(Face.image_id).where(Face.rank == 1))  # they are few: found first


def sources(session: Session, ids: Iterable[int]) -> dict[int, Source]:
    """Where the images lie (one file of each), and their main faces."""
    wanted = sorted(set(ids))
    found: dict[int, Source] = {}
    for start in range(0, len(wanted), FEW):
        some = wanted[start : start + FEW]
        boxes = {
            row[0]: (row[1], row[2], row[3], row[4])
            for row in session.execute(
                sa.select(Face.image_id, Face.left, Face.top, Face.right, Face.bottom).where(
                    Face.rank == 0, Face.image_id.in_(some)
                )
            )
        }
        files = {
            row.image_id: row
            for row in session.execute(
                sa.select(File.image_id, File.path, File.bytes, File.mtime_ns)
                .where(File.image_id.in_(some), File.state == "ok")
                .order_by(File.path.desc())
            )
        }
        for image in session.scalars(sa.select(Image).where(Image.id.in_(some))):
            file = files.get(image.id)
            found[image.id] = Source(
                sha256=image.sha256,
                path=file.path if file else None,
                bytes=file.bytes if file else image.bytes,
                mtime_ns=file.mtime_ns if file else 0,
                width=image.width,
                height=image.height,
                box=boxes.get(image.id),
            )
    return found


def same_bytes(session: Session, limit: int) -> tuple[int, int, list[tuple[int, list[str]]]]:
    """Images that lie in several files: how many, how many files could go, and the largest with their paths."""
    number = sa.func.count().label("number")
    groups = sa.select(File.image_id, number).where(File.state == "ok", File.image_id.is_not(None))
    groups = groups.group_by(File.image_id).having(sa.func.count() > 1)
    table = groups.subquery()
    total, files = session.execute(sa.select(sa.func.count(), sa.func.sum(table.c.number)).select_from(table)).one()
    shown: list[tuple[int, list[str]]] = []
    for image, _ in session.execute(groups.order_by(number.desc(), File.image_id).limit(limit)):
        assert image is not None  # the query asks for it
        where = (File.image_id == image, File.state == "ok")
        shown.append((image, list(session.scalars(sa.select(File.path).where(*where).order_by(File.path).limit(20)))))
    return total, int(files or 0) - total, shown


def same_hash(session: Session) -> list[list[int]]:
    """Ids of images whose perceptual hashes are equal, a list a group, the largest picture of each first."""
    groups = sa.select(Measures.phash).where(Measures.phash.is_not(None))
    groups = groups.group_by(Measures.phash).having(sa.func.count() > 1)
    query = sa.select(Measures.phash, Image.id).join(Image, Measures.image_id == Image.id)
    query = query.where(Measures.phash.in_(groups)).order_by(
        Measures.phash, (Image.width * Image.height).desc(), Image.id
    )
    found: dict[str, list[int]] = {}
    for phash, image in session.execute(query):
        found.setdefault(str(phash), []).append(image)
    return list(found.values())


def selections(session: Session) -> dict[str, list[Selection]]:
    """All versions of each selection, the newest first; the names in the order of their newest versions."""
    found: dict[str, list[Selection]] = {}
    for selection in session.scalars(sa.select(Selection).order_by(Selection.id.desc())):
        found.setdefault(selection.name, []).append(selection)
    return found


def removed_by_rule(session: Session, selection_id: int) -> dict[str, int]:
    """How many images each rule of a selection removed, most first."""
    rule = sa.func.coalesce(SelectionImage.rule, "?")
    query = sa.select(rule, sa.func.count()).where(_out(selection_id)).group_by(rule)
    return _counted(session, query.order_by(sa.func.count().desc(), rule))


def _out(selection_id: int) -> sa.ColumnElement[bool]:
    return (SelectionImage.selection_id == selection_id) & SelectionImage.kept.is_(False)


def at_border(
    session: Session, selection_id: int, rule: str | None, number: Number, descending: bool, limit: int
) -> list[tuple[int, float]]:
    """Images at the edge of a rule with their number: those it removed, or with rule None those that were kept."""
    place = SelectionImage.kept.is_(True) if rule is None else SelectionImage.rule == rule
    size = sa.func.abs(number.column) if number.to_both_sides else number.column
    images = sa.select(SelectionImage.image_id).select_from(SelectionImage)
    query = (
        joined(images.join(Image, Image.id == SelectionImage.image_id), [number.name])
        .where(SelectionImage.selection_id == selection_id, place, number.column.is_not(None))
        .order_by(size.desc() if descending else size, SelectionImage.image_id)
        .limit(limit)
    )
    return [(image, float(value)) for image, value in session.execute(query)]


def random_of_selection(
    session: Session, selection_id: int, rule: str | None, limit: int
) -> list[tuple[int, str | None]]:
    """Some images that a rule removed, with the reasons; with rule None some that were kept."""
    place = SelectionImage.kept.is_(True) if rule is None else SelectionImage.rule == rule
    query = (
        sa.select(SelectionImage.image_id, SelectionImage.reason)
        .join(Image, Image.id == SelectionImage.image_id)
        .where(SelectionImage.selection_id == selection_id, place)
        .order_by(Image.sha256)
        .limit(limit)
    )
    return [(image, reason) for image, reason in session.execute(query)]


def only_in(session: Session, selection_id: int, other_id: int, limit: int) -> tuple[int, list[int]]:
    """Images that one selection keeps and another does not: how many, and some of them."""
    kept = SelectionImage.__table__.alias("kept")
    other = SelectionImage.__table__.alias("other")
    there = sa.exists().where(
        other.c.selection_id == other_id, other.c.image_id == kept.c.image_id, other.c.kept.is_(True)
    )
    where = (kept.c.selection_id == selection_id, kept.c.kept.is_(True), ~there)
    total = session.scalar(sa.select(sa.func.count()).select_from(kept).where(*where)) or 0
    query = sa.select(kept.c.image_id).join(Image, Image.id == kept.c.image_id).where(*where)
    return total, list(session.scalars(query.order_by(Image.sha256).limit(limit)))


def sets(session: Session) -> list[TrainingSet]:
    """The sets that were written, the newest first."""
    return list(session.scalars(sa.select(TrainingSet).order_by(TrainingSet.id.desc())))


def runs(session: Session) -> list[Run]:
    """The runs the database knows of, the newest first."""
    return list(session.scalars(sa.select(Run).order_by(Run.id.desc())))


def newest_model(session: Session) -> tuple[int, int, dt.datetime] | None:
    """Id, number of labels and time of the newest quality model that scored an image."""
    query = (
        sa.select(QualityModel.id, QualityModel.labels, QualityModel.created)
        .where(sa.exists().where(Prediction.model_id == QualityModel.id))
        .order_by(QualityModel.id.desc())
        .limit(1)
    )
    row = session.execute(query).first()
    return None if row is None else (row[0], row[1], row[2])
