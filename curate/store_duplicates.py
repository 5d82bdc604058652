"""Groups of images that are one picture, by what a scan wrote; the session comes first."""

from __future__ import annotations

from typing import NamedTuple, TypeGuard

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from curate.duplicates import CHIP, COARSE, alike_faces, coarse_of, near_hashes, same_photo
from curate.models import Face, Image, Measures
from curate.pairs import NONE, Pairs, groups
from curate.people import same_people

CHUNK = 10_000  # rows held as Python objects at a time
PAIRS = 200  # whose chips are fetched together

Pixels = NDArray[np.uint8]


class Looks(NamedTuple):
    """What tells copies, of images in the order of their rank: coarse chips of those with a face, others' hashes."""

    ids: NDArray[np.int64]
    faced: NDArray[np.int64]  # places in ids
    chips: Pixels  # (faced, 16, 16)
    faceless: NDArray[np.int64]
    hashes: list[str]


def same_pictures(session: Session, among: sa.Select[int] | None = None) -> list[list[int]]:
    """Ids of images that show one photo, however cut, mirrored, stored or lit: the best copy of each group first.

    among: a query for the ids of those to look at, instead of all.

    Images with faces are one picture if their main faces are, all others if their perceptual hashes nearly agree. The
    best copy has the most real detail (effective resolution), then the most pixels, the most bytes, the first SHA-256.
    """
    looks = _looks(session, among)
    faces = _confirmed(session, looks.ids, looks.faced[alike_faces(looks.chips)])
    others = looks.faceless[near_hashes(looks.hashes)]
    return [
        [int(looks.ids[place]) for place in group] for group in groups(len(looks.ids), np.concatenate([faces, others]))
    ]


def same_persons(session: Session) -> list[list[int]]:
    """Ids of images whose main faces are one person's, by the descriptors of `scan --people`."""
    query = sa.select(Face.image_id, Face.descriptor).join(Image, Image.id == Face.image_id)
    query = query.where(Face.rank == 0, Face.descriptor.is_not(None)).order_by(Image.sha256)
    ids: list[int] = []
    numbers = bytearray()
    for rows in session.execute(query.execution_options(yield_per=CHUNK)).partitions():
        for image, descriptor in rows:
            ids.append(image)
            numbers += descriptor or b""
    return [[ids[place] for place in group] for group in same_people(np.frombuffer(numbers, "<f4").reshape(-1, 128))]


def _looks(session: Session, among: sa.Select[int] | None) -> Looks:
    rank = sa.func.coalesce(Measures.resolution, 0).desc(), (Image.width * Image.height).desc(), Image.bytes.desc()
    statement = (
        sa.select(Image.id, Measures.phash, Face.chip)
        .join(Measures, Measures.image_id == Image.id)
        .outerjoin(Face, sa.and_(Face.image_id == Image.id, Face.rank == 0))
        .order_by(*rank, Image.sha256)
    )
    chosen = statement if among is None else statement.where(Image.id.in_(among))
    ids: list[int] = []
    faced: list[int] = []
    faceless: list[int] = []
    hashes: list[str] = []
    chips = bytearray()
    for rows in session.execute(chosen.execution_options(yield_per=CHUNK)).partitions():
        for image, phash, chip in rows:
            if is_chip(chip):
                faced.append(len(ids))
                chips += coarse_of(_as_pixels(chip)).tobytes()
            elif phash is not None:
                faceless.append(len(ids))
                hashes.append(phash)
            ids.append(image)
    small = np.frombuffer(chips, np.uint8).reshape(-1, COARSE, COARSE)
    return Looks(np.array(ids, np.int64), np.array(faced, np.int64), small, np.array(faceless, np.int64), hashes)


def _confirmed(session: Session, ids: NDArray[np.int64], pairs: Pairs) -> Pairs:
    """Those of the pairs of places in `ids` whose chips are of one photo."""
    kept = [NONE]
    for start in range(0, len(pairs), PAIRS):
        part = pairs[start : start + PAIRS]
        wanted = [int(image) for image in np.unique(ids[part])]
        query = sa.select(Face.image_id, Face.chip).where(Face.rank == 0, Face.image_id.in_(wanted))
        chips = {image: _as_pixels(chip) for image, chip in session.execute(query) if chip is not None}
        sure = [same_photo(chips[int(ids[first])], chips[int(ids[second])]) for first, second in part]
        kept.append(part[np.array(sure, bool)])
    return np.concatenate(kept)


def is_chip(chip: bytes | None) -> TypeGuard[bytes]:
    """Whether a face has a chip of today's size; earlier scans drew others."""
    return chip is not None and len(chip) == CHIP * CHIP


def _as_pixels(chip: bytes) -> Pixels:
    return np.frombuffer(chip, np.uint8).reshape(CHIP, CHIP)
