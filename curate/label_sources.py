"""Labels as other tools write them, read one by one: our own export, SwipeLabel, Label Studio, folders."""

from __future__ import annotations

import csv
import datetime as dt
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal, get_args
from urllib.parse import parse_qs, unquote, urlsplit

from curate.errors import MissingExtra, UserError
from curate.files import parsed

Format = Literal["swipegan", "swipelabel", "label-studio", "folders"]
FORMATS: tuple[Format, ...] = get_args(Format)
WORDS = {
    **dict.fromkeys(("good", "keep", "kept", "yes", "ok", "usable", "accept", "accepted", "like", "true"), "good"),
    **dict.fromkeys(("bad", "reject", "rejected", "no", "unusable", "delete", "dislike", "false"), "bad"),
    **dict.fromkeys(("skip", "skipped", "unsure", "ignore"), "skip"),
}
PICTURE_COLUMNS = ("path", "image", "file", "filename", "picture")
CHOICE = re.compile(r"([+-]?[01]|skip|click)$")  # at the end of a line of SwipeLabel's log
VERDICT_COLUMNS = ("verdict", "label", "choice", "class")


class NotLabels(UserError):
    """A file that holds no labels that can be read."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One event as a source tells it; `problem` says why it cannot be used."""

    picture: str = ""  # a path or its end
    verdict: str = ""
    sha256: str | None = None
    labeler: str | None = None
    decided: dt.datetime | None = None
    uuid: str | None = None
    undoes: str | None = None
    reason: str | None = None
    milliseconds: int | None = None
    how: str = "import"
    rendition: str | None = None
    purpose: str = "queue"
    problem: str | None = None


def guess(source: Path) -> Format:
    """What a source is, by its first bytes.

    Raises:
        NotLabels: nothing that is known.
    """
    if source.is_dir():
        return "folders"
    start = _start(source)
    if start.startswith("["):
        return "label-studio"
    if start.startswith(("{", "PAR1")) or {*_header(start)} & {*VERDICT_COLUMNS}:
        return "swipegan"
    if _swipelabel_line(start.splitlines()[0] if start else "") is not None:
        return "swipelabel"
    raise NotLabels(f"{source} holds no labels that are known; --format says what it is ({', '.join(FORMATS)})")


def read(source: Path, format_name: Format, words: dict[str, str], good: str) -> Iterator[Heard]:
    """Every event of a source. words: its own words and what they mean; good: the side that SwipeLabel's user meant."""
    words = WORDS | {word.lower(): verdict for word, verdict in words.items()}
    if format_name == "folders":
        return _folders(source, words)
    if format_name == "swipelabel":
        return _swipelabel(_lines(source), good)
    if format_name == "label-studio":
        return _label_studio(_json(source), words)
    return _rows(_table(source), words)


def picture_of(url: str) -> str:
    """The path that a URL of a labeling tool stands for.

    `/data/local-files/?d=a/b.jpg` is a/b.jpg, `/data/upload/1/0a1b2c3d-b.jpg` is b.jpg, `http://host/images/b.jpg` is
    images/b.jpg; what is no URL is a path already.
    """
    if re.match(r"[A-Za-z]:[\\/]", url):  # C:\photos
        return url
    if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*://|/data/(upload|local-files)/", url):
        return url
    try:
        parts = urlsplit(url)
    except ValueError:  # such as http://[
        return url
    local = parse_qs(parts.query).get("d")
    if local:
        return local[0]
    path = PurePosixPath(unquote(parts.path))
    if path.parts[:3] == ("/", "data", "upload"):
        return re.sub(r"^[0-9a-f]{8}-", "", path.name)
    return str(path).lstrip("/")


def _start(source: Path) -> str:
    try:
        with source.open("rb") as file:
            return file.read(4096).decode("utf-8-sig", "replace").lstrip()
    except OSError as error:
        raise NotLabels(f"cannot read {source}: {error.strerror}") from error


def _header(start: str) -> list[str]:
    return [name.strip().strip('"').lower() for name in start.split("\n", 1)[0].split(",")]


def _lines(source: Path) -> Iterator[str]:
    with source.open(encoding="utf-8-sig", errors="replace") as file:
        yield from file


