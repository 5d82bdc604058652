"""Every query about the queue: what is labeled next, by whom it is held, and what wants no more opinions."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple, cast

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from curate.clusters import clusters
from curate.models import File, Image, Label, Lease, Measures, Model, Prediction, QueueEntry, UtcTime, now
from curate.store_labels import stands

CHUNK = 5_000  # rows a statement
WINDOW = 256  # entries looked at together
WINDOWS = 40  # at most so many in one call: then the database searches by itself
GATE = 727_274  # PostgreSQL's advisory lock under which batches are drawn: two phones never draw the same


LEASES = cast(sa.Table, Lease.__table__)


class Drawn(NamedTuple):
    """An image drawn from the queue and why: random, queue, repeat or gold."""

    image_id: int
    purpose: str


class Cursor:
    """Where a person's search in each order goes on: all before it was labeled by that person."""

    def __init__(self) -> None:
        self.at: dict[str, float] = {}


def fill_queue(session: Session, limit: int = 200_000) -> int:
    """Give images that are new since the last time their place in the queue; how many there were.

    Up to `limit` at a time, so that no transaction is long.
    """
    last = session.scalar(sa.select(sa.func.max(QueueEntry.image_id))) or 0
    added = 0
    while added < limit:
        rows = session.execute(
            sa.select(Image.id, Image.sha256).where(Image.id > last).order_by(Image.id).limit(CHUNK)
        ).all()
        if not rows:
            break
        entries = [{"image_id": image, "state": "open", "opinions": 0, "dice": dice(sha256)} for image, sha256 in rows]
        session.execute(sa.insert(QueueEntry), entries)
        last, added = rows[-1][0], added + len(rows)
    return added


def dice(sha256: str) -> float:
    """A number in 0..1, uniform over images and the same for the same picture in every database."""
    return float(int(sha256[:13], 16) / 16**13)


def counts(session: Session) -> dict[str, int]:
    """How many images of the queue are open, closed, unreadable."""
    rows = session.execute(sa.select(QueueEntry.state, sa.func.count()).group_by(QueueEntry.state))
    return {"open": 0, "closed": 0, "unreadable": 0} | dict(rows.all())


def set_state(session: Session, image_id: int, state: str, opinions: int | None = None) -> None:
    """Open or close an image, and note how many opinions there are."""
    values: dict[str, Any] = {"state": state} | ({} if opinions is None else {"opinions": opinions})
    session.execute(sa.update(QueueEntry).where(QueueEntry.image_id == image_id).values(values))


@cache
def _entries() -> sa.Executable:
    query = sa.select(QueueEntry.image_id, QueueEntry.state, QueueEntry.opinions)
    return query.where(QueueEntry.image_id.in_(sa.bindparam("ids", expanding=True))).with_for_update()


def lock_entries(session: Session, image_ids: Iterable[int]) -> dict[int, tuple[str, int]]:
    """(state, opinions) of these images' places in the queue, held until the transaction ends."""
    rows = session.execute(_entries(), {"ids": sorted(image_ids)})
    return {image: (state, opinions) for image, state, opinions in rows}


@cache
def _set_entry() -> sa.Executable:
    table = QueueEntry.__table__
    assert isinstance(table, sa.Table)
    values: dict[str, Any] = {"state": sa.bindparam("new_state"), "opinions": sa.bindparam("new_opinions")}
    return sa.update(table).where(table.c.image_id == sa.bindparam("image")).values(values)


def set_entries(session: Session, changed: dict[int, tuple[str, int]]) -> None:
    """Write (state, opinions) of images' places in the queue."""
    rows = [{"image": image, "new_state": state, "new_opinions": n} for image, (state, n) in changed.items()]
    if rows:
        session.connection().execute(_set_entry(), rows)


def open_unreadable(session: Session) -> None:
    """Try images again whose file could not be read: the disk may be back."""
    session.execute(sa.update(QueueEntry).where(QueueEntry.state == "unreadable").values(state="open"))


