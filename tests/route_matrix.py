"""Every route of an app that a Doorkeeper guards, asked by those who may not: a new route is covered by being there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.routing.converters import AnyConverter, BaseConverter, NumberConverter

from curate import store_access, store_labels
from curate.models import ROLES
from swipeweb.access import Doorkeeper, RateLimit

STRANGERS = ("no cookie", "made-up cookie", "revoked", "expired", "wrong role")  # who they are
ELSEWHERE = ("foreign origin", "null origin", "foreign host", "other port", "foreign site")  # where they come from


@dataclass(frozen=True)
class Route:
    """One method of one rule, with an address that it takes and the role that it wants."""

    method: str
    path: str
    rule: str
    role: str


def routes(app: Flask) -> list[Route]:
    """All routes, their variables filled with values of the right kind."""
    found = []
    for rule in app.url_map.iter_rules():
        role = getattr(app.view_functions[rule.endpoint], "role", "labeler")
        methods = sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        found += [Route(method, filled(app, rule), rule.rule, role) for method in methods]
    return found


def filled(app: Flask, rule: Rule) -> str:
    """An address that this rule takes."""
    values = {name: _value(converter) for name, converter in rule._converters.items()}
    method = sorted((rule.methods or {"GET"}) - {"HEAD", "OPTIONS"})[0]
    return app.url_map.bind("x").build(rule.endpoint, values, method)


def _value(converter: BaseConverter) -> object:
    if isinstance(converter, AnyConverter):
        return sorted(converter.items)[0]
    return 1 if isinstance(converter, NumberConverter) else "x"


def let_in(app: Flask, name: str, role: str = "labeler") -> FlaskClient:
    """A browser of a person with this role."""
    keeper = doorkeeper(app)
    with keeper.sessions.begin() as session:
        person = store_labels.ensure_labeler(session, name, role)
        token = store_access.make_link(session, person, dt.timedelta(hours=1))
        redeemed = store_access.redeem(session, token, dt.timedelta(hours=1))
    assert redeemed is not None
    return _browser(app, redeemed[0])


def doorkeeper(app: Flask) -> Doorkeeper:
    found = app.extensions["doorkeeper"]
    assert isinstance(found, Doorkeeper)
    return found


def _browser(app: Flask, cookie: str | None) -> FlaskClient:
    browser = app.test_client()
    if cookie is not None:
        browser.set_cookie(doorkeeper(app).cookie, cookie, domain="127.0.0.1")
    return browser


def answers(app: Flask, way: str, open_rules: set[str]) -> Iterator[tuple[Route, int]]:
    """Each route with the status that it gives to a request of this kind; `open_rules` hold no data and know nobody."""
    doorkeeper(app).requests = RateLimit(10_000, 10_000)
    for route in routes(app):
        if way in ELSEWHERE:
            yield route, _status(let_in(app, f"at home, {route.role}", _own(route.role)), route, app, way)
        elif route.rule not in open_rules:
            for browser in _strangers(app, route, way):
                yield route, _status(browser, route, app, way)


def _own(role: str) -> str:
    return ROLES[0] if role == "anybody" else role


def _strangers(app: Flask, route: Route, way: str) -> Iterator[FlaskClient]:
    if way == "wrong role":
        for role in ROLES[: ROLES.index(_own(route.role))]:
            yield let_in(app, f"only {role}", role)
    elif way == "no cookie":
        yield _browser(app, None)
    elif way == "made-up cookie":
        yield from (_browser(app, made_up) for made_up in ("made-up", "x" * 500, "' or 1=1 --"))
    else:
        yield _ended(app, way)


def _ended(app: Flask, way: str) -> FlaskClient:
    """The browser of somebody who may not come in any more, though nothing but time or a revocation stands between."""
    with doorkeeper(app).sessions.begin() as session:
        person = store_labels.ensure_labeler(session, way, ROLES[-1])
        lasts = dt.timedelta(hours=-1 if way == "expired" else 1)
        secret = store_access._make(session, person.id, "cookie", lasts)
        if way == "revoked":
            assert store_access.revoke(session, person.id) == 1
    return _browser(app, secret)


def _status(browser: FlaskClient, route: Route, app: Flask, way: str) -> int:
    port = doorkeeper(app).cookie.rpartition("_")[2]
    headers = {
        "foreign origin": {"Origin": "https://evil.example"},
        "null origin": {"Origin": "null"},
        "foreign host": {"Host": f"evil.example:{port}"},
        "other port": {"Host": "127.0.0.1:1", "Origin": "http://127.0.0.1:1"},
        "foreign site": {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
    }.get(way, {})
    json = {} if route.method in {"POST", "PUT", "PATCH"} else None
    home = f"http://127.0.0.1:{port}"
    answer = browser.open(route.path, method=route.method, base_url=home, headers=headers, json=json)
    return answer.status_code
