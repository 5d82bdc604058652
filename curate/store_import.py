"""Queries that take labels in; none commits."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from curate.models import File, Image, Label, Labeler

FEW = 500  # values in one query: databases limit the number of parameters
MANY = 20_000  # rows held as Python objects at a time


class Place(NamedTuple):
    """A path at which an image lies or lay."""

    image_id: int
    path: str


def by_sha256(session: Session, hashes: Iterable[str]) -> dict[str, int]:
    """Of these hashes, those of known images, and the images' ids."""
    return {
        sha: image_id
        for few in _few(hashes)
        for sha, image_id in session.execute(sa.select(Image.sha256, Image.id).where(Image.sha256.in_(few)))
    }


def by_path(session: Session, paths: Iterable[str]) -> dict[str, int]:
    """Of these paths, those at which an image lies or lay, and the images' ids."""
    query = sa.select(File.path, Image.id).join(Image, Image.id == File.image_id)
    return {path: image for few in _few(paths) for path, image in session.execute(query.where(File.path.in_(few)))}


def by_name(session: Session, names: set[str]) -> dict[str, list[Place]]:
    """Every place whose file name is one of `names`; looks at all files once."""
    found: dict[str, list[Place]] = defaultdict(list)
    query = sa.select(File.id, Image.id, File.path).join(Image, Image.id == File.image_id).order_by(File.id).limit(MANY)
    last = 0
    while names and (rows := session.execute(query.where(File.id > last)).all()):
        last = rows[-1][0]
        for _, image_id, path in rows:
            name = path.replace("\\", "/").rpartition("/")[2]
            if name in names:
                found[name].append(Place(image_id, path))
    return found


def known_events(session: Session, uuids: Iterable[str]) -> set[str]:
    """Of these events, those that are stored."""
    return {uuid for few in _few(uuids) for uuid in session.scalars(sa.select(Label.uuid).where(Label.uuid.in_(few)))}


def newest_decisions(session: Session, image_ids: Iterable[int]) -> dict[tuple[int, str], dt.datetime]:
    """When each person last decided on each of these images."""
    query = sa.select(Label.image_id, Labeler.name, sa.func.max(Label.decided, type_=Label.decided.type))
    query = query.join(Labeler, Labeler.id == Label.labeler_id).group_by(Label.image_id, Labeler.name)
    return {
        (image_id, name): decided
        for few in _few(image_ids)
        for image_id, name, decided in session.execute(query.where(Label.image_id.in_(few)))
    }


def labeler_ids(session: Session, names: Iterable[str]) -> dict[str, int]:
    """The ids of people by name; who is new is added."""
    found = {name: person for person, name in session.execute(sa.select(Labeler.id, Labeler.name))}
    for name in sorted(set(names) - found.keys()):
        person = Labeler(name=name)
        session.add(person)
        session.flush()
        found[name] = person.id
    return found


def add_events(session: Session, events: list[dict[str, Any]]) -> None:
    """Append events in this order; they are new and their images known."""
    for start in range(0, len(events), MANY):
        session.execute(sa.insert(Label), events[start : start + MANY])


def _few(values: Iterable[Any]) -> Iterator[list[Any]]:
    listed = list(values)
    for start in range(0, len(listed), FEW):
        yield listed[start : start + FEW]
