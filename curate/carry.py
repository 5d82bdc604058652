"""`export selections | people` and `import selections | people`: what people made, from one workspace to another."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session, sessionmaker

from curate import store_carry as store
from curate.config import CarryInOptions, ExportPeopleOptions, ExportSelectionsOptions, check_name
from curate.errors import UsageProblem, UserError
from curate.export import ExportSummary
from curate.files import parsed
from curate.filters import reading
from curate.models import ROLES, Selection
from curate.rules import rules_from_json
from curate.store_export import snapshot
from curate.store_sets import newest_selection
from curate.table_files import plain, replacing
from curate.workspace import Workspace

LONGEST = 4_000_000  # characters of a line that is read
SHA256 = re.compile(r"[0-9a-f]{64}")


class NotCarried(UserError):
    """A file that was not written by `swipegan export`, or not whole."""


@dataclass(frozen=True)
class CarrySummary:
    """What a file held, and what of it came in."""

    source: Path
    what: str
    new: list[str]
    known: list[str]
    absent: dict[str, int]  # selection -> images that are not known here
    dry_run: bool

    def text(self) -> str:
        """What came in, and what lacks."""
        done = "would come in" if self.dry_run else "came in"
        lines = [f"{len(self.new) + len(self.known):,} {self.what} in {self.source}: {len(self.new):,} {done}"]
        lines[0] += f" ({', '.join(self.new)})." if self.new else "."
        if self.known:
            lines.append(f"  {len(self.known):,} were here already")
        lines += [
            f"  {name}: {count:,} of its pictures are not known here; `swipegan scan` them, then import it again"
            for name, count in self.absent.items()
        ]
        return "\n".join(lines)


@dataclass(frozen=True)
class Told:
    """The head of a selection as a file tells it."""

    name: str
    version: int
    rule: list[Any]
    created: dt.datetime

    @property
    def title(self) -> str:
        """Name and version, for people."""
        return f"{self.name} version {self.version}"


def export_selections(workspace: Workspace, options: ExportSelectionsOptions) -> ExportSummary:
    """Write selections as JSON Lines: a line for each version, then one for each of its pictures."""
    with snapshot(workspace.scanned()) as session:
        if options.selection is not None:
            newest_selection(session, options.selection)  # says which there are
        found = store.selections(session, options.selection)
        with replacing(options.output) as file:
            for selection in found:
                file.write(_line(_head(selection)))
                for rows in store.members(session, selection.id):
                    file.writelines(map(_line, rows))
    return ExportSummary(options.output, "jsonl", len(found), "selections")


def export_people(workspace: Workspace, options: ExportPeopleOptions) -> ExportSummary:
    """Write who labels and what they may do as JSON Lines; links and cookies stay here."""
    with snapshot(workspace.scanned()) as session:
        people = store.people(session)
    with replacing(options.output) as file:
        file.writelines(_line({"person": row.pop("name"), **row}) for row in people)
    return ExportSummary(options.output, "jsonl", len(people), "people")


def import_selections(workspace: Workspace, options: CarryInOptions) -> CarrySummary:
    """Take selections over; pictures are known by SHA-256, those that are not here are counted and left out.

    The file is read in slices into a temporary table, and all of it before anything is written.
    """
    told: list[Told] = []
    new: list[str] = []
    known: list[str] = []
    absent: dict[str, int] = {}
    with workspace.scanned().kw["bind"].connect() as connection:
        with reading(connection) as session:
            store.start_carried(session)
            for selection, rows in read_selections(options.source):
                if not told or told[-1] is not selection:
                    told.append(selection)
                if not store.add_carried(session, len(told), rows):
                    raise NotCarried(f"{options.source} names a picture of {selection.title} twice; export it again")
        with Session(connection) as session, session.begin() as transaction:
            for place, selection in enumerate(told, 1):
                carried = store.carried(session, place)
                if carried.absent:
                    absent[selection.title] = carried.absent
                if carried.here or not carried.absent:
                    (new if _take(session, selection, place, carried) else known).append(selection.title)
            if options.dry_run:
                transaction.rollback()
    return CarrySummary(options.source, "selections", new, known, absent, options.dry_run)


def import_people(workspace: Workspace, options: CarryInOptions) -> CarrySummary:
    """Take people over: who is not here is added with their role; nobody who is here changes."""
    told = {row["name"]: row for row in map(_person, _objects(options.source))}
    with _writing(workspace.scanned(), options.dry_run) as session:
        here = store.names(session)
        store.add_people(session, [row for name, row in told.items() if name not in here])
    new = [f"{name}, {row['role']}" for name, row in told.items() if name not in here]
    return CarrySummary(options.source, "people", new, [name for name in told if name in here], {}, options.dry_run)


def read_selections(source: Path) -> Iterator[tuple[Told, list[dict[str, Any]]]]:
    """The selections of a file that `export selections` wrote, with their pictures in slices; raises NotCarried.

    Each selection comes at least once. A picture has sha256, kept, rule and reason.
    """
    current: Told | None = None
    images: list[dict[str, Any]] = []
    for number, row in enumerate(_objects(source), 1):
        try:
            if current is not None and ("selection" in row or len(images) == store.CHUNK):
                yield current, images
                images = []
            if "selection" in row:
                current = _told(row)
            elif current is None:
                raise NotCarried(f"{source} begins in the middle of a selection; export it again")
            else:
                images.append(_image(row))
        except (KeyError, TypeError, ValueError, UsageProblem) as error:
            raise NotCarried(
                f"line {number} of {source} is no part of a selection ({error}); export it again"
            ) from error
    if current is not None:
        yield current, images


def _take(session: Session, told: Told, place: int, carried: store.Carried) -> bool:
    """Store a selection unless it is here; whether it is new."""
    if store.same_selection(session, told.name, told.rule, carried.digest, carried.here) is not None:
        return False
    selection = Selection(
        name=told.name, rule=told.rule, created=told.created, kept=carried.kept, left_out=carried.here - carried.kept,
        digest=carried.digest,
    )  # fmt: skip
    store.add_selection(session, selection, place, told.version)
    return True


def _head(selection: Selection) -> dict[str, Any]:
    names = ("version", "rule", "created", "kept", "left_out", "digest")
    return {"selection": selection.name, **{name: getattr(selection, name) for name in names}}


def _line(row: dict[str, Any]) -> bytes:
    return json.dumps({name: plain(value) for name, value in row.items()}, ensure_ascii=False).encode() + b"\n"


def _objects(source: Path) -> Iterator[dict[str, Any]]:
    try:
        with source.open(encoding="utf-8-sig") as file:
            while line := file.readline(LONGEST):
                yield _object(parsed(line))
    except OSError as error:
        raise NotCarried(f"cannot read {source}: {error.strerror}; name a file of `swipegan export`") from error
    except (TypeError, ValueError) as error:
        raise NotCarried(f"{source} is no whole file of `swipegan export` ({error}); export it again") from error


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("a line is no JSON object")
    return value


def _told(row: dict[str, Any]) -> Told:
    check_name(_text(row["selection"]))
    version = row["version"]
    if isinstance(version, bool) or not isinstance(version, int) or not 0 < version < 2**31:
        raise ValueError("version is a number from 1 on")
    rules = [rule.as_json() for rule in rules_from_json(row["rule"])]
    return Told(row["selection"], version, rules, _time(row["created"]))


def _image(row: dict[str, Any]) -> dict[str, Any]:
    if not SHA256.fullmatch(_text(row["sha256"])) or not isinstance(row["kept"], bool):
        raise ValueError("a picture has its sha256, and kept or not")
    rule, reason = (None if row.get(name) is None else _text(row[name]) for name in ("rule", "reason"))
    if row["kept"] != (rule is None) or (rule is not None and len(rule) > 40):
        raise ValueError("what is left out has the rule that did it")
    return {"sha256": row["sha256"], "kept": row["kept"], "rule": rule, "reason": reason}


def _person(row: dict[str, Any]) -> dict[str, Any]:
    try:
        skills = {what: _share(row.get(what)) for what in ("sensitivity", "specificity")}
        return {"name": _name(row["person"]), "role": _role(row["role"]), "created": _time(row["created"]), **skills}
    except (KeyError, TypeError, ValueError) as error:
        raise NotCarried(f"no person: {str(row)[:60]} ({error}); export them again") from error


def _name(value: Any) -> str:
    name = _text(value).strip()
    if not 0 < len(name) <= 80:
        raise ValueError("a name has 1 to 80 characters")
    return name


def _role(value: Any) -> str:
    if value not in ROLES:
        raise ValueError(f"a role is one of {', '.join(ROLES)}")
    return str(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    if "\0" in value:
        raise ValueError("a NUL is no text")
    value.encode()  # half of a surrogate pair is no text either
    return value


def _share(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError(f"{value!r} is no share")
    return float(value)


def _time(value: Any) -> dt.datetime:
    time = dt.datetime.fromisoformat(_text(value))
    if time.tzinfo is None or not 1970 <= time.year < 2200:
        raise ValueError(f"{value!r} is no time with its zone")
    return time


@contextmanager
def _writing(sessions: sessionmaker[Session], dry_run: bool) -> Iterator[Session]:
    """A transaction; its changes are taken back if nothing is to change."""
    with sessions() as session, session.begin() as transaction:
        yield session
        if dry_run:
            transaction.rollback()
