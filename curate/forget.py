"""`swipegan forget`: remove pictures or a person from everything that the workspace holds."""

from __future__ import annotations

import json
import mmap
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from curate import store_forget, store_labels, store_selections
from curate.config import ForgetOptions
from curate.errors import UserError
from curate.files import read_json
from curate.forget_sets import SetChange, entries_of, planned, set_folders, take_out
from curate.names import real_path, shown
from curate.set_faces import FACES, GUIDES
from curate.store_forget import Known
from curate.workspace import Workspace

REPORT = "report.html"
WAIT = 5.0  # seconds for other programs to let go of the database
NAMED = 5  # pictures, files and runs that are named in the text; --json has all
WEIGHTS = {".pt", ".safetensors"}  # hold no text about pictures


@dataclass(frozen=True, kw_only=True)
class ForgetSummary:
    """What goes, or went, and what cannot be reached.

    runs: trained on sets that held these pictures. copies: other databases beside the workspace's. still_named: files
    in the workspace that name a forgotten picture. photos: the files themselves, which are never touched.
    """

    done: bool
    images: tuple[Known, ...]
    hashes: tuple[str, ...]  # of all pictures, also those that only sets know
    labeler: str | None
    rows: dict[str, int]
    cached: int
    report: bool
    sets: tuple[SetChange, ...]
    runs: tuple[str, ...]
    copies: tuple[str, ...]
    still_named: tuple[str, ...] = ()
    log_is_held: bool = False
    photos: tuple[str, ...] = field(default=())

    def text(self) -> str:
        """The summary for people."""
        who = f"the labeler {self.labeler}" if self.labeler else f"{len(self.hashes)} picture(s)"
        lines = [f"{'Forgot' if self.done else 'Would forget'} {who}:"]
        lines += [f"  {one[:12]}" for one in self.hashes[:NAMED]] + _more(self.hashes)
        rows = ", ".join(f"{count} {name}" for name, count in self.rows.items()) or "nothing"
        lines += [f"  database: {rows}", f"  cache: {self.cached} file(s)" + (f"; {REPORT}" if self.report else "")]
        lines += [f"  {change.text()}" for change in self.sets]
        return "\n".join(lines + self._limits())

    def _limits(self) -> list[str]:
        lines = []
        if self.runs:
            lines.append("Trained on them, or on a set that held them; a network cannot unlearn, and samples may show")
            lines += ["their faces. Remove these folders and train anew:", *_named(self.runs)]
        if self.copies:
            lines += ["Copies of the database that may still hold them; remove these yourself:", *_named(self.copies)]
        if self.still_named:
            lines += ["Files that still name them; look at these:", *_named(self.still_named)]
        if self.photos:
            lines.append("The photos themselves still lie where they were. A new scan would read them again, so move")
            lines += ["them away or delete them first:", *_named(self.photos)]
        if self.log_is_held:
            lines.append("The database's old pages could not be cleared: another program has it open, or the disk is")
            lines.append("full. Mend that, then run: swipegan forget --clear")
        return lines


def _named(names: Sequence[str]) -> list[str]:
    return [f"  {shown(name)}" for name in names[:NAMED]] + _more(names)


def _more(names: Sequence[str]) -> list[str]:
    return [f"  and {len(names) - NAMED} more; --json names all"] if len(names) > NAMED else []


def plan(workspace: Workspace, options: ForgetOptions) -> ForgetSummary:
    """What would go; nothing is changed. Raises UserError where no such picture or person is known."""
    if not workspace.has_database():
        raise UserError(f"there is no database in {workspace.root}; name the folder by --workspace")
    sessions = workspace.open()
    try:
        with sessions() as session:
            return _plan(workspace, session, options)
    finally:
        sessions.kw["bind"].dispose()


def _plan(workspace: Workspace, session: Session, options: ForgetOptions) -> ForgetSummary:
    copies = tuple(str(path) for path in _copies(workspace))
    if options.labeler is not None:
        person = store_labels.labeler(session, options.labeler)
        rows = {"labelers": 1} | store_forget.count_person(session, person.id)
        return ForgetSummary(
            done=False, images=(), hashes=(), labeler=person.name, rows=rows, cached=len(_learned(workspace)),
            report=(workspace.root / REPORT).is_file(), sets=(), runs=(), copies=copies,
        )  # fmt: skip
    folders = set_folders(workspace.sets, store_forget.set_folders(session))
    hashes = _of_person(folders, options.person) if options.person is not None else set()
    ids = store_forget.ids_of(session, hashes)
    for text in options.images:
        try:
            ids.append(store_selections.find_image(session, text))
        except store_selections.UnknownImage:
            only_in_sets = _in_sets(folders, text.lower())
            if len(only_in_sets) != 1:
                raise
            hashes |= only_in_sets
    images = store_forget.known(session, ids)
    hashes |= {image.sha256 for image in images}
    changes = tuple(change for folder in folders if (change := planned(folder, hashes)))
    return ForgetSummary(
        done=False,
        images=tuple(images),
        hashes=tuple(sorted(hashes)),
        labeler=None,
        rows={"images": len(images)} | store_forget.count_rows(session, [image.id for image in images]),
        cached=len([*_cached(workspace, hashes), *_learned(workspace)]),
        report=(workspace.root / REPORT).is_file(),
        sets=changes,
        runs=tuple(_runs(workspace, changes)),
        copies=copies,
        photos=tuple(path for image in images for path in image.paths if real_path(path).exists()),
    )


