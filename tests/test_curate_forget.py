"""After `forget`, no byte of the workspace knows the picture any more; all else is as it was and whole."""

import json
import shutil
import sqlite3
import struct
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from set_fixtures import LANDMARKS, job_for, options_for
from sqlalchemy import func, select

from cli.main import swipegan
from curate.backup import back_up
from curate.config import ForgetOptions
from curate.errors import UserError
from curate.files import write_json
from curate.forget import ForgetSummary, carry_out, clear, plan
from curate.models import (
    Access,
    Face,
    File,
    Image,
    Label,
    Labeler,
    Lease,
    Measures,
    Model,
    Prediction,
    QueueEntry,
    Selection,
    SelectionImage,
    TrainingSet,
    now,
)
from curate.report_pictures import thumbnail
from curate.set_folder import write_set
from curate.sets import FaceSet, open_set
from curate.workspace import Workspace
from swipeweb.renditions import Renditions

COUNT = 4
TABLES: tuple[Any, ...] = (Image, File, Measures, Face, Label, Lease, QueueEntry, Prediction, SelectionImage)


@dataclass
class Kept:
    """A workspace in which every table, cache and set knows each picture; what is to be searched for, of the first."""

    workspace: Workspace
    sha256: str
    path: Path
    landmarks: list[list[float]]
    renditions: list[bytes]
    faces: FaceSet

    def secrets(self) -> dict[str, bytes]:
        """Bytes by which the first picture could be known again."""
        entry = next(entry for entry in self.faces.entries if entry.sha256 == self.sha256)
        found = {
            "path": str(self.path).encode(),
            "name": self.path.name.encode(),
            "hex": self.sha256.encode(),
            "raw": bytes.fromhex(self.sha256),
            "landmarks": json.dumps(self.landmarks).encode(),
            "landmarks in the set": json.dumps(entry.landmarks, separators=(",", ":")).encode(),
            "chip": b"chip of number 0" * 16,
            "descriptor": struct.pack("<128f", *range(128)),
            "face": (self.faces.path / entry.face).read_bytes(),
            "guide of it": entry.guide.encode(),
        }
        return found | {f"rendition {n}": data for n, data in enumerate(self.renditions)}

    def sums(self) -> dict[str, int]:
        """Rows of each table."""
        with self.workspace.open()() as session:
            return {t.__tablename__: session.scalar(select(func.count()).select_from(t)) or 0 for t in TABLES}

    def found(self, secrets: dict[str, bytes]) -> set[str]:
        """Which of these bytes lie anywhere in the workspace, in a file or in its name."""
        files = [path for path in self.workspace.root.rglob("*") if path.is_file()]
        haystack = [path.read_bytes() + str(path.relative_to(self.workspace.root)).encode() for path in files]
        return {name for name, secret in secrets.items() if any(secret in data for data in haystack)}

    def forget(self, *images: str, **options: Any) -> ForgetSummary:
        """Plan it and carry it out."""
        return carry_out(self.workspace, plan(self.workspace, ForgetOptions(images=images, **options)))


