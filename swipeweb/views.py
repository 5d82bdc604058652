"""The pages and the interface for programs; docs/swipe-api.md describes the latter."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request

from curate import store_labels, store_queue
from curate.errors import UserError
from curate.pixels import BadImage
from curate.store_labels import Verdict
from swipeweb.access import for_role, reading, visitor
from swipeweb.door import body, let_out, page_for
from swipeweb.parts import Parts, parts
from swipeweb.queue import Outcome
from swipeweb.renditions import Kind, Size, region
from swipeweb.wire import BadRequest, read_verdicts

swipe = Blueprint("swipe", __name__)

AT_ONCE = 100  # images in one answer
TAKE_ALONG = 1_000
HOURS = 48.0


class Gone(UserError):
    """An image whose file is not there any more."""


@swipe.get("/")
@for_role("anybody")
def page() -> Response:
    """The swipe page, or a page that asks for a link."""
    return page_for("swipe.html")


@swipe.post("/api/leave")
def leave() -> Response:
    """End this browser's access and give back what it holds."""
    with parts().sessions.begin() as session:
        store_queue.end_leases(session, visitor().access_id)
    return let_out()


@swipe.get("/api/next")
def next_images() -> Response:
    """The next images, held for this browser."""
    hours = min(number("hours", 0.0), HOURS)
    count = int(min(max(number("count", 8), 0), TAKE_ALONG if hours else AT_ONCE))
    hold = dt.timedelta(hours=hours) if hours else None
    app = parts()
    with app.quick.begin() as session:
        drawn = app.dealer.deal(session, visitor(), count, ids("have"), hold)
    with reading(app.sessions) as session:
        app.dealer.learn_own(session, visitor().labeler_id)
        sources = store_labels.sources(session, [image for image, _ in drawn])
    app.renditions.make_ahead(list(sources.values()), size())
    images = [describe(image, sources[image]) for image, _ in drawn if image in sources]
    lost = [image for image, _ in drawn if image not in sources]
    if lost:
        close_unreadable(app, lost)
    return jsonify(images=images, progress=progress_of(app), lost=len(lost))


def describe(image: int, source: store_labels.Source) -> dict[str, Any]:
    """What a client is told of an image: no path."""
    left, top, right, bottom = region(source)
    return {
        "id": image,
        "sha256": source.sha256,
        "width": source.width,
        "height": source.height,
        "region": [left, top, right, bottom],
        "face": source.box is not None,
    }


def close_unreadable(app: Parts, images: list[int]) -> None:
    """Take images out of the queue whose file cannot be read."""
    with app.sessions.begin() as session:
        for image in images:
            store_queue.set_state(session, image, "unreadable")


@swipe.get("/api/images/<int(max=9007199254740991):image>/<any(face, whole, zoom):kind>")
def picture(image: int, kind: Kind) -> Response:
    """One rendition."""
    app = parts()
    with reading(app.sessions) as session:
        source = store_labels.source(session, image)
    if source is None:
        raise Gone("this image is not there any more")
    try:
        rendition = app.renditions.get(source, kind, size())
    except BadImage as error:
        close_unreadable(app, [image])
        raise Gone("this image cannot be read any more") from error
    return Response(rendition.data, mimetype="image/webp")


@swipe.post("/api/verdicts")
def verdicts() -> Response:
    """Store verdicts; the answer comes after the commit, and the same request again changes nothing."""
    events, refused = read_verdicts(body())
    app = parts()
    outcome = store(app, events)
    app.dealer.count_own(visitor().labeler_id, outcome, events)
    return jsonify(
        stored=outcome.stored, known=outcome.known, refused=outcome.refused | refused, progress=progress_of(app)
    )


def store(app: Parts, events: list[Verdict], review: bool = False) -> Outcome:
    """Store events; they are on the disk when this returns."""
    with app.keeper.counting:
        with app.sessions.begin() as session:
            outcome = app.dealer.record(session, visitor(), events, review)
        app.keeper.add_closed(outcome.closed)
    return outcome


@swipe.get("/review")
@for_role("reviewer")
def review_page() -> str:
    """The page on which contested photos are settled."""
    return render_template("review.html", person=visitor())


@swipe.get("/api/contested")
@for_role("reviewer")
def contested() -> Response:
    """Images on which people differ, with what each said and how likely each image is good after all."""
    app = parts()
    with reading(app.sessions) as session:
        found = store_labels.contested(session)
        skills = store_labels.skills(session)
        people = {person.name: person.id for person in store_labels.labelers(session)}
    images = [
        {
            "id": image,
            "votes": votes,
            "good": app.dealer.sure({people[name]: said for name, said in votes.items()}, skills),
        }
        for image, votes in found
    ]
    return jsonify(images=images)


@swipe.post("/api/settle")
@for_role("reviewer")
def settle() -> Response:
    """Store a reviewer's verdicts on contested images, made knowing what others said."""
    events, refused = read_verdicts(body())
    app = parts()
    outcome = store(app, events, review=True)
    return jsonify(stored=outcome.stored, known=outcome.known, refused=outcome.refused | refused)


@swipe.get("/api/history")
def own_history() -> Response:
    """This person's verdicts that hold, newest first."""
    before, verdict = next(iter(ids("before")), None), request.args.get("verdict")
    with reading(parts().sessions) as session:
        rows = store_labels.history(session, visitor().labeler_id, before=before, verdict=verdict)
    return jsonify(verdicts=[row._asdict() | {"decided": row.decided.timestamp() * 1000} for row in rows])


@swipe.get("/api/progress")
def progress() -> Response:
    """How far everybody and this person is."""
    with reading(parts().sessions) as session:
        own = store_labels.count_own(session, visitor().labeler_id)
    parts().dealer.set_own(visitor().labeler_id, sum(own.values()))
    return jsonify(progress_of(parts()) | {"yours": own, "name": visitor().name, "role": visitor().role})


def progress_of(app: Parts) -> dict[str, Any]:
    """Images done and in all; with several opinions an image, done is what this person did."""
    totals = app.keeper.totals
    own = app.dealer.own(visitor().labeler_id)
    done = totals.closed if app.dealer.options.opinions == 1 or own is None else own
    opinions = app.dealer.options.opinions
    return {"total": totals.total, "done": done, "opinions": opinions, "lesson": app.keeper.lesson}


def number(name: str, default: float) -> float:
    """A number from the query, finite."""
    try:
        value = float(request.args.get(name, default))
    except ValueError as error:
        raise BadRequest(f"{name} is a number") from error
    if not -1e9 < value < 1e9:
        raise BadRequest(f"{name} is a number")
    return value


def ids(name: str) -> list[int]:
    """Ids separated by commas from the query."""
    text = request.args.get(name, "")
    try:
        found = [int(part) for part in text.split(",") if part]
    except ValueError as error:
        raise BadRequest(f"{name} holds ids separated by commas") from error
    if any(not 0 < one < 2**53 for one in found) or len(found) > 2 * TAKE_ALONG:
        raise BadRequest(f"{name} holds ids separated by commas")
    return found


def size() -> Size:
    """Which renditions the client wants: large, or small on a slow line."""
    return "s" if request.args.get("size") == "s" else "l"
