"""Every query about people, their labels, and the queue of what is to be labeled next."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, NamedTuple, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from curate.agreement import Skill
from curate.errors import UserError
from curate.models import Face, File, Image, Label, Labeler

LABELS = cast(sa.Table, Label.__table__)
REASONS = ("blurry", "drawing", "halftone", "artifact", "occluded", "other")
CHUNK = 5_000  # rows a statement


class UnknownPerson(UserError):
    """There is no labeler of that name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """One event as a client reports it: a verdict on an image, or the taking back of one.

    milliseconds: from shown to decided. undoes: uuid of the event taken back, with verdict "undo" alone.
    """

    uuid: str
    image_id: int
    verdict: str
    how: str
    decided: dt.datetime
    undoes: str | None = None
    reason: str | None = None
    milliseconds: int | None = None
    rendition: str | None = None


class Source(NamedTuple):
    """What is needed to show an image: its hash, a path where it lies, and its main face's box and box of landmarks."""

    sha256: str
    path: str
    width: int
    height: int
    box: tuple[int, int, int, int] | None  # left, top, right, bottom in pixels of the upright picture


class Standing(NamedTuple):
    """A person's verdict on an image that holds now."""

    seq: int
    uuid: str
    image_id: int
    verdict: str
    reason: str | None
    decided: dt.datetime


def labeler(session: Session, name: str) -> Labeler:
    """The person of that name; raises UnknownPerson with the names there are."""
    found = session.scalar(sa.select(Labeler).where(Labeler.name == name))
    if found is None:
        names = ", ".join(session.scalars(sa.select(Labeler.name).order_by(Labeler.name)))
        raise UnknownPerson(
            f"nobody is called {name!r} ({names or 'nobody is known yet'}); `swipe people add` adds one"
        )
    return found


def ensure_labeler(session: Session, name: str, role: str = "labeler") -> Labeler:
    """The person of that name, added with `role` if new."""
    found = session.scalar(sa.select(Labeler).where(Labeler.name == name))
    if found is None:
        found = Labeler(name=name, role=role)
        session.add(found)
        session.flush()
    return found


def labelers(session: Session) -> list[Labeler]:
    """Everybody, by name."""
    return list(session.scalars(sa.select(Labeler).order_by(Labeler.name)))


# Statements of every request are built once: building one costs more than running it.
@cache
def _known_uuids() -> sa.Executable:
    return sa.select(Label.uuid, Label.labeler_id).where(Label.uuid.in_(sa.bindparam("uuids", expanding=True)))


def known_uuids(session: Session, uuids: Iterable[str]) -> dict[str, int]:
    """Of these events, those that are stored already, each with whose it is."""
    return dict(session.execute(_known_uuids(), {"uuids": list(uuids)}).all())


@cache
def _existing_images() -> sa.Executable:
    return sa.select(Image.id).where(Image.id.in_(sa.bindparam("ids", expanding=True)))


def existing_images(session: Session, ids: Iterable[int]) -> set[int]:
    """Of these ids, those that are images."""
    return set(session.scalars(_existing_images(), {"ids": list(ids)}))


def add_labels(session: Session, labeler_id: int, verdicts: Sequence[tuple[Verdict, str]]) -> None:
    """Write events, each with its purpose; whoever calls has checked that uuids are new and images known."""
    rows = [{**asdict(verdict), "labeler_id": labeler_id, "purpose": purpose} for verdict, purpose in verdicts]
    if rows:
        session.connection().execute(sa.insert(LABELS), rows)


def stands(label: Any = Label) -> sa.ColumnElement[bool]:
    """The condition that an event is a verdict and was not taken back."""
    undo = aliased(Label)
    taken_back = sa.exists().where(undo.undoes == label.uuid).correlate(label)
    return sa.and_(label.verdict != "undo", ~taken_back)


def holds(label: Any = Label) -> sa.ColumnElement[bool]:
    """The condition that an event is its person's last standing verdict on its image."""
    later = aliased(Label)
    outvoted = sa.exists().where(
        later.image_id == label.image_id, later.labeler_id == label.labeler_id, later.seq > label.seq, stands(later)
    )
    return sa.and_(stands(label), ~outvoted.correlate(label))


