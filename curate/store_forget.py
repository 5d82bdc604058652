"""Queries of `forget`: what the database knows of pictures and people, and its removal; none commits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from curate import store_labels, store_queue
from curate.models import (
    Access,
    Face,
    File,
    Image,
    Label,
    Labeler,
    Lease,
    Measures,
    Model,
    Prediction,
    QueueEntry,
    Selection,
    SelectionImage,
    TrainingSet,
)

CHUNK = 500
OF_IMAGES: tuple[Any, ...] = (Label, Lease, QueueEntry, Prediction, SelectionImage, Face, Measures, File)


@dataclass(frozen=True, slots=True)
class Known:
    """A picture that the database knows: its id, SHA-256, and where its file was seen."""

    id: int
    sha256: str
    paths: tuple[str, ...]


def known(session: Session, ids: Iterable[int]) -> list[Known]:
    """Pictures by id."""
    found = []
    for image in sorted(set(ids)):
        paths = session.scalars(sa.select(File.path).where(File.image_id == image).order_by(File.path))
        found.append(
            Known(image, session.scalars(sa.select(Image.sha256).where(Image.id == image)).one(), tuple(paths))
        )
    return found


def ids_of(session: Session, hashes: Iterable[str]) -> list[int]:
    """The ids of the pictures with these SHA-256 that the database knows."""
    return [found for part in _chunks(sorted(hashes)) for found in session.scalars(_ids(part))]


def _ids(hashes: Sequence[str]) -> sa.Select[int]:
    return sa.select(Image.id).where(Image.sha256.in_(hashes))


def count_rows(session: Session, ids: Sequence[int]) -> dict[str, int]:
    """How many rows each table has about these pictures."""
    counts = {table.__tablename__: 0 for table in OF_IMAGES}
    for part in _chunks(ids):
        for table in OF_IMAGES:
            query = sa.select(sa.func.count()).select_from(table).where(table.image_id.in_(part))
            counts[table.__tablename__] += session.scalar(query) or 0
    return {name: count for name, count in counts.items() if count}


def count_person(session: Session, labeler_id: int) -> dict[str, int]:
    """How many rows each table has about a person who labels."""
    tables: tuple[Any, ...] = (Label, Lease, Access)
    counts = {
        table.__tablename__: session.scalar(
            sa.select(sa.func.count()).select_from(table).where(table.labeler_id == labeler_id)
        )
        or 0
        for table in tables
    }
    return {name: count for name, count in counts.items() if count}


def secure(session: Session) -> None:
    """Have SQLite write zeros over what this connection deletes."""
    if session.get_bind().dialect.name == "sqlite":
        session.execute(sa.text("pragma secure_delete = on"))


def forget_images(session: Session, images: Sequence[Known]) -> None:
    """Delete every row about these pictures; selections are counted again."""
    ids = [image.id for image in images]
    touched = {one for part in _chunks(ids) for one in session.scalars(_selections_with(part))}
    for image in images:
        for path in image.paths:
            _forget_name(session, Path(path).name, touched)
        session.execute(sa.delete(File).where(File.sha256 == image.sha256))
    for part in _chunks(ids):
        for table in OF_IMAGES:
            session.execute(sa.delete(table).where(table.image_id.in_(part)))
        session.execute(sa.delete(Image).where(Image.id.in_(part)))
    for selection in touched:
        _count_again(session, selection)


def _selections_with(ids: Sequence[int]) -> sa.Select[int]:
    return sa.select(SelectionImage.selection_id).where(SelectionImage.image_id.in_(ids)).distinct()


def _forget_name(session: Session, name: str, selections: set[int]) -> None:
    """Copies were left out with the best copy's name as the reason."""
    change = sa.update(SelectionImage).where(SelectionImage.selection_id.in_(selections))
    change = change.where(SelectionImage.reason == f"a lesser copy of {name}")
    session.execute(change.values(reason="a lesser copy of a forgotten image"))


def _count_again(session: Session, selection_id: int) -> None:
    mine = SelectionImage.selection_id == selection_id
    query = sa.select(Image.sha256).join(SelectionImage, SelectionImage.image_id == Image.id)
    kept = session.scalars(query.where(mine, SelectionImage.kept).order_by(Image.sha256)).all()
    all_ = session.scalar(sa.select(sa.func.count()).select_from(SelectionImage).where(mine)) or 0
    values = {"kept": len(kept), "left_out": all_ - len(kept), "digest": sha256("".join(kept).encode()).hexdigest()}
    session.execute(sa.update(Selection).where(Selection.id == selection_id).values(values))


def forget_labeler(session: Session, labeler_id: int) -> None:
    """Delete a person who labels, with all that they said; what they alone had settled is open again."""
    labeled = list(session.scalars(sa.select(Label.image_id).where(Label.labeler_id == labeler_id).distinct()))
    tables: tuple[Any, ...] = (Lease, Label, Access)
    for table in tables:
        session.execute(sa.delete(table).where(table.labeler_id == labeler_id))
    session.execute(sa.delete(Labeler).where(Labeler.id == labeler_id))
    for part in _chunks(labeled):
        entries, votes = store_queue.lock_entries(session, part), store_labels.votes(session, part)
        opened = {image: "open" if state == "closed" else state for image, (state, _) in entries.items()}
        store_queue.set_entries(session, {image: (state, len(votes[image])) for image, state in opened.items()})
    for model in session.scalars(sa.select(Model)):
        skills = {who: skill for who, skill in model.recipe.get("skills", {}).items() if who != str(labeler_id)}
        model.recipe = {**model.recipe, "skills": skills} if "skills" in model.recipe else model.recipe


def set_folders(session: Session) -> list[Path]:
    """Where sets were written."""
    return [Path(path) for path in session.scalars(sa.select(TrainingSet.path))]


def note_set(session: Session, folder: Path, count: int, digest: str) -> None:
    """Note that a set was rewritten; with no face left, that it is gone."""
    for row in session.scalars(sa.select(TrainingSet)):
        if Path(row.path).resolve() != folder.resolve():
            continue
        if count:
            row.count, row.digest = count, digest
        else:
            session.delete(row)


def _chunks(items: Sequence[Any]) -> list[Sequence[Any]]:
    return [items[start : start + CHUNK] for start in range(0, len(items), CHUNK)]
