"""`swipegan import labels`: verdicts from elsewhere become events of our own, each once."""

from __future__ import annotations

import datetime as dt
import os
import uuid
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from curate import store_import as store
from curate.config import ImportLabelsOptions
from curate.errors import UserError
from curate.files import sha256_of
from curate.label_sources import Heard, guess, read
from curate.names import stored_name
from curate.store_export import snapshot
from curate.workspace import Workspace

OURS = uuid.UUID("7f4c1f7e-52a7-5b57-9a4c-6f0d3e1c2b90")  # so that a line of a file always makes the same event
SHOWN = 5  # examples in the text


class NothingMatches(UserError):
    """Not one picture of the source is known."""


@dataclass(frozen=True)
class ImportSummary:
    """What a source held and what of it came in."""

    source: Path
    format: str
    found: int
    new: int
    known: int
    outdated: int
    verdicts: dict[str, int]
    people: dict[str, int]
    matched: dict[str, int]
    unmatched: list[str]
    ambiguous: list[str]
    problems: dict[str, int]
    dry_run: bool

    def text(self) -> str:
        """What came in, and what did not and why."""
        counts = ", ".join(f"{count:,} {verdict}" for verdict, count in self.verdicts.items())
        people = ", ".join(f"{name} ({count:,})" for name, count in self.people.items())
        done = "would come in" if self.dry_run else "came in"
        lines = [f"{self.found:,} entries in {self.source} ({self.format})."]
        lines.append(f"  {self.new:,} {done}" + (f": {counts}; by {people}" if self.new else ""))
        if self.known:
            lines.append(f"  {self.known:,} were here already")
        if self.outdated:
            lines.append(f"  {self.outdated:,} left out: the same person decided later on the same picture")
        if self.matched.get("name"):
            lines.append(f"  {self.matched['name']:,} pictures recognized by their name alone")
        lines += _examples(self.unmatched, "name pictures that are not known here; `swipegan scan` them first")
        lines += _examples(self.ambiguous, "name pictures of which several of this name are known; give --images")
        lines += [f"  {count:,} not understood: {problem}" for problem, count in list(self.problems.items())[:SHOWN]]
        if len(self.problems) > SHOWN:
            lines.append(f"  {sum(list(self.problems.values())[SHOWN:]):,} more not understood")
        return "\n".join(lines)


@dataclass
class Tally:
    """What happened to each event."""

    matched: Counter[str] = field(default_factory=Counter)
    unmatched: list[str] = field(default_factory=list)
    ambiguous: list[str] = field(default_factory=list)
    problems: Counter[str] = field(default_factory=Counter)
    known: int = 0
    outdated: int = 0


def run(workspace: Workspace, options: ImportLabelsOptions) -> ImportSummary:
    """Take the labels of a source over.

    Raises:
        NotLabels: the source cannot be read.
        NothingMatches: no picture in it is known; nothing was changed.
    """
    sessions = workspace.scanned()
    format_name = options.format or guess(options.source)
    words = dict(_split(text) for text in options.words)
    tally = Tally()
    heard = _usable(read(options.source, format_name, words, options.good), tally)
    with snapshot(sessions) as session:
        images = match(session, heard, _base(options), tally)
        if heard and not images:
            raise NothingMatches(
                f"none of the {len(heard):,} pictures in {options.source} is known here (the first: "
                f"{heard[0].picture or heard[0].sha256}); `swipegan scan` their folder, or say by --images where it is"
            )
    with sessions.begin() as session:
        events = new_events(session, heard, images, options, tally)
        if not options.dry_run:
            store.add_events(session, _with_ids(session, events))
    return ImportSummary(
        source=options.source,
        format=format_name,
        found=len(heard) + tally.problems.total(),
        new=len(events),
        known=tally.known,
        outdated=tally.outdated,
        verdicts=dict(Counter(event["verdict"] for event in events).most_common()),
        people=dict(Counter(event["labeler"] for event in events).most_common()),
        matched=dict(tally.matched),
        unmatched=tally.unmatched,
        ambiguous=tally.ambiguous,
        problems=dict(tally.problems.most_common()),
        dry_run=options.dry_run,
    )


def match(session: Session, heard: list[Heard], base: Path, tally: Tally) -> dict[int, int]:
    """Which image each event (by its place in `heard`) means: by SHA-256, path, content, or a name that is unique."""
    found: dict[int, int] = {}
    _by_sha256(session, heard, found, tally)
    _by_path(session, heard, base, found, tally)
    _by_content(session, heard, base, found, tally)
    _by_name(session, heard, found, tally)
    return found


def new_events(
    session: Session, heard: list[Heard], images: dict[int, int], options: ImportLabelsOptions, tally: Tally
) -> list[dict[str, Any]]:
    """The rows to append: events that are not stored yet, and that nobody decided on later."""
    changed = dt.datetime.fromtimestamp(options.source.stat().st_mtime, dt.UTC)
    rows = _rows(heard, images, options.labeler, changed)
    undone = {row["undoes"] for row in rows if row["undoes"]}
    stored = store.known_events(session, {row["uuid"] for row in rows} | undone)
    later = store.newest_decisions(session, {row["image_id"] for row in rows})
    new: list[dict[str, Any]] = []
    for row in rows:
        decided = later.get((row["image_id"], row["labeler"]))
        if row["uuid"] in stored:
            tally.known += 1
        elif row["undoes"] and row["undoes"] not in stored:
            tally.problems["takes back an event that is not here"] += 1
        elif row["verdict"] != "undo" and decided is not None and decided > row["decided"]:
            tally.outdated += 1
        else:
            stored.add(row["uuid"])
            new.append(row)
    return new


