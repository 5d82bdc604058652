"""The queries of a scan: which files are known, and writing what was found; the session comes first."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple, TypeVar

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from curate.models import Face, File, Image, Measures, now
from curate.names import RAW, stored_name
from curate.scan_worker import Outcome

CHUNK = 500  # values in one statement
MEASURES = [column.name for column in sa.inspect(Measures).columns if isinstance(column.type, sa.Float)]
Item = TypeVar("Item")


class Known(NamedTuple):
    """What the database holds of a file."""

    bytes: int
    mtime_ns: int
    state: str
    reason: str | None
    image_id: int | None
    version: int | None  # of its image's measures


class Counted(NamedTuple):
    """What lies under some folders: images by the number of their faces, bad files by kind, and the first of each."""

    with_faces: dict[int, int]
    bad: dict[str, int]
    examples: dict[str, list[tuple[str, str]]]  # path as stored, whole reason


def chunks(items: Iterable[Item], size: int = CHUNK) -> Iterator[list[Item]]:
    """Lists of at most `size` items."""
    source = iter(items)
    while chunk := list(islice(source, size)):
        yield chunk


def known_files(session: Session, paths: Iterable[str]) -> dict[str, Known]:
    """What is known of files, by the names as they are stored."""
    columns = (File.path, File.bytes, File.mtime_ns, File.state, File.reason, File.image_id, Measures.version)
    known: dict[str, Known] = {}
    for chunk in chunks(paths):
        statement = sa.select(*columns).outerjoin(Measures, Measures.image_id == File.image_id)
        known |= {row[0]: Known(*row[1:]) for row in session.execute(statement.where(File.path.in_(chunk)))}
    return known


def without_descriptor(session: Session) -> set[int]:
    """Images of which a face has no descriptor."""
    return set(session.scalars(sa.select(Face.image_id).where(Face.descriptor.is_(None)).distinct()))


def measured_digests(session: Session, version: int, but: Collection[int]) -> NDArray[np.uint64]:
    """The first 8 bytes of the SHA-256 of all images measured by `version`, without the images in `but`, sorted."""
    statement = sa.select(Image.id, Image.sha256).join(Measures).where(Measures.version == version)
    digests = [int(sha256[:16], 16) for image_id, sha256 in session.execute(statement) if image_id not in but]
    return np.sort(np.array(digests, np.uint64))


def mark_missing(session: Session, roots: Sequence[str], seen: Collection[str], unread: Sequence[str]) -> int:
    """Mark the files under `roots` that were not seen as missing, but for those in folders that could not be read."""
    statement = sa.select(File.id, File.path).where(File.state != "missing", _under(roots))
    hidden = tuple(stored_name(folder + os.sep) for folder in unread)
    gone = [id_ for id_, path in session.execute(statement) if path not in seen and not path.startswith(hidden)]
    for chunk in chunks(gone):
        session.execute(sa.update(File).where(File.id.in_(chunk)).values(state="missing"))
    return len(gone)


def mark_found(session: Session, paths: Iterable[str]) -> None:
    """Files that were missing and are back as they were."""
    for chunk in chunks(paths):
        session.execute(sa.update(File).where(File.path.in_(chunk)).values(state="ok", reason=None))


def count_under(session: Session, roots: Sequence[str], most: int) -> Counted:
    """What the files under `roots` hold, all scans together, with at most `most` examples of each kind of bad file."""
    faces = sa.select(sa.func.count()).where(Face.image_id == Image.id).correlate(Image).scalar_subquery()
    images = sa.select(File.image_id).where(File.state == "ok", _under(roots))
    each = sa.select(faces.label("faces")).where(Image.id.in_(images)).subquery()
    with_faces = session.execute(sa.select(each.c.faces, sa.func.count().label("count")).group_by(each.c.faces))
    counted = Counted({row.faces: row.count for row in with_faces}, {}, {})  # type: ignore[misc] # `count` is the column
    files = sa.select(File.path, File.reason).where(File.state == "bad", _under(roots)).order_by(File.path)
    for path, reason in session.execute(files):
        kind = (reason or "").split(":")[0]
        counted.bad[kind] = counted.bad.get(kind, 0) + 1
        examples = counted.examples.setdefault(kind, [])
        if len(examples) < most:
            examples.append((path, reason or ""))
    return counted


def _under(roots: Sequence[str]) -> sa.ColumnElement[bool]:
    """The files under folders, or that are one of the roots themselves."""
    each: list[sa.ColumnElement[bool]] = []
    for root in roots:
        folder = root.rstrip(os.sep) + os.sep
        raw = stored_name(folder) if stored_name(folder).startswith(RAW) else RAW + folder.replace("\\", "\\\\")
        each += [File.path == stored_name(root), *(_starts(prefix) for prefix in (stored_name(folder), raw))]
    return sa.or_(*each)


def _starts(prefix: str) -> sa.ColumnElement[bool]:
    return sa.func.substr(File.path, 1, len(prefix)) == prefix  # LIKE would not mind the case


def images_by_digest(session: Session, digests: Collection[str]) -> dict[str, int]:
    """The ids of images by SHA-256."""
    found: dict[str, int] = {}
    for chunk in chunks(digests):
        rows = session.execute(sa.select(Image.sha256, Image.id).where(Image.sha256.in_(chunk)))
        found |= {row.sha256: row.id for row in rows}
    return found


def images_with_files(session: Session, image_ids: Collection[int]) -> set[int]:
    """Those of some images that have a file which is there."""
    statement = sa.select(File.image_id).where(File.image_id.in_(image_ids), File.state == "ok").distinct()
    return {image_id for image_id in session.scalars(statement) if image_id is not None}


def write_images(session: Session, outcomes: Sequence[Outcome], ids: dict[str, int], version: int) -> dict[str, int]:
    """Write images with their measures and faces, those in `ids` (by SHA-256) anew; the ids of all of them."""
    old = {outcome.sha256: ids[outcome.sha256] for outcome in outcomes if outcome.sha256 in ids}
    for chunk in chunks(old.values()):
        session.execute(sa.delete(Measures).where(Measures.image_id.in_(chunk)))
        session.execute(sa.delete(Face).where(Face.image_id.in_(chunk)))
    new = [Image(**_image(outcome)) for outcome in outcomes if outcome.sha256 not in old]
    session.add_all(new)
    session.flush()
    again = [{"id": old[outcome.sha256], **_image(outcome)} for outcome in outcomes if outcome.sha256 in old]
    written = {image.sha256: image.id for image in new} | {row["sha256"]: row["id"] for row in again}
    faces = [face for outcome in outcomes for face in _faces(outcome, written[outcome.sha256 or ""])]
    _many(session, sa.update(Image), again)
    _many(session, sa.insert(Measures), [_measures(each, written[each.sha256 or ""], version) for each in outcomes])
    _many(session, sa.insert(Face), faces)
    return written


def _many(session: Session, statement: sa.Insert | sa.Update, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        session.execute(statement, rows)


def _image(outcome: Outcome) -> dict[str, Any]:
    header = outcome.header
    assert header is not None
    return {
        "sha256": outcome.sha256,
        "bytes": outcome.bytes,
        "format": header.format,
        "mode": header.mode,
        "width": header.width,
        "height": header.height,
        "orientation": header.orientation,
    }


def _measures(outcome: Outcome, image_id: int, version: int) -> dict[str, Any]:
    none = dict.fromkeys(MEASURES)  # every row with the same columns, or each would be a statement of its own
    return none | (outcome.values or {}) | {"image_id": image_id, "version": version, "phash": outcome.phash}


def _faces(outcome: Outcome, image_id: int) -> Iterator[dict[str, Any]]:
    descriptors = outcome.descriptors or (None,) * len(outcome.faces)
    for rank, (face, chip, descriptor) in enumerate(zip(outcome.faces, outcome.chips, descriptors, strict=True)):
        left, top, right, bottom = face.box
        yield {
            "image_id": image_id,
            "rank": rank,
            "left": left,
            "top": top,
            "right": right,
            "bottom": bottom,
            "score": face.score,
            "detector": face.detector,
            "landmarks": face.landmarks.tolist(),
            "yaw": face.yaw,
            "pitch": face.pitch,
            "roll": face.roll,
            "descriptor": descriptor,
            "chip": chip,
        }


def write_files(session: Session, outcomes: Sequence[tuple[Outcome, int | None]]) -> None:
    """Write the rows of files, each with the id of its image or None for a bad one."""
    rows = [_file(outcome, image_id) for outcome, image_id in outcomes]
    present = session.execute(sa.select(File.path, File.id).where(File.path.in_([row["path"] for row in rows])))
    ids = {row.path: row.id for row in present}
    _many(session, sa.update(File), [{"id": ids[row["path"]], **row} for row in rows if row["path"] in ids])
    _many(session, sa.insert(File), [row for row in rows if row["path"] not in ids])


def _file(outcome: Outcome, image_id: int | None) -> dict[str, Any]:
    return {
        "path": stored_name(outcome.path),
        "bytes": outcome.bytes,
        "mtime_ns": outcome.mtime_ns,
        "sha256": outcome.sha256,
        "image_id": image_id,
        "state": "bad" if outcome.bad else "ok",
        "reason": stored_name(outcome.bad) if outcome.bad else None,
        "seen": now(),
    }
