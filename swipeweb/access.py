"""Who may ask for what: host, origin, cookie, role, and how often."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from flask import Flask, Response, current_app, g, request
from sqlalchemy.orm import Session, sessionmaker

from curate import store_access
from curate.models import ROLES
from curate.store_access import Visitor

View = TypeVar("View", bound=Callable[..., object])

SAFE_METHODS = {"GET", "HEAD"}
COOKIE_LASTS = dt.timedelta(days=60)
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)


class Refused(Exception):
    """A request that is not let in."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class RateLimit:
    """Token buckets by key: `rate` requests a second after a burst of `burst`."""

    def __init__(self, rate: float, burst: float, keys: int = 4096) -> None:
        self.rate, self.burst, self.keys = rate, burst, keys
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def allows(self, key: str) -> bool:
        """Take a token of this key, if it has one."""
        now = time.monotonic()
        with self._lock:
            tokens, then = self._buckets.pop(key, (self.burst, now))
            tokens = min(self.burst, tokens + (now - then) * self.rate)
            self._buckets[key] = (tokens - 1 if tokens >= 1 else tokens, now)
            while len(self._buckets) > self.keys:
                self._buckets.popitem(last=False)
            return tokens >= 1


@dataclass
class Doorkeeper:
    """What is checked before every request."""

    sessions: sessionmaker[Session]
    hosts: set[str]  # host:port under which the app may be asked for
    cookie: str  # the cookie's name
    secure: bool = False  # whether the app is reached by https
    joins: RateLimit = field(default_factory=lambda: RateLimit(rate=1 / 6, burst=20))
    requests: RateLimit = field(default_factory=lambda: RateLimit(rate=80, burst=400))

    def check(self) -> Response | None:
        """Refuse a request by raising, or note in `g.visitor` who is asking."""
        self._check_place()
        role = getattr(current_app.view_functions.get(request.endpoint or ""), "role", "labeler")
        if role == "anybody":
            return None
        visitor = self.known()
        if visitor is None:
            raise Refused(401, "this browser is not let in; open your link again, or ask for a new one")
        if ROLES.index(visitor.role) < ROLES.index(role):
            raise Refused(403, f"this is for a {role}")
        if not self.requests.allows(str(visitor.access_id)):
            raise Refused(429, "too many requests; wait a moment")
        g.visitor = visitor
        return None

    def _check_place(self) -> None:
        if request.host.lower() not in self.hosts:
            raise Refused(403, "this address is not one of this app's; start it with --lan or --public-url")
        origin = request.headers.get("Origin")
        if origin is not None and origin.lower().partition("://")[2] not in self.hosts:
            raise Refused(403, "another site may not send this")
        if request.headers.get("Sec-Fetch-Site", "none") not in {"same-origin", "none"} and not _follows_link():
            raise Refused(403, "another site may not send this")

    def known(self) -> Visitor | None:
        """Who sends this request, by its cookie."""
        secret = request.cookies.get(self.cookie)
        if not secret or len(secret) > 100:
            return None
        with reading(self.sessions) as session:
            return store_access.find_visitor(session, secret)

    def let_in(self, answer: Response, secret: str) -> Response:
        """Give the browser its cookie."""
        seconds = int(COOKIE_LASTS.total_seconds())
        answer.set_cookie(self.cookie, secret, seconds, httponly=True, samesite="Lax", secure=self.secure, path="/")
        return answer


def _follows_link() -> bool:
    """Whether somebody opens a page of the app from elsewhere; nothing but pages is to be had that way."""
    is_page = request.method in SAFE_METHODS and not request.path.startswith("/api/")
    return is_page and request.headers.get("Sec-Fetch-Mode") == "navigate"


class reading:  # noqa: N801 - read as a word of the with statement
    """A transaction that only reads, and so waits for nobody: `with reading(sessions) as session`."""

    def __init__(self, sessions: sessionmaker[Session]) -> None:
        self.session = sessions()

    def __enter__(self) -> Session:
        self.session.connection(execution_options={"swipegan_read_only": True})
        return self.session

    def __exit__(self, *_: object) -> None:
        self.session.close()


def for_role(role: str) -> Callable[[View], View]:
    """Mark a view as open to this role and those above; without a mark it is open to labelers."""

    def mark(view: View) -> View:
        view.role = role  # type: ignore[attr-defined] # read by Doorkeeper.check
        return view

    return mark


def visitor() -> Visitor:
    """Who asks."""
    found = g.visitor
    assert isinstance(found, Visitor)
    return found


def add_headers(answer: Response) -> Response:
    """What every answer carries: no foreign code, no framing, no referrer, no copies but of what never changes."""
    answer.headers["Content-Security-Policy"] = POLICY
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    answer.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    answer.headers.setdefault("Cache-Control", "no-store")
    return answer


def guard(app: Flask, keeper: Doorkeeper) -> None:
    """Put the doorkeeper in front of every route of the app."""
    app.extensions["doorkeeper"] = keeper
    app.before_request(keeper.check)
    app.after_request(add_headers)


def doorkeeper() -> Doorkeeper:
    """The app's doorkeeper."""
    found = current_app.extensions["doorkeeper"]
    assert isinstance(found, Doorkeeper)
    return found