def _json(source: Path) -> Any:
    try:
        return parsed(source.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise NotLabels(f"{source} is not whole JSON ({error}); export it again") from error


def _folders(source: Path, words: dict[str, str]) -> Iterator[Heard]:
    """Files that have a folder named by a verdict above them; the nearest one counts."""
    for folder, inner, names in os.walk(source):
        inner.sort()
        above = [folder, *(str(parent) for parent in Path(folder).parents)]
        inside = [Path(place).name.lower() for place in above if len(place) >= len(str(source))]
        verdict = next((words[name] for name in inside if name in words), None)
        for name in sorted(names) if verdict else ():
            path = Path(folder, name)
            yield Heard(str(path.absolute()), verdict or "", decided=_changed(path))


def _changed(path: Path) -> dt.datetime:
    return dt.datetime.fromtimestamp(path.lstat().st_mtime, dt.UTC)


def _swipelabel_line(line: str) -> tuple[str, str] | None:
    """`images/7.jpg:-1` -> picture and choice."""
    found = CHOICE.search(line := line.rstrip())
    if found is None or line[:1].isspace():
        return None
    before = line[: found.start()]
    picture = before.rstrip()
    if picture.endswith((":", ",", ";")):
        picture = picture[:-1].rstrip()
    elif picture == before:
        return None
    picture = picture.removeprefix("LOG:").lstrip() or picture
    return (picture, found[0]) if picture else None


def _swipelabel(lines: Iterable[str], good: str) -> Iterator[Heard]:
    """SwipeLabel logs 1 for a swipe to the left, -1 to the right; a tap was a skip."""
    meanings = {"1": "bad", "-1": "good"} if good == "right" else {"1": "good", "-1": "bad"}
    for line in lines:
        found = _swipelabel_line(line.rstrip("\r\n"))
        if found is not None:
            yield Heard(picture_of(_text(found[0])), meanings.get(found[1].lstrip("+"), "skip"))
        elif line.strip():
            yield Heard(problem=f"not a line of SwipeLabel's log: {line.strip()[:60]}")


def _label_studio(tasks: Any, words: dict[str, str]) -> Iterator[Heard]:
    """Label Studio's JSON (tasks with annotations) and JSON-MIN (a flat object for each annotation)."""
    for task in _items(tasks):
        if not isinstance(task, dict):
            yield Heard(problem=f"no task: {str(task)[:60]}")
        elif isinstance(task.get("data"), dict):
            for annotation in _items(task.get("annotations") or task.get("completions")):
                if isinstance(annotation, dict):
                    yield _annotation(task, annotation, words)
        else:
            yield _flat(task, words)


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _annotation(task: dict[str, Any], annotation: dict[str, Any], words: dict[str, str]) -> Heard:
    data = task["data"]
    picture = picture_of(_text(data.get("path")) or _picture(data))
    results = [result for result in _items(annotation.get("result")) if isinstance(result, dict)]
    choices = [choice for result in results for choice in _choices(result.get("value"))]
    people = [who for result in results for who in _list(result.get("meta"), "labeler")]
    choice = "skip" if annotation.get("was_cancelled") else choices[0] if choices else ""
    heard = {
        "picture": picture,
        "sha256": _sha(data.get("sha256")),
        "labeler": people[0] if people else _person(annotation.get("completed_by")),
        "decided": _time(annotation.get("updated_at") or annotation.get("created_at")),
        "milliseconds": _milliseconds(annotation.get("lead_time")),
        "uuid": _uuid(annotation.get("unique_id")),
    }
    return _understood(choice, words, heard)


def _flat(task: dict[str, Any], words: dict[str, str]) -> Heard:
    strings = {name: value for name, value in task.items() if isinstance(value, str)}
    named = [value for name, value in task.items() if name in VERDICT_COLUMNS]
    choices = [choice for value in named or task.values() for choice in _choices(value)]
    fitting = [choice for choice in choices if choice.strip().lower() in words] or (choices[:1] if named else [])
    heard = {
        "picture": picture_of(_picture(strings)),
        "labeler": _person(task.get("annotator")),
        "decided": _time(task.get("updated_at") or task.get("created_at")),
        "milliseconds": _milliseconds(task.get("lead_time")),
    }
    return _understood(fitting[0] if fitting else "", words, heard)


def _choices(value: Any) -> list[str]:
    if isinstance(value, dict):
        return _list(value, "choices")
    return [value] if isinstance(value, str) else []


def _list(value: Any, key: str) -> list[str]:
    found = value.get(key) if isinstance(value, dict) else None
    return [item for item in (found if isinstance(found, list) else [found]) if isinstance(item, str)]


def _picture(data: dict[str, Any]) -> str:
    named = [data[name] for name in PICTURE_COLUMNS if isinstance(data.get(name), str)]
    others = [value for value in data.values() if isinstance(value, str) and re.search(r"\.\w{3,4}$", value)]
    return _text((named or others or [""])[0])


def _table(source: Path) -> Iterator[dict[str, Any]]:
    start = _start(source)
    if start.startswith("PAR1"):
        yield from _parquet(source)
    elif start.startswith("{"):
        for line in _lines(source):
            if line.strip():
                yield _object(line)
    else:
        try:
            yield from csv.DictReader(_lines(source))
        except csv.Error as error:
            raise NotLabels(f"{source} is not a table that can be read ({error})") from error


def _object(line: str) -> dict[str, Any]:
    try:
        row = parsed(line)
    except ValueError:
        row = None
    return row if isinstance(row, dict) else {"problem": f"not a line of JSON: {line.strip()[:60]}"}


def _parquet(source: Path) -> Iterator[dict[str, Any]]:
    try:
        import pyarrow.parquet as pq
    except ModuleNotFoundError as error:
        raise MissingExtra("parquet", "pyarrow") from error
    for batch in pq.ParquetFile(source).iter_batches():
        yield from batch.to_pylist()


def _rows(rows: Iterable[dict[str, Any]], words: dict[str, str]) -> Iterator[Heard]:
    for row in rows:
        lower = {str(name).lower(): value for name, value in row.items() if name is not None}
        verdict = next((_text(lower[name]) for name in VERDICT_COLUMNS if lower.get(name)), "")
        picture = next((_text(lower[name]) for name in PICTURE_COLUMNS if lower.get(name)), "")
        if "problem" in lower:
            yield Heard(problem=str(lower["problem"]))
            continue
        heard = {
            "picture": picture_of(picture),
            "sha256": _sha(lower.get("sha256")),
            "labeler": _person(lower.get("labeler")),
            "decided": _time(lower.get("decided")),
            "uuid": _uuid(lower.get("uuid")),
            "undoes": _uuid(lower.get("undoes")),
            "reason": _text(lower.get("reason"))[:16] or None,
            "milliseconds": _milliseconds(lower.get("milliseconds"), 1),
            "how": _text(lower.get("how"))[:16] or "import",
            "rendition": _text(lower.get("rendition"))[:32] or None,
            "purpose": _text(lower.get("purpose"))[:16] or "queue",
        }
        yield _understood(verdict, {**words, "undo": "undo"} if heard["undoes"] and heard["uuid"] else words, heard)


def _understood(word: str, words: dict[str, str], heard: dict[str, Any]) -> Heard:
    verdict = words.get(word.strip().lower())
    if verdict is None:
        return Heard(problem=f"unknown verdict {word[:40]!r}; --word says what a word means" if word else "no verdict")
    if not heard.get("picture") and not heard.get("sha256"):
        return Heard(problem="no picture is named")
    return Heard(verdict=verdict, **(heard if verdict == "undo" else heard | {"undoes": None}))


def _text(value: Any) -> str:
    """The value if it is text that a database takes: no zero bytes, no halves of characters."""
    return value.encode("utf-8", "replace").decode().replace("\0", "").strip() if isinstance(value, str) else ""


def _person(value: Any) -> str | None:
    if isinstance(value, dict):  # completed_by of Label Studio's newer exports
        value = value.get("email") or value.get("username") or value.get("id")
    if isinstance(value, int) and not isinstance(value, bool):
        value = f"user {value}"
    return _text(value)[:80] or None


def _sha(value: Any) -> str | None:
    text = _text(value).lower()
    return text if re.fullmatch(r"[0-9a-f]{64}", text) else None


def _uuid(value: Any) -> str | None:
    text = _text(value)
    return text if re.fullmatch(r"[0-9A-Za-z-]{8,36}", text) else None


def _time(value: Any) -> dt.datetime | None:
    if isinstance(value, dt.datetime):
        known = value if value.tzinfo else value.replace(tzinfo=dt.UTC)
        return known if 1970 <= known.year < 9999 else None
    try:
        return _time(dt.datetime.fromisoformat(_text(value)))
    except ValueError:
        return None


def _milliseconds(value: Any, times: float = 1000) -> int | None:
    try:
        number = float(value) * times
    except (TypeError, ValueError, OverflowError):  # the last: a number of 400 digits
        return None
    return round(number) if 0 <= number < 2**31 else None
