"""Every query about links and cookies: who may come in, until when, as what."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from functools import cache
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from curate.models import Access, Labeler, UtcTime, now


class Visitor(NamedTuple):
    """Who is at the other end of a request."""

    access_id: int
    labeler_id: int
    name: str
    role: str


def secret_hash(secret: str) -> str:
    """What is kept of a secret; 256 random bits need no salt and no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def make_link(session: Session, labeler: Labeler, valid: dt.timedelta) -> str:
    """A new one-time secret that lets one browser in as this person."""
    return _make(session, labeler.id, "link", valid)


def redeem(session: Session, secret: str, valid: dt.timedelta) -> tuple[str, Visitor] | None:
    """Turn a link's secret into a cookie's: once, before it expires, unless it was revoked."""
    query = sa.update(Access).where(Access.secret_sha256 == secret_hash(secret), Access.kind == "link", _valid())
    if session.execute(query.where(Access.used.is_(None)).values(used=now())).rowcount != 1:  # type: ignore[attr-defined] # a CursorResult
        return None
    labeler = session.scalar(sa.select(Access.labeler_id).where(Access.secret_sha256 == secret_hash(secret)))
    assert labeler is not None
    cookie = _make(session, labeler, "cookie", valid)
    visitor = find_visitor(session, cookie)
    assert visitor is not None
    return cookie, visitor


@cache
def _find_visitor() -> sa.Executable:
    now_ = sa.bindparam("now", type_=UtcTime)
    return (
        sa.select(Access.id, Labeler.id, Labeler.name, Labeler.role)
        .join(Labeler, Labeler.id == Access.labeler_id)
        .where(Access.secret_sha256 == sa.bindparam("secret"), Access.kind == "cookie")
        .where(Access.expires > now_, Access.revoked.is_(None))
    )


def find_visitor(session: Session, cookie: str) -> Visitor | None:
    """Whose cookie this is, if it holds."""
    row = session.execute(_find_visitor(), {"secret": secret_hash(cookie), "now": now()}).first()
    return None if row is None else Visitor(*row)


def revoke(session: Session, labeler_id: int) -> int:
    """End every link and cookie of a person; how many there were."""
    query = sa.update(Access).where(Access.labeler_id == labeler_id, _valid()).values(revoked=now())
    return int(session.execute(query).rowcount)  # type: ignore[attr-defined] # a CursorResult


def revoke_one(session: Session, access_id: int) -> None:
    """End one browser's access."""
    session.execute(sa.update(Access).where(Access.id == access_id).values(revoked=now()))


def open_accesses(session: Session, labeler_id: int) -> tuple[int, int]:
    """(links that wait to be used, browsers that are let in) of a person."""
    query = sa.select(Access.kind, sa.func.count()).where(Access.labeler_id == labeler_id, _valid())
    query = query.where(sa.or_(Access.kind == "cookie", Access.used.is_(None))).group_by(Access.kind)
    found = dict(session.execute(query).all())
    return found.get("link", 0), found.get("cookie", 0)


def _make(session: Session, labeler_id: int, kind: str, valid: dt.timedelta) -> str:
    secret = secrets.token_urlsafe(32)
    access = Access(labeler_id=labeler_id, kind=kind, secret_sha256=secret_hash(secret), expires=now() + valid)
    session.add(access)
    session.flush()
    return secret


def _valid() -> sa.ColumnElement[bool]:
    return sa.and_(Access.expires > now(), Access.revoked.is_(None))
