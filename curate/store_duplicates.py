"""Groups of images that are one picture, by what a scan wrote; the session comes first."""

from __future__ import annotations

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from curate.duplicates import CHIP, alike_faces, near_hashes
from curate.models import Face, Image, Measures
from curate.pairs import groups


def same_pictures(session: Session, among: sa.Select[int] | None = None) -> list[list[int]]:
    """Ids of images that show one photo, however cut, mirrored, stored or lit: the best copy of each group first.

    among: a query for the ids of those to look at, instead of all.

    Images with faces are one picture if their main faces are, all others if their perceptual hashes nearly agree. The
    best copy has the most real detail (effective resolution), then the most pixels, the most bytes, the first SHA-256.
    """
    rank = sa.func.coalesce(Measures.resolution, 0).desc(), (Image.width * Image.height).desc(), Image.bytes.desc()
    statement = (
        sa.select(Image.id, Measures.phash, Face.chip)
        .join(Measures, Measures.image_id == Image.id)
        .outerjoin(Face, sa.and_(Face.image_id == Image.id, Face.rank == 0))
        .order_by(*rank, Image.sha256)
    )
    rows = session.execute(statement if among is None else statement.where(Image.id.in_(among))).all()
    faced = [place for place, row in enumerate(rows) if row.chip is not None]
    faceless = [place for place, row in enumerate(rows) if row.chip is None and row.phash is not None]
    chips = np.frombuffer(b"".join(rows[place].chip for place in faced), np.uint8).reshape(-1, CHIP, CHIP)
    hashes = [rows[place].phash for place in faceless]
    found = np.concatenate(
        [np.array(faced, np.int64)[alike_faces(chips)], np.array(faceless, np.int64)[near_hashes(hashes)]]
    )
    return [[rows[place].id for place in group] for group in groups(len(rows), found)]