@cache
def _votes() -> sa.Executable:
    ids: sa.BindParameter[Any] = sa.bindparam("ids", expanding=True)
    return (
        sa.select(Label.image_id, Label.labeler_id, Label.verdict)
        .where(Label.image_id.in_(ids), stands())
        .order_by(Label.seq)
    )


def votes(session: Session, image_ids: Iterable[int]) -> dict[int, dict[int, str]]:
    """By image, the verdict of each person on it that holds now."""
    found: dict[int, dict[int, str]] = {image: {} for image in image_ids}
    for image, person, verdict in session.execute(_votes(), {"ids": list(found)}):
        found[image][person] = verdict  # a later one replaces an earlier
    return found


def all_votes(session: Session, *, blind: bool = True) -> list[tuple[int, int, str]]:
    """(image, person, verdict) of every good or bad that holds; `blind` leaves out what reviewers settled openly."""
    query = sa.select(Label.image_id, Label.labeler_id, Label.verdict).where(
        holds(), Label.verdict.in_(("good", "bad"))
    )
    if blind:
        query = query.where(Label.purpose != "review")
    return [(image, person, verdict) for image, person, verdict in session.execute(query)]


@cache
def _history(is_before: bool, of_verdict: bool) -> sa.Executable:
    query = sa.select(Label.seq, Label.uuid, Label.image_id, Label.verdict, Label.reason, Label.decided)
    query = query.where(Label.labeler_id == sa.bindparam("person"), holds())
    if is_before:
        query = query.where(Label.seq < sa.bindparam("before"))
    if of_verdict:
        query = query.where(Label.verdict == sa.bindparam("verdict"))
    return query.order_by(Label.seq.desc()).limit(sa.bindparam("most"))


def history(
    session: Session, labeler_id: int, *, before: int | None = None, limit: int = 60, verdict: str | None = None
) -> list[Standing]:
    """A person's verdicts that hold, newest first, from below event number `before`."""
    values = {"person": labeler_id, "before": before, "verdict": verdict, "most": limit}
    statement = _history(before is not None, verdict is not None)
    return [Standing(*row) for row in session.execute(statement, values)]


@cache
def _sources() -> sa.Executable:
    path = sa.select(sa.func.min(File.path)).where(File.image_id == Image.id, File.state == "ok").scalar_subquery()
    box = (Face.left, Face.top, Face.right, Face.bottom)
    return (
        sa.select(Image.id, Image.sha256, path, Image.width, Image.height, *box)
        .outerjoin(Face, sa.and_(Face.image_id == Image.id, Face.rank == 0))
        .where(Image.id.in_(sa.bindparam("ids", expanding=True)))
    )


def sources(session: Session, image_ids: Iterable[int]) -> dict[int, Source]:
    """The source of each of these images that has a file left."""
    found = {}
    for image, sha256, path, width, height, left, top, right, bottom in session.execute(
        _sources(), {"ids": list(image_ids)}
    ):
        if path is not None:
            box = None if left is None else (left, top, right, bottom)
            found[image] = Source(sha256, path, width, height, box)
    return found


def source(session: Session, image_id: int) -> Source | None:
    """Where an image lies and what is in it, or None where no file of it is left."""
    return sources(session, [image_id]).get(image_id)


def labeled_since(session: Session, seq: int, limit: int = CHUNK) -> tuple[list[int], int]:
    """The images of events after number `seq`, and the number of the last event looked at."""
    rows = session.execute(sa.select(Label.image_id, Label.seq).where(Label.seq > seq).order_by(Label.seq).limit(limit))
    found = rows.all()
    return sorted({image for image, _ in found}), found[-1][1] if found else seq


@cache
def _count_own() -> sa.Executable:
    query = sa.select(Label.verdict, sa.func.count()).where(Label.labeler_id == sa.bindparam("person"), holds())
    return query.group_by(Label.verdict)


def count_own(session: Session, labeler_id: int) -> dict[str, int]:
    """How many of a person's verdicts hold, by verdict."""
    rows = session.execute(_count_own(), {"person": labeler_id})
    return {"good": 0, "bad": 0, "skip": 0} | dict(rows.all())


