"""What the app is made of, as views reach it."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app
from sqlalchemy import event
from sqlalchemy.orm import Session, sessionmaker

from curate.database import make_engine
from swipeweb.keeper import Keeper
from swipeweb.queue import Dealer
from swipeweb.renditions import Renditions


@dataclass(frozen=True)
class Parts:
    """Database, renditions, the dealer of images and the keeper of the queue.

    quick: sessions whose commits do not wait for the disk, for leases, which may be lost in a power cut.
    """

    sessions: sessionmaker[Session]
    quick: sessionmaker[Session]
    renditions: Renditions
    dealer: Dealer
    keeper: Keeper


def quick_sessions(sessions: sessionmaker[Session]) -> sessionmaker[Session]:
    """Sessions on the same database that commit without waiting for the disk; SQLite alone makes the difference."""
    engine = sessions.kw["bind"]
    if engine.dialect.name != "sqlite":
        return sessions
    quick = make_engine(engine.url)
    event.listen(quick, "connect", lambda connection, _: connection.execute("pragma synchronous = normal"))
    return sessionmaker(quick, expire_on_commit=False)


def parts() -> Parts:
    """The parts of the app that answers this request."""
    found = current_app.extensions["parts"]
    assert isinstance(found, Parts)
    return found