def close_gate(session: Session) -> None:
    """Wait until no one else draws; SQLite's write transactions do it by themselves."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(GATE)))


@cache
def _held() -> sa.Executable:
    labeled = sa.exists().where(Label.image_id == Lease.image_id, Label.labeler_id == Lease.labeler_id, stands())
    query = sa.select(Lease.image_id, Lease.purpose).where(
        Lease.access_id == sa.bindparam("access"),
        Lease.until > sa.bindparam("now", type_=UtcTime),
        sa.or_(Lease.purpose == "repeat", ~labeled),
    )
    return query.order_by(Lease.until, Lease.image_id)


def held(session: Session, access_id: int) -> list[Drawn]:
    """What a browser holds and its person has not labeled, oldest first."""
    return [Drawn(*row) for row in session.execute(_held(), {"access": access_id, "now": now()})]


@cache
def _renew() -> sa.Executable:
    until = sa.bindparam("new_until", type_=UtcTime)
    ids: sa.BindParameter[Any] = sa.bindparam("ids", expanding=True)
    query = sa.update(LEASES).where(LEASES.c.access_id == sa.bindparam("access"), LEASES.c.image_id.in_(ids))
    return query.where(LEASES.c.until < until).values(until=until)


def renew(session: Session, access_id: int, image_ids: Sequence[int], until: dt.datetime) -> None:
    """Hold these images longer; a lease that lasts longer already stays."""
    if image_ids:
        values = {"access": access_id, "ids": list(image_ids), "new_until": until}
        session.connection().execute(_renew(), values)


@cache
def _end() -> sa.Executable:
    ids: sa.BindParameter[Any] = sa.bindparam("ids", expanding=True)
    return sa.delete(LEASES).where(LEASES.c.labeler_id == sa.bindparam("person"), LEASES.c.image_id.in_(ids))


def lease(session: Session, labeler_id: int, access_id: int, drawn: Sequence[Drawn], until: dt.datetime) -> None:
    """Hold images for one browser of a person, instead of what that person's leases on them said before."""
    if not drawn:
        return
    session.connection().execute(_end(), {"person": labeler_id, "ids": [image for image, _ in drawn]})
    rows = [
        {"image_id": image, "labeler_id": labeler_id, "access_id": access_id, "until": until, "purpose": purpose}
        for image, purpose in drawn
    ]
    session.connection().execute(sa.insert(LEASES), rows)


@cache
def _purposes() -> sa.Executable:
    ids: sa.BindParameter[Any] = sa.bindparam("ids", expanding=True)
    return sa.select(Lease.image_id, Lease.purpose).where(
        Lease.labeler_id == sa.bindparam("person"), Lease.image_id.in_(ids)
    )


def take_leases(session: Session, labeler_id: int, image_ids: Iterable[int]) -> dict[int, str]:
    """End a person's leases on these images; the purpose each had."""
    values = {"person": labeler_id, "ids": list(image_ids)}
    found: dict[int, str] = dict(session.execute(_purposes(), values).all())
    if found:
        session.connection().execute(_end(), values)
    return found


def end_leases(session: Session, access_id: int) -> None:
    """Give back all that a browser holds."""
    session.execute(sa.delete(Lease).where(Lease.access_id == access_id))


def forget_old_leases(session: Session, keep: dt.timedelta = dt.timedelta(days=7)) -> None:
    """Remove leases that ended long ago; until then they tell late verdicts what they were for."""
    session.execute(sa.delete(Lease).where(Lease.until < now() - keep))


def draw(
    session: Session,
    labeler_id: int,
    count: int,
    *,
    order: InstrumentedAttribute[Any],
    opinions: int,
    without: set[int],
    cursor: Cursor,
) -> list[int]:
    """Up to `count` open images that this person has not labeled and that nobody else holds the last opinion on.

    order: QueueEntry.dice or QueueEntry.place, ascending. without: ids that are not to be drawn.
    """
    drawn: list[int] = []
    at, prefix = cursor.at.get(order.key, -1.0), True
    for _ in range(WINDOWS):
        values = {"person": labeler_id, "now": now(), "after": at}
        rows = session.execute(_window(order.key), values).all()
        for image, position, mine, others, given in rows:
            prefix = prefix and bool(mine)
            if prefix:
                cursor.at[order.key] = position
            if not mine and given + others < opinions and image not in without and len(drawn) < count:
                drawn.append(image)
        if len(drawn) >= count or len(rows) < WINDOW:
            break
        at = rows[-1][1]
    return drawn


@cache
def _window(order: str) -> sa.Executable:
    """The next entries in an order: image, position, whether it was labeled by this person, holders, opinions."""
    person: sa.BindParameter[Any] = sa.bindparam("person")
    column = getattr(QueueEntry, order)
    done = sa.exists().where(Label.image_id == QueueEntry.image_id, Label.labeler_id == person, stands())
    held_by_others = (
        sa.select(sa.func.count())
        .where(Lease.image_id == QueueEntry.image_id, Lease.until > sa.bindparam("now", type_=UtcTime))
        .where(Lease.labeler_id != person)
        .scalar_subquery()
    )
    query = sa.select(QueueEntry.image_id, column, done, held_by_others, QueueEntry.opinions)
    query = query.where(QueueEntry.state == "open", column > sa.bindparam("after"))
    return query.order_by(column, QueueEntry.image_id).limit(WINDOW)


@cache
def _holds_now() -> sa.Executable:
    query = sa.select(Lease.image_id).where(Lease.labeler_id == sa.bindparam("person"))
    return query.where(Lease.until > sa.bindparam("now", type_=UtcTime))


def holds_now(session: Session, labeler_id: int) -> set[int]:
    """The images that a person holds, on any browser."""
    return set(session.scalars(_holds_now(), {"person": labeler_id, "now": now()}))