def last_purpose(session: Session, labeler_id: int, image_id: int) -> str:
    """What a person's last verdict on an image was asked for, taken back or not."""
    query = sa.select(Label.purpose).where(Label.labeler_id == labeler_id, Label.image_id == image_id)
    query = query.where(Label.verdict != "undo", Label.purpose != "change").order_by(Label.seq.desc()).limit(1)
    return session.scalar(query) or "queue"


def contested(session: Session, limit: int = 60) -> list[tuple[int, dict[str, str]]]:
    """Images on which blind verdicts of different people differ and that nobody settled: id, and verdict by person.

    Newest first. What one person said twice is that person's last word.
    """
    other, settled = aliased(Label), aliased(Label)
    differs = sa.exists().where(
        other.image_id == Label.image_id,
        other.labeler_id != Label.labeler_id,
        other.verdict == sa.case((Label.verdict == "good", "bad"), else_="good"),
        other.purpose != "review",
        holds(other),
    )
    is_settled = sa.exists().where(settled.image_id == Label.image_id, settled.purpose == "review", stands(settled))
    query = sa.select(Label.image_id, sa.func.max(Label.seq)).where(
        Label.verdict.in_(("good", "bad")), Label.purpose != "review", holds(), differs, ~is_settled
    )
    query = query.group_by(Label.image_id).order_by(sa.func.max(Label.seq).desc()).limit(limit)
    return [(image, named_votes(session, image)) for image, _ in session.execute(query)]


def named_votes(session: Session, image_id: int) -> dict[str, str]:
    """The verdict of each person on an image that holds now, by name."""
    query = sa.select(Labeler.name, Label.verdict).join(Labeler, Labeler.id == Label.labeler_id)
    return dict(session.execute(query.where(Label.image_id == image_id, stands()).order_by(Label.seq)).all())


def skills(session: Session) -> dict[int, Skill]:
    """The estimated skill of each person who has one."""
    query = sa.select(Labeler.id, Labeler.sensitivity, Labeler.specificity).where(Labeler.sensitivity.is_not(None))
    rows = session.execute(query)
    return {person: Skill(good, bad) for person, good, bad in rows if good is not None and bad is not None}


def set_skills(session: Session, skills: dict[int, Skill]) -> None:
    """Note the estimated skill of people."""
    for person, skill in skills.items():
        values = {"sensitivity": skill.sensitivity, "specificity": skill.specificity}
        session.execute(sa.update(Labeler).where(Labeler.id == person).values(values))


def random_share(session: Session) -> tuple[int, int]:
    """(good, good and bad) among the verdicts that hold on images drawn at random: an unbiased sample."""
    query = sa.select(Label.verdict, sa.func.count()).where(
        Label.purpose == "random", holds(), Label.verdict.in_(("good", "bad"))
    )
    found = dict(session.execute(query.group_by(Label.verdict)).all())
    return found.get("good", 0), found.get("good", 0) + found.get("bad", 0)


def repeated(session: Session) -> list[tuple[int, str, str]]:
    """(person, first verdict, verdict on the hidden repeat) of every image shown twice."""
    again = aliased(Label)
    first = (
        sa.select(Label.verdict)
        .where(Label.image_id == again.image_id, Label.labeler_id == again.labeler_id, Label.seq < again.seq, stands())
        .order_by(Label.seq.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = sa.select(again.labeler_id, first, again.verdict).where(again.purpose == "repeat", stands(again))
    rows = session.execute(query)
    return [(person, one, other) for person, one, other in rows if one is not None and {one, other} <= {"good", "bad"}]


def against_gold(session: Session) -> list[tuple[int, str, str]]:
    """(person, settled verdict, verdict on it as a test) of every gold image that was shown."""
    settled = aliased(Label)
    query = (
        sa.select(Label.labeler_id, settled.verdict, Label.verdict)
        .join(settled, sa.and_(settled.image_id == Label.image_id, settled.purpose == "review", holds(settled)))
        .where(Label.purpose == "gold", holds(), Label.verdict.in_(("good", "bad")))
    )
    return [(person, truth, said) for person, truth, said in session.execute(query)]


def hasty(session: Session, milliseconds: int = 150) -> dict[int, int]:
    """How many of each person's verdicts came faster than anybody can look."""
    query = sa.select(Label.labeler_id, sa.func.count()).where(
        Label.milliseconds < milliseconds, Label.how != "program"
    )
    return dict(session.execute(query.group_by(Label.labeler_id)).all())