def own_landmarks(number: int) -> tuple[tuple[float, float], ...]:
    """A face like no other: the drawn one's points, each a little off."""
    points = LANDMARKS * 200 + np.random.default_rng(number).normal(0, 1, (68, 2))
    return tuple((float(x), float(y)) for x, y in points)


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """Made once: each test works on a copy."""
    tmp_path = tmp_path_factory.mktemp("ready")
    workspace = Workspace(tmp_path / "work")
    sessions = workspace.open()
    jobs = [
        job_for(tmp_path / "photos", f"photo-of-{n}.png", seed=n, person=f"anna-{n % 2}", landmarks=own_landmarks(n))
        for n in range(COUNT)
    ]
    faces = write_set(workspace.sets / "small", jobs, [], options_for(), {"name": "all", "version": 1}).faces
    with sessions.begin() as session:
        selection = Selection(name="all", version=1, rule=[], kept=COUNT - 1, left_out=1, digest="")
        model = Model(recipe={"skills": {"1": [0.9, 0.8], "2": [0.7, 0.7]}}, labels=4, last_seq=4)
        people = [Labeler(name="Ann Uncommonname"), Labeler(name="Ben")]
        session.add_all([selection, model, *people])
        session.flush()
        accesses = [Access(labeler_id=p.id, kind="cookie", secret_sha256=f"{p.id}" * 64, expires=now()) for p in people]
        session.add_all(accesses)
        session.add(
            TrainingSet(
                name="small", path=str(faces.path), selection_id=selection.id, count=4, digest=faces.digest, options={}
            )
        )
        session.flush()
        for number, job in enumerate(jobs):
            image = Image(sha256=job.sha256, bytes=1, format="PNG", mode="RGB", width=200, height=200)
            session.add(image)
            session.flush()
            path = Path(job.paths[0])
            about = {"image_id": image.id}
            state = path.stat()
            session.add_all(
                [
                    File(path=str(path), bytes=state.st_size, mtime_ns=state.st_mtime_ns, sha256=job.sha256, state="ok",
                         **about),
                    Measures(version=1, sharpness=9.0, phash=job.sha256[:16], **about),
                    Face(rank=0, left=40, top=60, right=160, bottom=180, score=1.0, detector="drawn", yaw=0, pitch=0,
                         roll=0, landmarks=[[*point] for point in job.landmarks],
                         chip=b"chip of number %d" % number * 16,
                         descriptor=struct.pack("<128f", *range(number, number + 128)), **about),
                    *(Label(uuid=f"{number}-{p.id}", labeler_id=p.id, verdict="good", decided=now(), how="key", **about)
                      for p in people),
                    Lease(labeler_id=people[0].id, access_id=accesses[0].id, until=now(), **about),
                    QueueEntry(state="closed", opinions=2, dice=0.5, **about),
                    Prediction(model_id=model.id, quality=0.5, reasons=[], **about),
                    SelectionImage(selection_id=selection.id, kept=number != 3, **about,
                                   reason=f"a lesser copy of {Path(jobs[0].paths[0]).name}" if number == 3 else None),
                ]
            )  # fmt: skip
    with sessions() as session:
        from curate.store_labels import sources
        from curate.store_report import sources as shown_sources

        shelf = Renditions(workspace.cache)
        source = sources(session, [1])[1]
        renditions = [shelf.get(source, kind).data for kind in ("face", "whole")]
        shelf.close()
        thumbnail(shown_sources(session, [1])[1], "face", workspace.cache)
    sessions.kw["bind"].dispose()
    (workspace.cache / "learning").mkdir()
    (workspace.cache / "learning" / "0123.json").write_text("{}")
    (workspace.root / "report.html").write_text(jobs[0].paths[0])
    sets = {"moved": ("elsewhere", faces.digest), "older": ("small", "3" * 64), "other": ("large", "0" * 64)}
    for run, (name, digest) in sets.items():
        write_json(workspace.runs / run / "config.json", {"set": {"name": name, "digest": digest}})
    landmarks = [[*point] for point in jobs[0].landmarks]
    return Kept(workspace, jobs[0].sha256, Path(jobs[0].paths[0]), landmarks, renditions, faces)


@pytest.fixture
def kept(ready: Kept, tmp_path: Path) -> Kept:
    workspace = Workspace(tmp_path / "work")
    shutil.copytree(ready.workspace.root, workspace.root)
    with closing(sqlite3.connect(workspace.root / "swipegan.db")) as connection:
        connection.execute("update sets set path = ?", (str(workspace.sets / "small"),))
        connection.commit()
    return replace(ready, workspace=workspace, faces=open_set(workspace.sets / "small"))


def test_no_byte_of_a_forgotten_picture_is_left_in_the_workspace(kept: Kept) -> None:
    secrets = kept.secrets()
    assert kept.found(secrets) == set(secrets) - {"raw"}, "the search itself would find them"

    summary = kept.forget(kept.sha256[:10])

    assert kept.found(secrets) == set()
    assert not summary.log_is_held
    assert not summary.still_named


def test_the_photo_itself_is_never_touched_and_is_named(kept: Kept) -> None:
    before = kept.path.read_bytes()

    summary = kept.forget(str(kept.path))

    assert kept.path.read_bytes() == before
    assert str(kept.path) in summary.text()
    assert "A new scan would read them again" in summary.text()


def test_all_other_pictures_stay(kept: Kept) -> None:
    before = kept.sums()

    summary = kept.forget("1")

    gone = {name: count - kept.sums()[name] for name, count in before.items()}
    assert gone == {name: summary.rows[name] for name in before} == {**dict.fromkeys(before, 1), "labels": 2}
    with closing(sqlite3.connect(kept.workspace.root / "swipegan.db")) as connection:
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
        assert connection.execute("pragma foreign_key_check").fetchone() is None


def test_a_set_stays_whole_under_another_digest_and_knows_that_it_was_cut(kept: Kept) -> None:
    summary = kept.forget("1")

    rest = open_set(kept.workspace.sets / "small")
    rest.check()
    assert [entry.sha256 for entry in rest.entries] == [e.sha256 for e in kept.faces.entries if e.sha256 != kept.sha256]
    (change,) = summary.sets
    assert (change.digest_before, change.digest_after) == (kept.faces.digest, rest.digest)
    assert rest.digest[:12] in summary.text()
    assert rest.info.recipe != kept.faces.info.recipe
    with kept.workspace.open()() as session:
        assert session.scalars(select(TrainingSet.digest)).one() == rest.digest
        assert session.scalars(select(Selection.kept)).one() == 2