def draw_repeat(session: Session, labeler_id: int, dice: random.Random, apart: int = 30) -> int | None:
    """An image that this person labeled at least `apart` verdicts ago and has not seen twice, or None."""
    mine = sa.select(Label.seq).where(Label.labeler_id == labeler_id, Label.verdict != "undo")
    newest = session.scalar(mine.order_by(Label.seq.desc()).offset(apart).limit(1))
    oldest = session.scalar(mine.order_by(Label.seq).limit(1))
    if newest is None or oldest is None:
        return None
    query = (
        sa.select(Label.image_id)
        .where(Label.labeler_id == labeler_id, Label.seq >= dice.randint(oldest, newest), Label.seq <= newest)
        .where(stands(), Label.verdict.in_(("good", "bad")), Label.purpose.in_(("queue", "random")))
        .order_by(Label.seq)
        .limit(1)
    )
    image = session.scalar(query)
    seen_twice = sa.select(Label.seq).where(
        Label.image_id == image, Label.labeler_id == labeler_id, Label.purpose == "repeat"
    )
    return None if image is None or session.scalar(seen_twice.limit(1)) else image


def draw_gold(session: Session, labeler_id: int, dice: random.Random) -> int | None:
    """An image that a reviewer settled and this person has not labeled, or None."""
    settled = sa.select(Label.image_id).where(Label.purpose == "review", stands(), Label.verdict.in_(("good", "bad")))
    low, high = session.execute(
        sa.select(sa.func.min(Label.image_id), sa.func.max(Label.image_id)).where(Label.purpose == "review")
    ).one()
    if low is None:
        return None
    mine = sa.select(Label.image_id).where(Label.labeler_id == labeler_id, stands())
    query = settled.where(Label.image_id.not_in(mine), Label.image_id >= dice.randint(low, high))
    return session.scalar(query.order_by(Label.image_id).limit(1))


def has_new_images(session: Session) -> bool:
    """Whether images wait for their place in the queue."""
    last = session.scalar(sa.select(sa.func.max(QueueEntry.image_id))) or 0
    return session.scalar(sa.select(Image.id).where(Image.id > last).limit(1)) is not None


def basis_of(session: Session, order: str) -> object:
    """What an order rests on: it is to be made anew when this changes."""
    if order == "random":
        return "random"
    if order == "folder":
        return session.scalar(sa.select(sa.func.max(QueueEntry.image_id)))
    model = session.scalar(sa.select(sa.func.max(Model.id)))
    if model is None:
        return None
    placed = sa.select(QueueEntry.image_id).where(QueueEntry.state == "open", QueueEntry.place.is_not(None)).limit(1)
    return model, session.scalar(placed) is None


def make_places(session: Session, order: str) -> int:
    """Give images their places in an order; how many have one."""
    session.execute(sa.update(QueueEntry).where(QueueEntry.place.is_not(None)).values(place=None))
    images = {"random": lambda _: [], "folder": by_folder, "uncertain": by_uncertainty}[order](session)
    if images:
        rows = [{"image_id": image, "place": float(place)} for place, image in enumerate(images)]
        session.execute(sa.update(QueueEntry), rows)
    return len(images)


def by_folder(session: Session) -> list[int]:
    """Every image in the order of its path."""
    path = sa.func.min(File.path)
    query = sa.select(File.image_id).where(File.image_id.is_not(None), File.state == "ok").group_by(File.image_id)
    known = set(session.scalars(sa.select(QueueEntry.image_id)))
    return [image for image in session.scalars(query.order_by(path)) if image in known]


def by_uncertainty(session: Session, most: int = 20_000) -> list[int]:
    """Open images of which the quality model is least sure, alternating between kinds of pictures.

    At most `most`, half from each side of one half. Kinds are clusters of the measures where there are any.
    """
    sides = [
        sa.select(Prediction.image_id, Prediction.quality).where(half).order_by(order).limit(most // 2)
        for half, order in (
            (Prediction.quality >= 0.5, Prediction.quality),
            (Prediction.quality < 0.5, Prediction.quality.desc()),
        )
    ]
    open_ones = sa.select(QueueEntry.image_id).where(QueueEntry.state == "open")
    found = [row for side in sides for row in session.execute(side.where(Prediction.image_id.in_(open_ones)))]
    images = [image for image, _ in found]
    return spread_kinds(images, [abs(quality - 0.5) for _, quality in found], _kinds(session, images))


def spread_kinds(images: Sequence[int], doubt: Sequence[float], kinds: Sequence[int]) -> list[int]:
    """Images by doubt (the smaller the earlier) within their kind, the kinds taking turns."""
    turns: dict[int, int] = {}
    places = []
    for index in sorted(range(len(images)), key=lambda one: doubt[one]):
        turn = turns.get(kinds[index], 0)
        turns[kinds[index]] = turn + 1
        places.append((turn, doubt[index], images[index]))
    return [image for _, _, image in sorted(places)]


def _kinds(session: Session, images: Sequence[int], count: int = 24) -> list[int]:
    """A cluster number for each image, by its measures; all the same where there are none."""
    columns = [c for c in Measures.__table__.columns if isinstance(c.type, sa.Float)]
    values: dict[int, list[float]] = {}
    for start in range(0, len(images), 500):
        some = Measures.image_id.in_(images[start : start + 500])
        for image, *row in session.execute(sa.select(Measures.image_id, *columns).where(some)):
            values[image] = [float("nan") if value is None else float(value) for value in row]
    if len(values) < 2 * count:
        return [0] * len(images)
    return clusters([values.get(image, [float("nan")] * len(columns)) for image in images], count)
