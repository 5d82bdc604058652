"""Whatever is asked of the apps is answered by 2xx or 4xx, never by a stumble: bodies, paths, queries, every route."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from fuzz_kit import Json, Text, dumped, fuzzing, tried
from hypothesis import example, given
from hypothesis import strategies as st
from play_fixtures import make_painter, playing, quick_workspace
from route_matrix import doorkeeper, let_in, routes
from swipe_helpers import make_workspace, serving

from swipeweb.access import RateLimit

Record = Callable[[str, object], None]
Names = st.sampled_from(
    [
        "uuid",
        "image",
        "verdict",
        "how",
        "decided",
        "undoes",
        "reason",
        "milliseconds",
        "rendition",
        "verdicts",
        "token",
        "seed",
        "toward",
        "along",
        "landmarks",
        "candidates",
        "truncation",
        "size",
        "faithful",
        "share",
    ]
)
Plausible = st.sampled_from(
    [
        "00000000-0000-4000-8000-000000000000",
        1,
        2,
        "good",
        "bad",
        "undo",
        "swipe",
        1.7e12,
        "blurry",
        "face 1x1",
        5,
        None,
    ]
)
Events = st.dictionaries(Names, Plausible | Json, max_size=9)
Whole = st.fixed_dictionaries(
    {
        "uuid": st.uuids().map(str),
        "image": st.integers(1, 6) | Json,
        "verdict": st.sampled_from(["good", "bad", "skip"]) | Json,
        "how": st.just("swipe") | Json,
        "decided": st.floats() | Json,
    },
    optional={
        "reason": Plausible | Json,
        "milliseconds": Plausible | Json,
        "undoes": st.uuids().map(str) | Json,
        "rendition": Text,
    },
)
Bodies = (
    (st.fixed_dictionaries({"verdicts": st.lists(Whole | Events | Json, max_size=4)}) | Events | Json).map(dumped)
    | st.binary(max_size=40)
    | st.sampled_from([b"[" * 60_000, b'{"a":' * 40_000, b"\xff", b"NaN", b'"\\ud800"'])
)
Pieces = (
    st.sampled_from(["..", "%2e%2e", "%00", "api", "images", "1", "-1", "9" * 30, "face", "etc/passwd", "static", "\\"])
    | Text
)
Queries = st.dictionaries(
    st.sampled_from(["count", "hours", "have", "size", "before", "verdict", "seen", "state"]),
    Text | st.sampled_from(["nan", "1e999", "-1", "9" * 50, "1,,2", "²", "1_0"]),
    max_size=3,
)


@pytest.fixture(scope="module")
def swipe_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    with serving(make_workspace(tmp_path_factory.mktemp("fuzz"), 6)) as server:
        yield server.app


@pytest.fixture(scope="module")
def play_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    with (
        quick_workspace(tmp_path_factory.mktemp("fuzzplay")) as workspace,
        playing(workspace, make_painter(workspace)) as server,
    ):
        yield server.app


def browser(app: Flask) -> tuple[FlaskClient, str]:
    """Somebody who may do everything, as often as they like."""
    doorkeeper(app).requests = doorkeeper(app).joins = RateLimit(1e9, 1e9)
    return let_in(app, "fuzz", "owner"), f"http://127.0.0.1:{doorkeeper(app).cookie.rpartition('_')[2]}"


def told(app: Flask, client: FlaskClient, home: str, method: str, path: str, **more: Any) -> int:
    """The answer's status; anything that is none is a crash."""
    answer = client.open(path, method=method, base_url=home, **more)
    assert answer.status_code < 500 or answer.status_code == 503, (method, path[:200], answer.status_code)
    assert b"Traceback" not in answer.data
    return answer.status_code


@fuzzing(200)
@given(
    body=Bodies,
    where=st.sampled_from(["/api/verdicts", "/api/settle", "/api/join"]),
    kind=st.sampled_from(["application/json", "text/plain", "", "application/json; charset=utf-7"]),
)
@example(body=b"[" * 60_000, where="/api/verdicts", kind="application/json")
@example(body=b'{"token": "\\ud800"}', where="/api/join", kind="application/json")
def run_bodies(app: Flask, client: FlaskClient, home: str, body: bytes, where: str, kind: str) -> None:
    """A body that somebody sends."""
    told(app, client, home, "POST", where, data=body, content_type=kind)


def test_no_body_makes_the_swipe_app_stumble(swipe_app: Flask, record_property: Record) -> None:
    with unrefused(swipe_app):
        run_bodies(swipe_app, *browser(swipe_app))
    record_property("tried", tried(200))


@fuzzing(60)
@given(body=Bodies, where=st.sampled_from(["/api/guide", "/api/join", "/api/portraits/x/cancel"]))
def run_wishes(app: Flask, client: FlaskClient, home: str, body: bytes, where: str) -> None:
    """A wish that somebody sends to the page to play with."""
    told(app, client, home, "POST", where, data=body, content_type="application/json")


@fuzzing(60)
@given(wish=Events)
def run_read_wishes(painter: Any, wish: dict[str, Any]) -> None:
    """A wish is read or refused, before anything is painted."""
    from infer.wishes import BadWish

    with contextlib.suppress(BadWish):
        painter.read(wish)


def test_no_wish_makes_the_play_page_stumble(play_app: Flask, record_property: Record) -> None:
    with unrefused(play_app):
        run_wishes(play_app, *browser(play_app))
    run_read_wishes(play_app.extensions["painter"])
    record_property("tried", 2 * tried(60))


@fuzzing(250)
@given(
    pick=st.integers(0, 1000),
    pieces=st.lists(Pieces, min_size=1, max_size=3),
    query=Queries,
    body=Bodies,
    raw=st.booleans(),
)
def run_routes(
    app: Flask,
    client: FlaskClient,
    home: str,
    ways: list[Any],
    pick: int,
    pieces: list[str],
    query: dict[str, str],
    body: bytes,
    raw: bool,
) -> None:
    """Any route, its variables filled with anything."""
    route = ways[pick % len(ways)]
    told_pieces = iter(pieces * 4)
    path = re.sub(
        r"<[^>]*>", lambda _: quote(next(told_pieces).encode("utf-8", "replace"), safe="/%" if raw else ""), route.rule
    )
    asked = "&".join(f"{name}={quote(value.encode('utf-8', 'surrogatepass'))}" for name, value in query.items())
    more = {"data": body, "content_type": "application/json"} if route.method != "GET" else {}
    told(app, client, home, route.method, f"{path}?{asked}", **more)


def test_no_path_makes_an_app_stumble(swipe_app: Flask, play_app: Flask, record_property: Record) -> None:
    for app in (swipe_app, play_app):
        ways = [route for route in routes(app) if not route.rule.endswith(("/leave", "/api/portraits", "/api/face"))]
        with unrefused(app):
            run_routes(app, *browser(app), ways)
    record_property("tried", 2 * tried(250))


@contextlib.contextmanager
def unrefused(app: Flask) -> Iterator[None]:
    """While an error of ours shows itself instead of becoming a 500."""
    before = app.config["PROPAGATE_EXCEPTIONS"]
    app.config["PROPAGATE_EXCEPTIONS"] = True
    try:
        yield
    finally:
        app.config["PROPAGATE_EXCEPTIONS"] = before