def _rows(heard: list[Heard], images: dict[int, int], labeler: str, changed: dt.datetime) -> list[dict[str, Any]]:
    times: Counter[tuple[str, str]] = Counter()  # a picture may be judged more than once
    rows = []
    for place, event in enumerate(heard):
        if place not in images:
            continue
        who = event.labeler or labeler
        times[who, event.picture] += 1
        made = uuid.uuid5(OURS, f"{who}\n{event.sha256 or event.picture}\n{event.verdict}\n{times[who, event.picture]}")
        row = {
            "uuid": event.uuid or str(made),
            "image_id": images[place],
            "labeler": who,
            "verdict": event.verdict,
            "undoes": event.undoes,
            "reason": event.reason,
            "decided": event.decided or changed,
            "milliseconds": event.milliseconds,
            "how": event.how,
            "rendition": event.rendition,
            "purpose": event.purpose,
        }
        rows.append(row)
    return rows


def _with_ids(session: Session, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    people = store.labeler_ids(session, {event["labeler"] for event in events})
    return [
        {name: value for name, value in event.items() if name != "labeler"} | {"labeler_id": people[event["labeler"]]}
        for event in events
    ]


def _usable(events: Any, tally: Tally) -> list[Heard]:
    usable = []
    for event in events:
        if event.problem is None:
            usable.append(event)
        else:
            tally.problems[event.problem] += 1
    return usable


def _base(options: ImportLabelsOptions) -> Path:
    if options.images is not None:
        return options.images
    return options.source if options.source.is_dir() else options.source.parent


def _split(text: str) -> tuple[str, str]:
    word, _, verdict = text.rpartition("=")
    return word, verdict


def _left(heard: list[Heard], found: dict[int, int]) -> list[tuple[int, Heard]]:
    return [(place, event) for place, event in enumerate(heard) if place not in found]


def _note(places: dict[int, int], way: str, found: dict[int, int], tally: Tally) -> None:
    found.update(places)
    tally.matched[way] += len(places)


def _by_sha256(session: Session, heard: list[Heard], found: dict[int, int], tally: Tally) -> None:
    ids = store.by_sha256(session, {event.sha256 for event in heard if event.sha256})
    _note({n: ids[e.sha256] for n, e in enumerate(heard) if e.sha256 in ids}, "sha256", found, tally)


def _by_path(session: Session, heard: list[Heard], base: Path, found: dict[int, int], tally: Tally) -> None:
    paths = {n: _paths(event.picture, base) for n, event in _left(heard, found) if event.picture}
    ids = store.by_path(session, {path for few in paths.values() for path in few})
    places = {n: next((ids[path] for path in few if path in ids), None) for n, few in paths.items()}
    _note({n: image for n, image in places.items() if image is not None}, "path", found, tally)


def _by_content(session: Session, heard: list[Heard], base: Path, found: dict[int, int], tally: Tally) -> None:
    hashes = {}
    for place, event in _left(heard, found):
        path = base / event.picture
        if event.picture and path.is_file():  # a regular one: reading a device may never end
            hashes[place] = sha256_of(path)
    ids = store.by_sha256(session, set(hashes.values()))
    _note({n: ids[sha] for n, sha in hashes.items() if sha in ids}, "content", found, tally)


def _by_name(session: Session, heard: list[Heard], found: dict[int, int], tally: Tally) -> None:
    """The image whose path ends like the picture's for the longest; two that end alike are ambiguous."""
    left = _left(heard, found)
    known = store.by_name(session, {_parts(event.picture)[-1] for _, event in left if event.picture})
    for place, event in left:
        ranked: dict[int, set[int]] = {}
        for candidate in known.get(_parts(event.picture)[-1], []):
            ranked.setdefault(_alike(event.picture, candidate.path), set()).add(candidate.image_id)
        best = ranked[max(ranked)] if ranked else set()
        if len(best) == 1:
            _note({place: next(iter(best))}, "name", found, tally)
        else:
            (tally.ambiguous if best else tally.unmatched).append(event.picture or event.sha256 or "")


def _paths(picture: str, base: Path) -> list[str]:
    tried = [base.absolute() / picture, (base / picture).resolve(), Path(os.sep, picture)]
    return [stored_name(str(path)) for path in tried]


def _parts(path: str) -> list[str]:
    return path.replace("\\", "/").split("/")


def _alike(one: str, other: str) -> int:
    """How many parts two paths have in common at their ends."""
    pairs = zip(reversed(_parts(one)), reversed(_parts(other)), strict=False)
    return next((count for count, (mine, theirs) in enumerate(pairs) if mine != theirs), len(_parts(one)))


def _examples(pictures: list[str], what: str) -> list[str]:
    if not pictures:
        return []
    return [f"  {len(pictures):,} {what}: {', '.join(pictures[:SHOWN])}{', ...' if len(pictures) > SHOWN else ''}"]
