"""Queries that make and compare selections; none commits.

A filter's outcome is built in a temporary table of its connection: memory stays bounded, and the database is written
to only at the end.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from hashlib import blake2b, sha256
from pathlib import Path
from typing import cast

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateTable, DropTable

from curate.checks import Facts
from curate.errors import UserError
from curate.models import File, Image, Selection, SelectionImage
from curate.names import as_text, shown, stored_name
from curate.numbers import joined
from curate.rules import Rule
from curate.store_outcome import CHUNK, Outcome

labels_that_hold = sa.table("v_labels", sa.column("image_id"), sa.column("labeler"), sa.column("verdict"))


class UnknownImage(UserError):
    """No image, or more than one, is meant."""


def count_images(session: Session) -> int:
    """How many images are known."""
    return session.scalar(sa.select(sa.func.count()).select_from(Image)) or 0


def find_image(session: Session, text: str) -> int:
    """The id of the image that a person means by an id, the start of its SHA-256 (6 digits or more), or a path."""
    if text.isdecimal() and len(text) < 19 and session.get(Image, int(text)) is not None:
        return int(text)
    found = _by_sha256(session, text) or _by_path(session, text)
    if len(found) == 1:
        return found[0]
    if found:
        raise UnknownImage(f"'{shown(text)}' may be {len(found)} or more images; give more of its path or SHA-256")
    raise UnknownImage(
        f"no image '{shown(text)}': give an id, the first digits of its SHA-256, or a path that was scanned"
    )


def facts(session: Session, names: list[str], *, verdicts: bool, only: int | None = None) -> Iterator[list[Facts]]:
    """What rules need to know of every image (or of one), by id, in chunks."""
    query = joined(sa.select(Image.id, Image.sha256), names).order_by(Image.id).limit(CHUNK)
    if only is not None:
        query = query.where(Image.id == only)
    last = 0
    while rows := session.execute(query.where(Image.id > last)).all():
        last = rows[-1][0]
        images = {row[0]: Facts(row[0], row[1], dict(zip(names, row[2:], strict=True))) for row in rows}
        _add_paths(session, images, rows[0][0], last)
        if verdicts:
            _add_verdicts(session, images, rows[0][0], last)
        yield list(images.values())


def start_outcome(session: Session) -> None:
    """An empty outcome on this session's connection."""
    session.execute(DropTable(Outcome, if_exists=True))
    session.execute(CreateTable(Outcome))


def add_outcomes(session: Session, judged: list[tuple[Facts, str | None, str | None]], rules: list[Rule]) -> None:
    """Note images with the rule that left them out and the reason, or None twice."""
    draws = [rule for rule in rules if rule.is_drawn]
    rows = []
    for image, rule, reason in judged:
        folder, name = os.path.split(image.paths[0]) if image.paths else ("", "")  # a Path would take ten times as long
        row = {"image_id": image.id, "sha256": image.sha256, "name": name, "folder": folder}
        places = {draw.name: place_in_draw(draw, image.sha256) if rule is None else None for draw in draws}
        rows.append(row | places | {"rule": rule, "reason": reason})
    session.execute(sa.insert(Outcome), rows)


def place_in_draw(rule: Rule, sha: str) -> int:
    """A number that decides whether an image is drawn, the lowest first; the same wherever and whenever it is asked.

    Each rule draws for itself: a second draw by the same numbers would favour large folders.
    """
    digest = blake2b(f"{rule.name} {rule.value['seed']} {sha}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def outcome_of(session: Session, image_id: int) -> tuple[str | None, str | None]:
    """The rule that left an image out, and the reason; None twice if it is in."""
    row = session.execute(sa.select(Outcome.c.rule, Outcome.c.reason).where(Outcome.c.image_id == image_id)).one()
    return row[0], row[1]


def removed(session: Session) -> dict[str | None, int]:
    """How many images each rule left out; None: how many are in."""
    rows = session.execute(sa.select(Outcome.c.rule, sa.func.count()).group_by(Outcome.c.rule))
    return dict(rows.all())


def digest(session: Session) -> str:
    """SHA-256 over the SHA-256 (as hex) of all images that are in, ascending."""
    query = sa.select(Outcome.c.sha256).where(Outcome.c.rule.is_(None)).order_by(Outcome.c.sha256)
    total = sha256()
    for part in session.scalars(query.execution_options(yield_per=CHUNK)).partitions():
        total.update("".join(part).encode())
    return total.hexdigest()


def newest(session: Session, name: str) -> Selection | None:
    """The newest version of a selection, if there is one."""
    return session.scalars(
        sa.select(Selection).where(Selection.name == name).order_by(Selection.version.desc())
    ).first()


def is_outcome(session: Session, selection: Selection) -> bool:
    """Whether a selection says of every image just what the outcome says."""
    mine = SelectionImage.selection_id == selection.id
    if session.scalar(sa.select(sa.func.count()).where(mine)) != session.scalar(
        sa.select(sa.func.count()).select_from(Outcome)
    ):
        return False
    differs = sa.or_(
        Outcome.c.image_id.is_(None),
        Outcome.c.rule.is_distinct_from(SelectionImage.rule),
        Outcome.c.reason.is_distinct_from(SelectionImage.reason),
    )
    pairs = sa.select(SelectionImage.image_id).outerjoin(Outcome, Outcome.c.image_id == SelectionImage.image_id)
    return session.execute(pairs.where(mine, differs).limit(1)).first() is None


def save_outcome(session: Session, selection: Selection) -> None:
    """Store a new selection with the outcome as its images."""
    session.add(selection)
    session.flush()
    rows = sa.select(
        sa.literal(selection.id), Outcome.c.image_id, Outcome.c.rule.is_(None), Outcome.c.rule, Outcome.c.reason
    )
    columns = ["selection_id", "image_id", "kept", "rule", "reason"]
    session.execute(sa.insert(SelectionImage).from_select(columns, rows.order_by(Outcome.c.image_id)))


def _add_paths(session: Session, images: dict[int, Facts], low: int, high: int) -> None:
    files = sa.select(File.image_id, File.path).where(File.image_id.between(low, high), File.state == "ok")
    for image_id, path in session.execute(files.order_by(File.path)):
        if image_id in images:
            images[image_id].paths.append(path)


def _add_verdicts(session: Session, images: dict[int, Facts], low: int, high: int) -> None:
    c = labels_that_hold.c
    held = sa.select(c.image_id, c.labeler, c.verdict).where(c.image_id.between(low, high)).order_by(c.labeler)
    for image_id, who, verdict in session.execute(held):
        if image_id in images:
            images[image_id].verdicts.append((who, verdict))


def _by_sha256(session: Session, text: str) -> list[int]:
    start = text.lower()
    if len(start) < 6 or set(start) - set("0123456789abcdef"):
        return []
    return list(session.scalars(sa.select(Image.id).where(Image.sha256.startswith(start)).limit(2)))


def _by_path(session: Session, text: str) -> list[int]:
    known = sa.select(File.image_id).where(File.image_id.is_not(None)).distinct()
    ways = (text, str(Path(text).absolute()), str(Path(text).resolve()))
    exact = session.scalars(known.where(File.path.in_([stored_name(way) for way in ways])))
    end = File.path.endswith("/" + as_text(text), autoescape=True)
    ids = list(exact) or list(session.scalars(known.where(end).limit(2)))
    return cast("list[int]", ids)
