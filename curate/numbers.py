"""Every number that is known of an image, by name: what rules compare and exports list."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from curate.models import Face, Image, Measures, Prediction

MainFace = aliased(Face, name="main_face")

NOT_MEASURES = {"image_id", "version"}
NOT_OF_A_FACE = {"id", "image_id", "rank", "left", "top", "right", "bottom", "score"}


@dataclass(frozen=True)
class Number:
    """A number's name, the SQL that fetches it, and what is missing where it is null."""

    name: str
    source: str  # image, measures, faces, quality
    column: sa.ColumnElement[Any]
    to_both_sides: bool = False  # an angle: rules look at its size, not its sign

    @property
    def absent(self) -> str:
        """The reason to leave an image out that lacks this number."""
        if self.source == "faces":
            return "no face found"
        if self.source == "quality":
            return "no quality is known yet: `swipegan judge` learns it"
        return f"{self.name} was not measured"


@cache
def numbers() -> dict[str, Number]:
    """All numbers by name: of the image, its measures, its main face and its quality, in this order."""
    listed = [*_of_images(), *_of_measures(), *_of_faces(), Number("quality", "quality", Prediction.quality.expression)]
    return {number.name: number for number in listed}


def joined(statement: sa.Select[*tuple[Any, ...]], names: list[str]) -> sa.Select[*tuple[Any, ...]]:
    """`statement` over images with the named numbers added, each table joined only if it is needed."""
    chosen = [numbers()[name] for name in names]
    sources = {number.source for number in chosen}
    if "measures" in sources:
        statement = statement.outerjoin(Measures, Measures.image_id == Image.id)
    if "faces" in sources:
        statement = statement.outerjoin(MainFace, sa.and_(MainFace.image_id == Image.id, MainFace.rank == 0))
    if "quality" in sources:
        statement = statement.outerjoin(Prediction, Prediction.image_id == Image.id)
    return statement.add_columns(*(number.column.label(number.name) for number in chosen))


def _of_images() -> list[Number]:
    faces = sa.select(sa.func.count()).where(Face.image_id == Image.id).correlate(Image).scalar_subquery()
    columns: dict[str, sa.ColumnElement[Any]] = {
        "width": Image.width.expression,
        "height": Image.height.expression,
        "bytes": Image.bytes.expression,
        "faces": faces,
    }
    return [Number(name, "image", column) for name, column in columns.items()]


def _of_measures() -> list[Number]:
    table = sa.inspect(Measures).local_table
    return [
        Number(column.name, "measures", column)
        for column in table.columns
        if column.name not in NOT_MEASURES and isinstance(column.type, sa.Float | sa.Integer | sa.Boolean)
    ]


def _of_faces() -> list[Number]:
    size = Number("face_size", "faces", (MainFace.right - MainFace.left))
    score = Number("face_score", "faces", MainFace.score.expression)
    more = [
        Number(name, "faces", getattr(MainFace, name).expression, to_both_sides=name in ("yaw", "pitch", "roll"))
        for name, column in sa.inspect(Face).columns.items()
        if name not in NOT_OF_A_FACE and isinstance(column.type, sa.Float | sa.Integer)
    ]
    return [size, score, *more]
