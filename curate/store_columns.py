"""Numbers of all images as columns, read from the database in pieces; nothing is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from curate.models import Face, Measures, Prediction, SelectionImage

AT_ONCE = 200_000  # numbers held as Python objects at a time
IN_A_PART = 20_000_000  # numbers of measures held at a time: 80 MB

Ids = NDArray[np.int64]
Values = NDArray[np.float32]


class Columns(NamedTuple):
    """Numbers by image: ids ascending, shape (n,), and a column each, shape (n,), NaN where there is none."""

    ids: Ids
    values: dict[str, Values]

    def of(self, name: str, ids: Ids) -> Values:
        """The column for other ids, NaN for those that are not in it."""
        return self.values[name] if ids is self.ids else take(self.ids, self.values[name], ids)


def take(known: Ids, values: Values, ids: Ids) -> Values:
    """`values` belong to the ascending `known`; the values of `ids`, NaN where unknown."""
    if not len(known):
        return np.full(len(ids), np.nan, np.float32)
    place = np.minimum(np.searchsorted(known, ids), len(known) - 1)
    return np.where(known[place] == ids, values[place], np.float32(np.nan)).astype(np.float32, copy=False)


def measure_names() -> list[str]:
    """The float columns of the measures, in the table's order."""
    return [column.name for column in Measures.__table__.columns if isinstance(column.type, sa.Float)]


def measure_columns(session: Session, names: Sequence[str]) -> Columns:
    """Some measures of every image: 4 bytes each."""
    table = Measures.__table__.c
    return _columns(session, [table.image_id, *(table[name] for name in names)], names, table.image_id)


def measures_in_parts(session: Session, names: Sequence[str]) -> Iterator[Columns]:
    """Some measures of every image, as many of them at a time as memory should hold."""
    images = session.scalar(sa.select(sa.func.count()).select_from(Measures)) or 0
    together = max(IN_A_PART // max(images, 1), 1)
    for start in range(0, len(names), together):
        yield measure_columns(session, names[start : start + together])


def face_columns(session: Session) -> Columns:
    """Size in pixels, score and pose in degrees of every main face."""
    names = ["face_size", "face_score", "yaw", "pitch", "roll"]
    wanted = [Face.image_id, Face.right - Face.left, Face.score, Face.yaw, Face.pitch, Face.roll]
    return _columns(session, wanted, names, Face.image_id, Face.rank == 0)


def quality_column(session: Session) -> Columns:
    """The learned quality of every image that has one."""
    return _columns(session, [Prediction.image_id, Prediction.quality], ["quality"], Prediction.image_id)


def kept_column(session: Session, selection_id: int, like: Columns | None = None) -> Columns:
    """1 for each image that a selection keeps, 0 for those it leaves out; the ids are those of `like` if equal."""
    wanted = [SelectionImage.image_id, sa.cast(SelectionImage.kept, sa.Integer)]
    kept = _columns(session, wanted, ["kept"], SelectionImage.image_id, SelectionImage.selection_id == selection_id)
    return kept._replace(ids=like.ids) if like is not None and np.array_equal(like.ids, kept.ids) else kept


def _columns(
    session: Session, wanted: Sequence[Any], names: Sequence[str], order: Any, *where: sa.ColumnElement[bool]
) -> Columns:
    there = sa.select(*wanted).where(*where)
    most = session.scalar(sa.select(sa.func.count()).select_from(there.subquery())) or 0
    # filled, since parts that are joined need twice that; counted, since elsewhere than in SQLite more may have come
    ids, table = np.empty(most, np.int64), np.empty((len(names), most), np.float32)
    filled = 0
    query = there.order_by(order).limit(most).execution_options(yield_per=AT_ONCE // len(wanted))
    for rows in session.connection().execute(query).partitions():  # the session would make objects of the rows
        part = np.array([tuple(row) for row in rows], np.float64)
        ids[filled : filled + len(part)] = part[:, 0]
        table[:, filled : filled + len(part)] = part[:, 1:].T
        filled += len(part)
    return Columns(ids[:filled], {name: table[place, :filled] for place, name in enumerate(names)})
