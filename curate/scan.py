"""Scanning: folders of files to images, measures and faces in the database."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from sqlalchemy.orm import Session, sessionmaker

from curate import store_scan as store
from curate.config import ScanOptions
from curate.faces import check_models, use_landmark_model
from curate.measures import VERSION
from curate.names import shown, stored_name
from curate.progress import Meter
from curate.scan_pool import outcomes
from curate.scan_summary import NAMED, ScanSummary
from curate.scan_walk import Entry, Walk, walk
from curate.scan_worker import Outcome, Setup
from curate.workspace import Workspace

TRY_AGAIN = ("unreadable", "killed the reader", "too many pixels")  # may go better now, though the file is the same

log = logging.getLogger("swipegan.scan")


def run(workspace: Workspace, options: ScanOptions) -> ScanSummary:
    """Bring the database up to what lies in the folders; only what is new or changed is read.

    Ctrl-C ends it by KeyboardInterrupt once the images in hand are written.
    """
    began = time.monotonic()
    found = walk(options.folders)
    sessions = workspace.open()
    entries = list(found.entries())
    with interruptible() as stop:
        summary = ScanSummary(folders=found.roots, files=len(entries))
        todo = _compare(sessions, entries, found, options, summary)
        if todo:
            _read(sessions, todo, options, summary, stop)
        _finish(sessions, found, summary, time.monotonic() - began)
        if stop.is_set():
            raise KeyboardInterrupt
    return summary


def _compare(
    sessions: sessionmaker[Session], entries: list[Entry], found: Walk, options: ScanOptions, summary: ScanSummary
) -> list[str]:
    """The paths to read; what is gone or back again is written at once."""
    todo: list[str] = []
    back: list[str] = []
    known_bad = 0
    with sessions.begin() as session:
        lacking = store.without_descriptor(session) if options.people else set()
        summary.missing = store.mark_missing(session, found.roots, {stored_name(e.path) for e in entries}, found.unread)
        for chunk in store.chunks(entries):
            known = store.known_files(session, [stored_name(entry.path) for entry in chunk])
            for entry in chunk:
                name = stored_name(entry.path)
                if options.again or not _is_current(entry, known.get(name), lacking):
                    todo.append(entry.path)
                elif known[name].state == "missing":
                    back.append(name)
                else:
                    known_bad += known[name].state == "bad"
        store.mark_found(session, back)
    summary.back, summary.unchanged = len(back), len(entries) - len(todo) - len(back) - known_bad
    return todo


def _is_current(entry: Entry, known: store.Known | None, lacking: set[int]) -> bool:
    """Whether nothing new can be learned by reading the file again."""
    if known is None or (known.bytes, known.mtime_ns) != (entry.bytes, entry.mtime_ns):
        return False
    if known.image_id is None:
        return known.state == "bad" and not (known.reason or "").startswith(TRY_AGAIN)
    return known.version == VERSION and known.image_id not in lacking


def _read(
    sessions: sessionmaker[Session], todo: list[str], options: ScanOptions, summary: ScanSummary, stop: threading.Event
) -> None:
    setup = _setup(sessions, options)
    recorder = Recorder(sessions, summary, options)
    with Meter("scan", len(todo), "files") as meter:
        for done in _outcomes(todo, options, setup, stop):
            recorder.add(done)
            meter.advance(len(done), recorder.detail())
        recorder.flush()


def _outcomes(todo: list[str], options: ScanOptions, setup: Setup, stop: threading.Event) -> Iterator[list[Outcome]]:
    """The work, done by processes here or by a cluster."""
    if options.scheduler is None:
        return outcomes(todo, min(options.processes, len(todo)), setup, stop.is_set)
    from curate.scan_cluster import outcomes_on_cluster

    return outcomes_on_cluster(todo, options.scheduler, setup, stop.is_set)


def _setup(sessions: sessionmaker[Session], options: ScanOptions) -> Setup:
    check_models(options.people)
    if options.landmark_model is not None:
        use_landmark_model(options.landmark_model)  # a wrong file is an error now, not in each worker
    with sessions.begin() as session:
        lacking = store.without_descriptor(session) if options.people else set()
        known = store.measured_digests(session, -1 if options.again else VERSION, lacking)
    return Setup(
        people=options.people, landmark_model=options.landmark_model, max_pixels=options.max_pixels, known=known
    )


class Recorder:
    """Writes outcomes in batches, one transaction each, and counts them."""

    def __init__(self, sessions: sessionmaker[Session], summary: ScanSummary, options: ScanOptions) -> None:
        self.sessions, self.summary, self.batch = sessions, summary, options.batch
        self.waiting: list[Outcome] = []
        self.bad = 0
        self.written: dict[str, int] = {}  # ids of the images that this scan measured, by SHA-256

    def add(self, done: list[Outcome]) -> None:
        """Take outcomes, and write when there are enough."""
        self.waiting += done
        if len(self.waiting) >= self.batch:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        if not self.waiting:
            return
        with self.sessions.begin() as session:
            counts, written = self._write(session)
        self.written |= written
        for name, count in counts.items():
            setattr(self.summary, name, getattr(self.summary, name) + count)
        for outcome in self.waiting:
            self._note(outcome)
        self.waiting = []

    def detail(self) -> str:
        """What the progress shows beside the numbers."""
        return f"{self.bad} bad" if self.bad else ""

    def _write(self, session: Session) -> tuple[dict[str, int], dict[str, int]]:
        good = [outcome for outcome in self.waiting if not outcome.bad]
        ids = store.images_by_digest(session, {outcome.sha256 or "" for outcome in good})
        there = store.images_with_files(session, ids.values())
        before = store.known_files(session, [stored_name(outcome.path) for outcome in self.waiting])
        counts = dict.fromkeys(("new", "changed", "unchanged", "moved", "copies", "measured"), 0)
        fresh = {each.sha256: each for each in good if each.header is not None and each.sha256 not in self.written}
        written = store.write_images(session, list(fresh.values()), ids, VERSION)
        rows: list[tuple[Outcome, int | None]] = [(each, None) for each in self.waiting if each.bad]
        for outcome in good:
            sha256 = outcome.sha256 or ""
            counts[_kind(before.get(stored_name(outcome.path)), ids.get(sha256), there)] += 1
            ids[sha256] = ids.get(sha256) or written[sha256]
            there.add(ids[sha256])
            rows.append((outcome, ids[sha256]))
        store.write_files(session, rows)
        return counts | {"measured": len(fresh)}, written

    def _note(self, outcome: Outcome) -> None:
        self.summary.mislabelled += outcome.mislabelled
        self.summary.animated += outcome.header is not None and outcome.header.animated
        self.bad += outcome.bad is not None
        if outcome.bad is not None:
            log.info("%s: %s", shown(outcome.path), outcome.bad)
        if outcome.trace:
            log.error("%s: %s\n%s", shown(outcome.path), outcome.bad, outcome.trace)


def _kind(known: store.Known | None, image_id: int | None, there: set[int]) -> str:
    """What a file with an image is: new, changed (its path held something else), unchanged, moved, or a copy."""
    if known is not None and known.image_id is not None and known.state != "missing":
        return "unchanged" if known.image_id == image_id else "changed"
    if image_id is None:
        return "new"
    if known is not None and known.state == "bad":
        return "changed"  # mended
    return "copies" if image_id in there else "moved"


def _finish(sessions: sessionmaker[Session], found: Walk, summary: ScanSummary, seconds: float) -> None:
    with sessions.begin() as session:
        counted = store.count_under(session, found.roots, NAMED)
    faces = counted.with_faces
    summary.bad = counted.bad
    summary.examples = {kind: [_told(*file) for file in files] for kind, files in counted.examples.items()}
    summary.no_face, summary.one_face = faces.get(0, 0), faces.get(1, 0)
    summary.several_faces = sum(count for number, count in faces.items() if number > 1)
    summary.hidden, summary.own, summary.special = found.hidden, found.own, found.special
    summary.unread = [shown(folder) for folder in found.unread]
    summary.seconds = seconds
    summary.images_per_second = summary.measured / max(seconds, 1e-6)


def _told(path: str, reason: str) -> str:
    _, _, detail = reason.partition(": ")
    return shown(path) + (f" ({shown(detail)})" if detail else "")


@contextmanager
def interruptible() -> Iterator[threading.Event]:
    """An event that the first Ctrl-C sets; the second one interrupts as usual."""
    event = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield event
        return

    def stop(_signal: int, _frame: FrameType | None) -> None:
        event.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield event
    finally:
        signal.signal(signal.SIGINT, before)
