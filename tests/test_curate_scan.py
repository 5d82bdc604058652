"""Scanning a folder: everything read or named, nothing twice, nothing lost."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from scan_fixtures import bad_files, content, encoded, examine_or_die, odd_files, portrait, write_all, write_portraits

from curate import scan, scan_pool
from curate.config import ScanOptions
from curate.errors import UserError
from curate.faces import MissingModel
from curate.models import Face, File, Image, Label, Labeler, Measures
from curate.names import real_path, shown, stored_name
from curate.scan_summary import ScanSummary
from curate.workspace import Workspace


def scanned(workspace: Workspace, *folders: Path, processes: int = 1, **options: object) -> ScanSummary:
    return scan.run(workspace, ScanOptions(folders=folders, processes=processes, **options))  # type: ignore[arg-type]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    write_portraits(folder, 3)
    return folder


def rows(workspace: Workspace, statement: sa.Select[tuple[object, ...]]) -> list[tuple[object, ...]]:
    with workspace.open().begin() as session:
        return [tuple(row) for row in session.execute(statement)]


@pytest.mark.skipif(sys.platform == "win32", reason="names of odd bytes are a matter of POSIX")
def test_every_file_is_read_or_named_with_its_reason(tmp_path: Path, workspace: Workspace) -> None:
    folder = tmp_path / "photos"
    write_all(folder / "bad", bad_files())
    write_all(folder / "odd" / "deeper", odd_files())
    face = encoded(portrait(), "JPEG")
    odd_names = [b"two\nlines.jpg", b"caf\xe9.jpg", "für 李.JPG".encode(), b"back\\slash.jpg", b"no extension"]
    for name in odd_names:
        with open(os.path.join(os.fsencode(folder), name), "wb") as file:
            file.write(face)
    write_portraits(folder / ".hidden", 1)
    (folder / ".DS_Store").write_bytes(b"x")
    (folder / "loop").symlink_to(folder)
    (folder / "nowhere").symlink_to(folder / "gone")
    os.mkfifo(folder / "pipe")

    summary = scanned(workspace, folder)

    kinds: dict[str, int] = {}
    for _, kind in bad_files().values():
        kinds[kind] = kinds.get(kind, 0) + 1
    assert summary.bad == kinds
    named = rows(workspace, sa.select(File.path, File.reason).where(File.state == "bad"))
    assert {Path(str(path)).name: str(reason).partition(":")[0] for path, reason in named} == {
        name: kind for name, (_, kind) in bad_files().items()
    }
    assert len(named) >= 15
    assert summary.files == len(bad_files()) + len(odd_files()) + len(odd_names)
    assert summary.measured == len(odd_files()) + 1
    assert (summary.new, summary.copies) == (len(odd_files()) + 1, len(odd_names) - 1)
    assert summary.mislabelled == 1
    assert summary.animated == 3
    assert (summary.hidden, summary.special) == (2, 2)
    assert "1 HEIC picture\n" in summary.text()
    assert "phone.heic (convert it to JPEG first)" in summary.text()
    stored = {str(path) for (path,) in rows(workspace, sa.select(File.path).where(File.state == "ok"))}
    assert sorted(os.fsencode(real_path(path).name) for path in stored if "odd" not in path) == sorted(odd_names)
    assert all(real_path(path).exists() for path in stored)


@pytest.mark.parametrize("name", [b"/a/plain.jpg", b"/a/caf\xe9.jpg", b"/a/caf\xe9\\xe9 \\\\.jpg", "/a/für".encode()])
def test_a_stored_name_leads_back_to_the_file(name: bytes) -> None:
    path = os.fsdecode(name)
    assert stored_name(path).encode()  # a database can hold it
    assert os.fsencode(real_path(stored_name(path))) == name


def test_names_that_differ_are_stored_apart_and_shown_on_a_line() -> None:
    names = [b"/a/\xe9", b"/a/\\xe9", b"/a/\\\\xe9", b"/a/\xe9\xe9", "/a/é".encode()]
    assert len({stored_name(os.fsdecode(name)) for name in names}) == len(names)
    assert shown("/a/two\nlines\x1b[31m") == "/a/two\\nlines\\x1b[31m"


def test_a_scanned_portrait_has_measures_a_face_and_a_hash(photos: Path, workspace: Workspace) -> None:
    summary = scanned(workspace, photos)
    assert (summary.new, summary.measured, summary.one_face) == (3, 3, 3)
    with workspace.open().begin() as session:
        image, measures, face = (
            session.execute(sa.select(Image, Measures, Face).join(Measures).join(Face)).first() or ()
        )
        assert (image.width, image.height, image.format, image.mode) == (160, 160, "JPEG", "RGB")
        assert image.bytes == session.scalars(sa.select(File).where(File.image_id == image.id)).one().bytes
        assert measures.version == scan.VERSION
        assert measures.jpeg_quality == 80
        assert measures.sharpness > 0
        assert len(measures.phash) == 16
        assert len(face.landmarks) == 68
        assert face.rank == 0
        assert face.descriptor is None


def test_a_second_scan_reads_nothing(photos: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    (photos / "notes.txt").write_text("bring milk")
    scanned(workspace, photos)
    monkeypatch.setattr(scan, "outcomes", lambda *_: pytest.fail("a file was read"))
    summary = scanned(workspace, photos)
    assert (summary.unchanged, summary.new, summary.bad) == (3, 0, {"not a picture": 1})
    assert summary.one_face == 3


def test_a_moved_image_keeps_its_labels(photos: Path, workspace: Workspace) -> None:
    scanned(workspace, photos)
    with workspace.open().begin() as session:
        image = session.scalars(sa.select(File.image_id).where(File.path.endswith("001.jpg"))).one()
        ann = Labeler(name="ann")
        session.add(ann)
        session.flush()
        session.add(
            Label(uuid="1", image_id=image, labeler_id=ann.id, verdict="good", how="swipe", decided=scan_time())
        )
    (photos / "album").mkdir()
    shutil.move(photos / "portrait-001.jpg", photos / "album" / "ann.jpg")

    summary = scanned(workspace, photos)

    assert (summary.moved, summary.missing, summary.new, summary.unchanged, summary.measured) == (1, 1, 0, 2, 0)
    labeled = sa.select(File.path, File.state).join(Label, Label.image_id == File.image_id).order_by(File.state)
    assert [(Path(str(path)).name, state) for path, state in rows(workspace, labeled)] == [
        ("portrait-001.jpg", "missing"),
        ("ann.jpg", "ok"),
    ]


def scan_time() -> object:
    from curate.models import now

    return now()


def test_changed_touched_copied_vanished_and_returned_files_are_told_apart(photos: Path, workspace: Workspace) -> None:
    scanned(workspace, photos)
    vanished = photos / "portrait-002.jpg"
    (photos / "portrait-000.jpg").write_bytes(encoded(portrait(7), "JPEG"))
    os.utime(photos / "portrait-001.jpg", ns=(1, 1))
    shutil.copy(photos / "portrait-001.jpg", photos / "copy.jpg")
    vanished.rename(photos.parent / "aside.jpg")

    summary = scanned(workspace, photos)
    assert (summary.changed, summary.unchanged, summary.copies, summary.missing) == (1, 1, 1, 1)
    assert (summary.new, summary.measured) == (0, 1)

    (photos.parent / "aside.jpg").rename(vanished)
    summary = scanned(workspace, photos)
    assert (summary.back, summary.unchanged, summary.missing, summary.measured) == (1, 3, 0, 0)
    assert rows(workspace, sa.select(sa.func.count()).select_from(Image)) == [(4,)]  # the changed one's old image stays


def test_a_file_that_turns_bad_is_bad_and_one_that_is_mended_is_good(photos: Path, workspace: Workspace) -> None:
    scanned(workspace, photos)
    whole = (photos / "portrait-000.jpg").read_bytes()
    (photos / "portrait-000.jpg").write_bytes(whole[:-500])
    assert scanned(workspace, photos).bad == {"truncated": 1}
    (photos / "portrait-000.jpg").write_bytes(whole)
    summary = scanned(workspace, photos)
    assert (summary.bad, summary.measured, summary.one_face) == ({}, 0, 3)


def test_a_folder_elsewhere_is_not_missed(photos: Path, tmp_path: Path, workspace: Workspace) -> None:
    write_portraits(tmp_path / "photos2", 1)
    scanned(workspace, photos, tmp_path / "photos2")
    summary = scanned(workspace, photos)
    assert (summary.missing, summary.one_face) == (0, 3)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_files_in_a_folder_that_cannot_be_opened_are_not_missing(photos: Path, workspace: Workspace) -> None:
    write_portraits(photos / "closed", 1)
    scanned(workspace, photos)
    (photos / "closed").chmod(0)
    try:
        summary = scanned(workspace, photos)
    finally:
        (photos / "closed").chmod(0o755)
    assert (summary.missing, len(summary.unread)) == (0, 1)


def test_the_workspace_inside_the_folder_is_left_out(photos: Path) -> None:
    write_portraits(photos / "sets" / "mine", 1)
    write_portraits(photos / "album" / "sets", 1)  # somebody's own folder of that name
    summary = scanned(Workspace(photos), photos)
    assert (summary.own, summary.files) == (scan_own(photos), 4)


def scan_own(folder: Path) -> int:
    return len([item for item in folder.iterdir() if item.name.startswith("swipegan.db")]) + 1


def test_measures_of_another_version_are_taken_again(
    photos: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    scanned(workspace, photos)
    before = content(workspace.root / "swipegan.db")
    with workspace.open().begin() as session:
        session.execute(sa.update(Measures).values(version=0, sharpness=-1.0))
    summary = scanned(workspace, photos)
    assert (summary.measured, summary.unchanged, summary.new) == (3, 3, 0)
    assert content(workspace.root / "swipegan.db") == before


def test_people_are_told_apart_on_request_and_later_too(photos: Path, workspace: Workspace) -> None:
    scanned(workspace, photos)
    assert scanned(workspace, photos, people=True).measured == 3
    lengths = rows(workspace, sa.select(sa.func.length(Face.descriptor)))
    assert lengths == [(512,)] * 3
    assert scanned(workspace, photos, people=True).measured == 0


def test_a_picture_that_was_too_large_is_tried_again_with_another_limit(photos: Path, workspace: Workspace) -> None:
    assert scanned(workspace, photos, max_pixels=100).bad == {"too many pixels": 3}
    assert scanned(workspace, photos).new == 3


def test_a_file_on_which_the_reader_dies_is_named_and_the_others_are_read(
    photos: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_portraits(photos / "more", 20)
    (photos / "more" / "killer.jpg").write_bytes(encoded(portrait(5), "JPEG"))
    monkeypatch.setattr(scan_pool, "examine_all", examine_or_die)
    summary = scanned(workspace, photos, processes=2)
    assert summary.bad == {"killed the reader": 1}
    assert "killer.jpg" in summary.examples["killed the reader"][0]
    assert (summary.new + summary.copies, summary.one_face) == (23, len({p.read_bytes() for p in jpegs(photos)}) - 1)


def jpegs(folder: Path) -> list[Path]:
    return list(folder.rglob("*.jpg"))


def test_workers_that_cannot_start_are_an_error_not_bad_files(
    photos: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_portraits(photos, 12)
    for path in jpegs(photos):
        path.rename(path.with_name(f"killer-{path.name}"))
    monkeypatch.setattr(scan_pool, "examine_all", examine_or_die)
    monkeypatch.setattr(scan_pool, "DEATHS", 2)
    with pytest.raises(UserError, match="2 files in a row"):
        scanned(workspace, photos)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path, workspace: Workspace) -> None:
    with pytest.raises(UserError, match=r"there is no folder .*nowhere"):
        scanned(workspace, tmp_path / "nowhere")


def test_a_wrong_landmark_model_is_an_error_before_anything_is_read(photos: Path, workspace: Workspace) -> None:
    from curate.faces import use_landmark_model

    model = photos.parent / "model.dat"
    model.write_bytes(b"nothing")
    try:
        with pytest.raises(MissingModel, match="is not a landmark model"):
            scanned(workspace, photos, landmark_model=model)
    finally:
        use_landmark_model(None)


def command(workspace: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "cli.main", "-q", "-w", str(workspace), "scan", "--batch", "4", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_for_images(database: Path) -> int:
    """Wait until some images are written; how many."""
    for _ in range(2400):
        time.sleep(0.05)
        try:
            with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
                (count,) = connection.execute("select count(*) from images").fetchone()
        except sqlite3.OperationalError:
            continue
        if count:
            return int(count)
    pytest.fail("the scan wrote nothing in two minutes")


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL there")
def test_a_killed_scan_goes_on_and_ends_like_an_undisturbed_one(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    write_portraits(photos, 60)
    write_all(photos / "bad", bad_files())
    killed, whole = Workspace(tmp_path / "killed"), Workspace(tmp_path / "whole")
    process = command(killed.root, "--processes", "2", str(photos))
    written = wait_for_images(killed.root / "swipegan.db")
    workers = children(process.pid)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert 0 < written < 60
    assert not workers or len(workers) >= 3  # two workers and who forks them
    assert wait_until_gone(workers)

    again = scanned(killed, photos)
    scanned(whole, photos)

    assert 0 < again.measured < 60  # it went on, and did not begin anew
    assert content(killed.root / "swipegan.db") == content(whole.root / "swipegan.db")


def children(parent: int) -> list[int]:
    """A process's children and theirs."""
    path = Path(f"/proc/{parent}/task/{parent}/children")
    own = [int(child) for child in path.read_text().split()] if path.exists() else []
    return own + [grandchild for child in own for grandchild in children(child)]


