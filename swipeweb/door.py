"""What every app of this package has at its door: links, the page that redeems them, and the pages' own files."""

from __future__ import annotations

import logging
from typing import Any, NamedTuple

from flask import Blueprint, Flask, Response, current_app, jsonify, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from curate import store_access
from curate.database import BrokenDatabase
from swipeweb.access import COOKIE_LASTS, Doorkeeper, Refused, doorkeeper, for_role, guard, visitor
from swipeweb.assets import Assets, assets
from swipeweb.wire import BadRequest

door = Blueprint("door", __name__)
log = logging.getLogger("swipegan.swipe")


class Sign(NamedTuple):
    """What the door says: the app's title, the command that shows links, the template of its welcome."""

    title: str
    command: str
    welcome: str


def open_door(app: Flask, keeper: Doorkeeper, sign: Sign, files: Assets) -> None:
    """Give an app its doorkeeper, its door and its files, and errors as JSON."""
    app.json.sort_keys = False  # type: ignore[attr-defined] # of Flask's default provider
    app.extensions["assets"] = files
    app.jinja_env.globals.update(assets=files, sign=sign)
    guard(app, keeper)
    app.register_blueprint(door)
    app.register_error_handler(Refused, lambda error: answer_error(error.status, str(error)))
    app.register_error_handler(BadRequest, lambda error: answer_error(400, str(error)))
    app.register_error_handler(BrokenDatabase, cannot_store)
    app.register_error_handler(HTTPException, lambda error: answer_error(error.code or 500, error.name))


def answer_error(status: int, message: str) -> Response:
    """An error as every page understands it."""
    answer = jsonify(error=message)
    answer.status_code = status
    return answer


def cannot_store(error: BrokenDatabase) -> Response:
    """What a page is told of a full disk and the like; the terminal hears which file it is."""
    log.error("%s", error)
    return answer_error(503, "nothing can be stored just now; what you decided waits on your device")


@door.get("/join")
@for_role("anybody")
def join_page() -> str:
    """The page with the Start button; the token stands behind the # and is not sent with this request."""
    return render_template("join.html", known=True)


@door.post("/api/join")
@for_role("anybody")
def join() -> Response:
    """Take a link's token, give a cookie."""
    if not doorkeeper().joins.allows(request.remote_addr or ""):
        raise Refused(429, "too many tries; wait a minute")
    token = body().get("token")
    if not isinstance(token, str) or not token.isascii():
        token = ""
    with doorkeeper().sessions.begin() as session:
        found = store_access.redeem(session, token, COOKIE_LASTS)
    if found is None:
        raise Refused(403, "this link was used or has expired; ask for a fresh one")
    cookie, person = found
    return doorkeeper().let_in(jsonify(name=person.name, role=person.role), cookie)


def page_for(template: str) -> Response:
    """A page for who is known to this browser; for all others the one that asks for a link."""
    person = doorkeeper().known()
    if person is None:
        return make_response(render_template("join.html", known=False), 401)
    return make_response(render_template(template, person=person))


def let_out() -> Response:
    """End this browser's access."""
    with doorkeeper().sessions.begin() as session:
        store_access.revoke_one(session, visitor().access_id)
    answer = jsonify({})
    answer.delete_cookie(doorkeeper().cookie)
    return answer


def body() -> dict[str, Any]:
    """The request's JSON object."""
    try:
        content = request.get_json(silent=True)
    except RecursionError:  # nested deeper than the parser goes
        content = None
    if not isinstance(content, dict):
        raise BadRequest("send a JSON object")
    return content


@door.get("/static/<version>/<name>")
@for_role("anybody")
def static_file(version: str, name: str) -> Response:
    """A script or style of the page."""
    return assets(current_app).answer(name, version)


@door.get("/<any('sw.js', 'manifest.webmanifest', 'icon.svg'):name>")
@for_role("anybody")
def root_file(name: str) -> Response:
    """Files that must lie at the root."""
    return assets(current_app).answer(name, None)
