"""A client for programs that label by the app's HTTP interface; the standard library only."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urldefrag, urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

from curate.errors import UserError

TIMEOUT = 60.0  # seconds


class SwipeError(UserError):
    """The app refused a request; `status` is HTTP's."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{message} ({status})")
        self.status = status


@dataclass(frozen=True, slots=True)
class Shown:
    """An image to judge: its id for `verdict`, and what is known of its file.

    region: left, top, right, bottom of what the face rendition shows, in upright pixels.
    """

    id: int
    sha256: str
    width: int
    height: int
    region: tuple[int, int, int, int]
    face: bool


@dataclass(frozen=True, slots=True)
class Event:
    """One verdict, or one taking back, as it is sent."""

    uuid: str
    image: int
    verdict: str
    how: str
    decided: float  # milliseconds since 1970
    milliseconds: int | None = None
    reason: str | None = None
    undoes: str | None = None


def verdict(image: int, said: str, *, reason: str | None = None, milliseconds: int | None = None) -> Event:
    """A new event: good, bad or skip on an image."""
    return Event(str(uuid.uuid4()), image, said, "program", time.time() * 1000, milliseconds, reason)


def undo(event: Event) -> Event:
    """A new event that takes `event` back."""
    return Event(str(uuid.uuid4()), event.image, "undo", "program", time.time() * 1000, undoes=event.uuid)


class SwipeClient:
    """A person's browser without the browser: `SwipeClient(link)` redeems a one-time link, then labels."""

    def __init__(self, link: str) -> None:
        address, token = urldefrag(link)
        self.base = address.removesuffix("/join").rstrip("/")
        self._opener = build_opener(HTTPCookieProcessor(CookieJar()))
        joined = self.call("/api/join", {"token": token})
        self.name, self.role = str(joined["name"]), str(joined["role"])

    def next(self, count: int = 8, have: Iterable[int] = (), hours: float = 0.0) -> list[Shown]:
        """Up to `count` images, held for this client, besides those it has; `hours` holds them longer."""
        query = {"count": count, "have": ",".join(map(str, have)), "hours": hours}
        images = self.call(f"/api/next?{urlencode(query)}")["images"]
        return [Shown(**{**image, "region": tuple(image["region"])}) for image in images]

    def send(self, events: Iterable[Event]) -> dict[str, Any]:
        """Store verdicts; safe to repeat. Returns uuids as `stored`, `known`, and `refused` with reasons."""
        plain = [{key: value for key, value in asdict(event).items() if value is not None} for event in events]
        return self.call("/api/verdicts", {"verdicts": plain})

    def history(self, before: int | None = None) -> list[dict[str, Any]]:
        """This person's verdicts that hold, newest first."""
        found = self.call("/api/history" + (f"?before={before}" if before else ""))["verdicts"]
        return list(found)

    def progress(self) -> dict[str, Any]:
        """How far everybody and this person is."""
        return self.call("/api/progress")

    def picture(self, image: int, kind: str = "face") -> bytes:
        """A rendition (face, whole, zoom) as WebP."""
        return self._open(Request(f"{self.base}/api/images/{image}/{kind}"))  # noqa: S310 - the scheme is the link's

    def call(self, path: str, content: object = None) -> dict[str, Any]:
        """One request: POST with JSON content, else GET; raises SwipeError where the app refuses."""
        data = None if content is None else json.dumps(content).encode()
        request = Request(f"{self.base}{path}", data, {"Content-Type": "application/json"})  # noqa: S310 - as above
        answer = json.loads(self._open(request))
        assert isinstance(answer, dict)
        return answer

    def _open(self, request: Request) -> bytes:
        try:
            with self._opener.open(request, timeout=TIMEOUT) as answer:
                return bytes(answer.read())
        except HTTPError as error:
            with error:
                raise SwipeError(error.code, _message(error.read())) from None


def _message(body: bytes) -> str:
    try:
        return str(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError):
        return "the app refused"
