"""What the page to play with asks for."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import numpy as np
from flask import Blueprint, Response, current_app, jsonify, request
from numpy.typing import NDArray

from curate.pixels import encode_png
from swipeweb.access import Refused, for_role, visitor
from swipeweb.door import body, let_out, page_for
from swipeweb.play_jobs import Busy, Job, Jobs
from swipeweb.wire import BadRequest

if TYPE_CHECKING:
    from swipeweb.play import Painter

play = Blueprint("play", __name__)


@play.get("/")
@for_role("anybody")
def page() -> Response:
    """The page, or one that asks for a link."""
    return page_for("play.html")


@play.post("/api/leave")
def leave() -> Response:
    """End this browser's access."""
    return let_out()


@play.get("/api/about")
def about() -> Response:
    """What the page must know of the networks."""
    return jsonify(painter().about())


@play.post("/api/face")
def face() -> Response:
    """The small face of a wish, its landmarks and its guide."""
    drawn = painter().draw(painter().read(body()))
    return jsonify(
        face=as_url(drawn.face),
        guide=as_url(drawn.guide),
        landmarks=np.round(drawn.landmarks, 6).tolist(),
        source=drawn.source,
    )


@play.post("/api/guide")
def guide() -> Response:
    """The guide of landmarks that are being moved."""
    return jsonify(guide=as_url(painter().guide_of(body().get("landmarks"))))


@play.post("/api/portraits")
def ask() -> tuple[Response, int]:
    """Queue a portrait."""
    wish = painter().read(body())
    try:
        job = jobs().add(wish, visitor().labeler_id, painter().strokes(wish))
    except Busy as error:
        raise Refused(409, str(error)) from error
    return jsonify(jobs().news(job, 0, "", -1)), 202


@play.get("/api/portraits/<name>")
def news(name: str) -> Response:
    """What is new of a portrait; waits a while where there is nothing yet."""
    job = own(name)
    return jsonify(jobs().news(job, number("seen"), request.args.get("state", ""), number("before")))


@play.post("/api/portraits/<name>/cancel")
def cancel(name: str) -> Response:
    """Take a portrait back."""
    job = own(name)
    jobs().cancel(job)
    return jsonify(jobs().news(job, 0, "", -1))


@play.get("/api/portraits/<name>/tiles/<int(max=100000):stroke>")
def tile(name: str, stroke: int) -> Response:
    """One painted tile or candidate."""
    seen = own(name).seen
    if stroke >= len(seen):
        raise Refused(404, "this tile is not painted")
    return Response(seen[stroke].webp, mimetype="image/webp")


@play.get("/api/portraits/<name>/portrait.png")
def portrait(name: str) -> Response:
    """The finished portrait, as the command writes it."""
    painted = own(name).painted
    if painted is None:
        raise Refused(404, "this portrait is not finished")
    answer = Response(painted.png, mimetype="image/png")
    answer.headers["Content-Disposition"] = f'attachment; filename="{painted.name}"'
    return answer


def own(name: str) -> Job:
    """The visitor's job of this name."""
    job = jobs().find(name, visitor().labeler_id)
    if job is None:
        raise Refused(404, "this portrait is not kept any more; paint it again")
    return job


def number(name: str) -> int:
    """A whole number from the query, 0 where there is none."""
    text = request.args.get(name, "0")
    if not text.removeprefix("-").isdecimal() or len(text) > 9:
        raise BadRequest(f"{name} is a whole number")
    return int(text)


def as_url(picture: NDArray[np.uint8]) -> str:
    """A small picture as a data URL, a PNG."""
    return "data:image/png;base64," + base64.b64encode(encode_png(picture, 1)).decode()


def painter() -> Painter:
    """Who paints."""
    found: Any = current_app.extensions["painter"]
    return found  # type: ignore[no-any-return] # a Protocol cannot be asserted


def jobs() -> Jobs:
    """The queue."""
    found = current_app.extensions["jobs"]
    assert isinstance(found, Jobs)
    return found
