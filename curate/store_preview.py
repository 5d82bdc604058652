"""What lies at the border of each rule of an outcome that is not saved yet; the session comes first."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from curate.models import Image
from curate.numbers import joined, numbers
from curate.rules import Rule
from curate.store_outcome import Outcome


class Shown(NamedTuple):
    """An image at a rule's border: its number there (None: the rule has none, or does not know it), or the reason."""

    image: int
    value: float | None
    reason: str | None


def just_out(session: Session, rule: Rule, limit: int) -> list[Shown]:
    """Images that the rule left out, those nearest to its limit first; those without a number where all lack it."""
    if rule.limits is None:
        return _some(session, Outcome.c.rule == rule.name, limit)
    lower, _ = rule.limits
    return _at_limit(session, rule, Outcome.c.rule == rule.name, lower, limit) or _some(
        session, Outcome.c.rule == rule.name, limit
    )


def just_in(session: Session, rule: Rule, limit: int) -> list[Shown]:
    """Images that every rule lets in, those nearest to this rule's limit first; without a number just some."""
    kept = Outcome.c.rule.is_(None)
    if rule.limits is None:
        return _some(session, kept, limit)
    lower, _ = rule.limits
    return _at_limit(session, rule, kept, not lower, limit)


def _at_limit(session: Session, rule: Rule, where: sa.ColumnElement[bool], descending: bool, limit: int) -> list[Shown]:
    assert rule.limits is not None
    number = numbers()[rule.limits[1]]
    size = sa.func.abs(number.column) if number.to_both_sides else number.column
    images = sa.select(Image.id).join(Outcome, Outcome.c.image_id == Image.id)
    query = joined(images, [number.name]).where(where, number.column.is_not(None))
    rows = session.execute(query.order_by(size.desc() if descending else size, Outcome.c.sha256).limit(limit))
    return [Shown(image, float(value), None) for image, value in rows]


def _some(session: Session, where: sa.ColumnElement[bool], limit: int) -> list[Shown]:
    query = sa.select(Outcome.c.image_id, Outcome.c.reason).where(where).order_by(Outcome.c.sha256).limit(limit)
    return [Shown(image, None, reason) for image, reason in session.execute(query)]
