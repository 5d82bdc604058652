"""The swipe app as a list of its parts."""

from __future__ import annotations

from pathlib import Path

from flask import Flask, Response, jsonify
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.exceptions import HTTPException

from swipeweb.access import Doorkeeper, Refused, guard
from swipeweb.assets import Assets
from swipeweb.config import SwipeOptions
from swipeweb.keeper import Keeper
from swipeweb.parts import Parts, quick_sessions
from swipeweb.queue import Dealer
from swipeweb.renditions import Renditions
from swipeweb.views import Gone, swipe
from swipeweb.wire import BadRequest

BODY = 512 * 1024  # bytes a request may send


def create_app(
    sessions: sessionmaker[Session], cache: Path, options: SwipeOptions, keeper: Doorkeeper, seed: int | None = None
) -> Flask:
    """A swipe app on a workspace's database; the thread of its `Keeper` is started by whoever serves it."""
    app = Flask("swipeweb", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = BODY
    app.json.sort_keys = False  # type: ignore[attr-defined] # of Flask's default provider
    dealer = Dealer(options, seed)
    app.extensions["assets"] = Assets()
    app.extensions["parts"] = Parts(
        sessions, quick_sessions(sessions), Renditions(cache), dealer, Keeper(sessions, dealer)
    )
    app.jinja_env.globals["assets"] = app.extensions["assets"]
    guard(app, keeper)
    app.register_blueprint(swipe)
    app.register_error_handler(Refused, lambda error: _error(error.status, str(error)))
    app.register_error_handler(BadRequest, lambda error: _error(400, str(error)))
    app.register_error_handler(Gone, lambda error: _error(410, str(error)))
    app.register_error_handler(HTTPException, lambda error: _error(error.code or 500, error.name))
    return app


def _error(status: int, message: str) -> Response:
    answer = jsonify(error=message)
    answer.status_code = status
    return answer