def carry_out(workspace: Workspace, found: ForgetSummary) -> ForgetSummary:
    """Remove what a plan names: first files of the cache, then rows, then faces in sets; then clear the old pages."""
    hashes = set(found.hashes)
    for path in [*_cached(workspace, hashes), *_learned(workspace), workspace.root / REPORT]:
        path.unlink(missing_ok=True)
    sessions = workspace.open()
    try:
        with sessions.begin() as session:
            store_forget.secure(session)
            folders = set_folders(workspace.sets, store_forget.set_folders(session))
            if found.labeler is not None:
                store_forget.forget_labeler(session, store_labels.labeler(session, found.labeler).id)
            store_forget.forget_images(session, found.images)
        digests = {str(folder): take_out(folder, hashes) for folder in folders} if hashes else {}
        changes = tuple(replace(change, digest_after=digests.get(change.path)) for change in found.sets)
        with sessions.begin() as session:
            for change in changes:
                store_forget.note_set(session, Path(change.path), change.left, change.digest_after or "")
    finally:
        sessions.kw["bind"].dispose()
    held = not clear(workspace)
    named = tuple(str(path) for path in _still_named(workspace, found))
    return replace(found, done=True, sets=changes, still_named=named, log_is_held=held)


def clear(workspace: Workspace) -> bool:
    """Rewrite the database file without its deleted pages and empty its log; whether nobody was in the way."""
    url = make_url(workspace.database_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        return True  # a server's own affair
    with closing(sqlite3.connect(url.database, timeout=WAIT, isolation_level=None)) as connection:
        try:
            connection.execute("pragma secure_delete = on")
            connection.execute("vacuum")
            busy = connection.execute("pragma wal_checkpoint(truncate)").fetchone()[0]
        except sqlite3.OperationalError:
            return False
    return not busy


def _of_person(folders: Sequence[Path], person: str) -> set[str]:
    entries = [entry for folder in folders for entry in entries_of(folder)]
    found = {entry.sha256 for entry in entries if entry.person == person}
    if not found:
        raise UserError(f"no set has a person {person!r}; names stand in index.jsonl of the sets, under person")
    return found


def _in_sets(folders: Sequence[Path], start: str) -> set[str]:
    """SHA-256 of faces in sets that start so: a picture that the database has forgotten already."""
    if len(start) < 6:
        return set()
    return {entry.sha256 for folder in folders for entry in entries_of(folder) if entry.sha256.startswith(start)}


def _cached(workspace: Workspace, hashes: set[str]) -> Iterator[Path]:
    for kind in ("renditions", "thumbnails"):
        for sha256 in hashes:
            folder = workspace.cache / kind / sha256[:2]
            yield from (path for path in folder.glob("*") if sha256 in path.name)


def _learned(workspace: Workspace) -> list[Path]:
    """What the report keeps of learning: by ids and verdicts of all labeled pictures, so all of it goes."""
    return list((workspace.cache / "learning").glob("*"))


def _runs(workspace: Workspace, changes: Sequence[SetChange]) -> Iterator[str]:
    """Runs whose set had one of these digests, or has the name of such a set and may have been made from it before."""
    digests = {change.digest_before for change in changes if change.faces}
    names = {change.name for change in changes if change.faces}
    for place in sorted(workspace.runs.glob("*/config.json")):
        try:
            about = read_json(place).get("set", {})
            seen = about.get("digest") in digests or about.get("name") in names
        except (OSError, ValueError, AttributeError):
            continue  # no run that could be read: `report` says so
        if seen:
            yield str(place.parent)


def _copies(workspace: Workspace) -> list[Path]:
    """SQLite files beside the workspace's database: from upgrades, restores and backups."""
    url = make_url(workspace.database_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        return []
    database = Path(url.database)
    ours = {database.name, f"{database.name}-wal", f"{database.name}-shm"}
    return sorted(path for path in database.parent.glob("*") if path.name not in ours and _is_sqlite(path))


def _is_sqlite(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(15) == b"SQLite format 3"


def _still_named(workspace: Workspace, found: ForgetSummary) -> Iterator[Path]:
    """Files of the workspace with a forgotten picture's SHA-256 or path in them, copies of the database aside."""
    needles = [sha256.encode() for sha256 in found.hashes]
    for path in (path for image in found.images for path in image.paths):
        needles += [path.encode(), json.dumps(path)[1:-1].encode()]
    aside = {*found.copies, *found.photos}
    for place in sorted(workspace.root.absolute().rglob("*")) if needles else []:
        pixels = place.suffix in WEIGHTS or place.parent.name in (FACES, GUIDES)
        if place.is_symlink() or not place.is_file() or str(place) in aside or pixels:
            continue
        if place.stat().st_size and _holds(place, needles):
            yield place


def _holds(path: Path, needles: Sequence[bytes]) -> bool:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return any(data.find(needle) >= 0 for needle in needles)
