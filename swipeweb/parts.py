"""What the app is made of, as views reach it."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app
from sqlalchemy.orm import Session, sessionmaker

from swipeweb.keeper import Keeper
from swipeweb.queue import Dealer
from swipeweb.renditions import Renditions


@dataclass(frozen=True)
class Parts:
    """Database, renditions, the dealer of images and the keeper of the queue."""

    sessions: sessionmaker[Session]
    renditions: Renditions
    dealer: Dealer
    keeper: Keeper


def parts() -> Parts:
    """The parts of the app that answers this request."""
    found = current_app.extensions["parts"]
    assert isinstance(found, Parts)
    return found
