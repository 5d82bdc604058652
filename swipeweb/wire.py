"""The JSON that browsers and programs send: checked field by field, so that one bad event spoils no batch."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from curate.models import VERDICTS
from curate.store_labels import REASONS, Verdict

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
RENDITION = re.compile(r"[a-z0-9 ]{1,40}")
HOW = ("swipe", "button", "key", "tap", "grid", "history", "program")
BATCH = 500  # events at most in one request
DAY = 86_400_000  # milliseconds
EARLIEST, LATEST = dt.datetime(2000, 1, 1, tzinfo=dt.UTC), dt.datetime(2200, 1, 1, tzinfo=dt.UTC)


class BadRequest(Exception):
    """A request that cannot be understood."""


def read_verdicts(body: Any) -> tuple[list[Verdict], dict[str, str]]:
    """The well-formed events of a request's JSON, and by uuid what is wrong with the others; raises BadRequest."""
    events = body.get("verdicts") if isinstance(body, dict) else None
    if not isinstance(events, list):
        raise BadRequest('send {"verdicts": [...]}')
    if len(events) > BATCH:
        raise BadRequest(f"send at most {BATCH} verdicts at once")
    good: list[Verdict] = []
    refused: dict[str, str] = {}
    for event in events:
        uuid = event.get("uuid") if isinstance(event, dict) else None
        if not isinstance(uuid, str) or not UUID.fullmatch(uuid):
            raise BadRequest("every verdict needs a uuid, in lower case")
        try:
            good.append(_verdict(event))
        except BadRequest as error:
            refused[uuid] = str(error)
    return good, refused


def _verdict(event: dict[str, Any]) -> Verdict:
    verdict = _one_of(event, "verdict", VERDICTS)
    undoes, reason = event.get("undoes"), event.get("reason")
    if (verdict == "undo") != (undoes is not None):
        raise BadRequest('"undoes" goes with the verdict undo')
    if undoes is not None and not (isinstance(undoes, str) and UUID.fullmatch(undoes)):
        raise BadRequest('"undoes" is no uuid')
    if reason is not None and (verdict != "bad" or reason not in REASONS):
        raise BadRequest(f'"reason" goes with bad and is one of {", ".join(REASONS)}')
    rendition = event.get("rendition")
    if rendition is not None and not (isinstance(rendition, str) and RENDITION.fullmatch(rendition)):
        raise BadRequest('"rendition" is up to 40 small letters, digits and spaces')
    return Verdict(
        uuid=event["uuid"],
        image_id=_whole(event.get("image"), "image", 1, 2**53),
        verdict=verdict,
        how=_one_of(event, "how", HOW),
        decided=_time(event.get("decided")),
        undoes=undoes,
        reason=reason,
        milliseconds=None
        if event.get("milliseconds") is None
        else _whole(event["milliseconds"], "milliseconds", 0, DAY),
        rendition=rendition,
    )


def _one_of(event: dict[str, Any], name: str, choices: tuple[str, ...]) -> str:
    value = event.get(name)
    if not isinstance(value, str) or value not in choices:
        raise BadRequest(f'"{name}" is one of {", ".join(choices)}')
    return value


def _whole(value: Any, name: str, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise BadRequest(f'"{name}" is a whole number from {low} on')
    return value


def _time(value: Any) -> dt.datetime:
    """Milliseconds since 1970, as clients count, or now."""
    if value is None:
        return dt.datetime.now(dt.UTC)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadRequest('"decided" is milliseconds since 1970')
    try:
        time = dt.datetime.fromtimestamp(value / 1000, dt.UTC)
    except (OverflowError, ValueError, OSError) as error:
        raise BadRequest('"decided" is milliseconds since 1970') from error
    return min(max(time, EARLIEST), LATEST)
