"""The swipe app as a list of its parts."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from sqlalchemy.orm import Session, sessionmaker

from swipeweb.access import Doorkeeper
from swipeweb.assets import Assets
from swipeweb.config import SwipeOptions
from swipeweb.door import Sign, answer_error, open_door
from swipeweb.keeper import Keeper
from swipeweb.parts import Parts, quick_sessions
from swipeweb.queue import Dealer
from swipeweb.renditions import Renditions
from swipeweb.views import Gone, swipe

BODY = 512 * 1024  # bytes a request may send
SIGN = Sign("Sort photos with your thumb", "swipegan swipe", "ways.html")


def create_app(
    sessions: sessionmaker[Session], cache: Path, options: SwipeOptions, keeper: Doorkeeper, seed: int | None = None
) -> Flask:
    """A swipe app on a workspace's database; the thread of its `Keeper` is started by whoever serves it."""
    app = Flask("swipeweb", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = BODY
    dealer = Dealer(options, seed)
    app.extensions["parts"] = Parts(
        sessions, quick_sessions(sessions), Renditions(cache), dealer, Keeper(sessions, dealer)
    )
    open_door(app, keeper, SIGN, Assets())
    app.register_blueprint(swipe)
    app.register_error_handler(Gone, lambda error: answer_error(410, str(error)))
    return app