def test_runs_whose_set_has_that_digest_or_name_are_listed(kept: Kept) -> None:
    summary = kept.forget("1", dry_run=True)

    assert summary.runs == (str(kept.workspace.runs / "moved"), str(kept.workspace.runs / "older"))
    assert "cannot unlearn" in summary.text()


def test_a_person_of_a_set_goes_with_all_pictures(kept: Kept) -> None:
    summary = kept.forget(person="anna-0")

    assert len(summary.images) == 2
    assert {entry.person for entry in open_set(kept.workspace.sets / "small").entries} == {"anna-1"}
    assert kept.sums()["images"] == 2


def test_a_set_without_a_face_left_goes_as_a_whole(kept: Kept) -> None:
    kept.forget("1", "2", "3", "4")

    assert not (kept.workspace.sets / "small").exists()
    with kept.workspace.open()() as session:
        assert session.scalars(select(TrainingSet)).all() == []


def test_a_labeler_goes_with_labels_and_links_and_pictures_are_open_again(kept: Kept) -> None:
    kept.forget(labeler="Ann Uncommonname")

    assert kept.found({"name": b"Uncommonname", "secret": b"1" * 64}) == set()
    with kept.workspace.open()() as session:
        assert {label.labeler_id for label in session.scalars(select(Label))} == {2}
        assert session.scalars(select(Lease)).all() == []
        assert {(entry.state, entry.opinions) for entry in session.scalars(select(QueueEntry))} == {("open", 1)}
        assert session.scalars(select(Model)).one().recipe == {"skills": {"2": [0.7, 0.7]}}
    assert kept.sums()["images"] == COUNT


def test_copies_of_the_database_and_files_that_name_it_are_told(kept: Kept) -> None:
    database = kept.workspace.root / "swipegan.db"
    back_up(database, copy := kept.workspace.root / "swipegan.db.before-0001")
    (kept.workspace.root / "labels.csv").write_text(f"{kept.sha256},good\n")

    summary = kept.forget("1")

    assert summary.copies == (str(copy.absolute()),)
    assert summary.still_named == (str(kept.workspace.root / "labels.csv"),)
    assert copy.exists(), "what a person has put aside is theirs to remove"


def test_what_an_interrupted_call_left_in_sets_is_found_by_its_hash(kept: Kept) -> None:
    secrets = kept.secrets()
    with kept.workspace.open().begin() as session:
        from curate.store_forget import forget_images, known

        forget_images(session, known(session, [1]))
    (kept.workspace.sets / "small" / "faces" / f"{kept.sha256[:16]}.png").unlink()

    kept.forget(kept.sha256)

    open_set(kept.workspace.sets / "small").check()
    (kept.workspace.root / "report.html").unlink(missing_ok=True)
    assert kept.found(secrets) == set()


def test_a_database_in_use_is_said_and_cleared_later(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = kept.secrets()
    monkeypatch.setattr("curate.forget.WAIT", 0.1)
    with closing(sqlite3.connect(kept.workspace.root / "swipegan.db", isolation_level=None)) as reader:
        reader.execute("begin").connection.execute("select count(*) from images").fetchone()
        summary = kept.forget("1")

    assert summary.log_is_held
    assert "forget --clear" in summary.text()
    assert clear(kept.workspace)
    assert kept.found(secrets) == set()


def test_nothing_goes_without_a_yes(kept: Kept) -> None:
    before = kept.sums()
    words = ["-w", str(kept.workspace.root), "forget", "1"]

    assert CliRunner().invoke(swipegan, words, input="n\n").exit_code == 1
    dry = CliRunner().invoke(swipegan, [*words, "--dry-run", "--json"])
    assert json.loads(dry.stdout) == json.loads(json.dumps(asdict(plan(kept.workspace, ForgetOptions(images=("1",))))))
    assert kept.sums() == before
    assert CliRunner().invoke(swipegan, words, input="y\n").exit_code == 0
    assert kept.sums()["images"] == COUNT - 1


@pytest.mark.parametrize("options", [{"images": ("99",)}, {"person": "nobody"}, {"labeler": "nobody"}])
def test_what_is_not_known_is_an_error(kept: Kept, options: dict[str, Any]) -> None:
    with pytest.raises(UserError, match=r"99|nobody"):
        plan(kept.workspace, ForgetOptions(**options))