def wait_until_gone(processes: list[int]) -> bool:
    """Whether the processes end by themselves within a few seconds."""
    for _ in range(100):
        if not any(running(process) for process in processes):
            return True
        time.sleep(0.1)
    return False


def running(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"  # nobody may be there to bury it


@pytest.mark.skipif(sys.platform == "win32", reason="no process groups there")
def test_ctrl_c_keeps_what_was_read_and_leaves_one_line(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    write_portraits(photos, 60)
    interrupted, whole = Workspace(tmp_path / "interrupted"), Workspace(tmp_path / "whole")
    process = command(interrupted.root, "--processes", "2", str(photos))
    wait_for_images(interrupted.root / "swipegan.db")
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: the workers hear it too
    out, err = process.communicate(timeout=90)
    assert process.returncode == 130
    assert err.strip().splitlines() == ["Interrupted; what was finished is kept."]
    assert out == ""
    assert 0 < len([row for row in content(interrupted.root / "swipegan.db") if row.startswith("images")]) < 60

    scanned(interrupted, photos)
    scanned(whole, photos)
    assert content(interrupted.root / "swipegan.db") == content(whole.root / "swipegan.db")


@pytest.mark.slow
def test_ten_thousand_unchanged_files_are_looked_over_in_two_seconds(tmp_path: Path, workspace: Workspace) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for number in range(10_000):
        (photos / f"{number:05}.txt").write_text("no picture")
    scanned(workspace, photos, batch=1000)
    began = time.process_time()  # other programs may be busy
    summary = scanned(workspace, photos)
    assert summary.bad == {"not a picture": 10_000}
    assert time.process_time() - began < 2


def test_the_real_pile_is_scanned_without_a_bad_picture(tmp_path: Path, workspace: Workspace) -> None:
    photos = Path(os.environ.get("SWIPEGAN_PHOTOS", Path(__file__).parents[2] / "shared" / "photos")) / "pile"
    if not photos.is_dir():
        pytest.skip("the real photos are not here (SWIPEGAN_PHOTOS)")
    some = tmp_path / "some"
    some.mkdir()
    for path in sorted(photos.glob("*.jpg"))[::50]:
        (some / path.name).symlink_to(path)
    summary = scanned(workspace, some)
    assert summary.bad == {}
    assert summary.one_face >= 0.7 * summary.measured > 0
