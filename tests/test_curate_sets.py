"""Sets: written whole or not at all, read with every file checked."""

import json
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from set_fixtures import job_for, options_for, photo, small_set

from curate.align import align
from curate.guides import CHANNELS, Encoding, draw_guide, lowres_input, small_face
from curate.set_faces import Made, Recipe, make_face
from curate.set_folder import SetExists, write_set
from curate.sets import BrokenSet, open_set

ROOT = Path(__file__).parent.parent
SELECTION = {"name": "all", "version": 1, "rule": {}}


def test_a_set_holds_the_aligned_faces(tmp_path: Path) -> None:
    faces = small_set(tmp_path).faces
    job = job_for(tmp_path / "again", "person-2.png", seed=2)
    entry = next(entry for entry in faces.entries if entry.source == "person-2.png")
    aligned = align(photo(2), np.array(job.landmarks), 96)
    np.testing.assert_array_equal(faces.face(entry), aligned.face)
    np.testing.assert_allclose(faces.landmarks(entry), aligned.landmarks, atol=1e-6)
    assert entry.upscale == pytest.approx(aligned.upscale, abs=1e-4)
    assert entry.id == job.sha256[:16]


def test_a_set_says_what_it_is(tmp_path: Path) -> None:
    info = small_set(tmp_path).faces.info
    assert (info.name, info.size, info.guide, info.count, info.held_out) == ("small", 96, "rgb", 4, 1)
    assert info.selection == SELECTION
    assert np.shape(info.mean_landmarks) == (68, 2)
    left, top, right, bottom = info.mean_box
    assert 0 < left < right < 1
    assert 0 < top < bottom < 1.05


@pytest.mark.parametrize("encoding", CHANNELS)
def test_the_guide_of_the_index_is_the_guide_that_was_written(tmp_path: Path, encoding: Encoding) -> None:
    faces = small_set(tmp_path, 2, encoding=encoding).faces
    for entry in faces.entries:
        np.testing.assert_array_equal(faces.guide(entry), draw_guide(faces.landmarks(entry), 128, encoding))


def test_training_and_inference_input_of_one_photo_are_equal_to_the_bit(tmp_path: Path) -> None:
    faces = small_set(tmp_path, 2).faces
    entry = faces.entries[0]
    seed = int(Path(entry.source).stem.removeprefix("person-"))
    aligned = align(photo(seed), np.array(job_for(tmp_path / "again", "x.png", seed=seed).landmarks), 96)

    training = lowres_input(small_face(faces.face(entry), 64), draw_guide(faces.landmarks(entry), 64), 48)
    inference = lowres_input(small_face(aligned.face, 64), draw_guide(aligned.landmarks.round(6), 64), 48)

    assert training.tobytes() == inference.tobytes()


@pytest.mark.parametrize("form", ["png", "webp", "jpeg"])
def test_every_format_is_near_to_the_face(tmp_path: Path, form: str) -> None:
    faces = small_set(tmp_path, 2, format=form, quality=95).faces
    exact = small_set(tmp_path / "exact", 2).faces
    for entry, reference in zip(faces.entries, exact.entries, strict=True):
        assert entry.face.endswith(f".{form}")
        assert np.abs(faces.face(entry).astype(int) - exact.face(reference)).mean() < (0.001 if form == "png" else 4)


def test_a_set_is_read_without_database_dlib_and_photos(tmp_path: Path) -> None:
    path = small_set(tmp_path).faces.path
    for photo_file in (tmp_path / "photos").iterdir():
        photo_file.unlink()
    code = f"""
import sys
from pathlib import Path
from curate.sets import open_set
faces = open_set(Path({str(path)!r}))
assert faces.face(faces.train[0]).shape == (96, 96, 3)
print([name for name in ("sqlalchemy", "dlib", "PIL", "torch") if name in sys.modules])
"""
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_a_missing_face_is_named(tmp_path: Path) -> None:
    faces = small_set(tmp_path).faces
    (faces.path / faces.entries[1].face).unlink()
    with pytest.raises(BrokenSet, match=faces.entries[1].id):
        open_set(faces.path)


def test_a_changed_face_is_named_when_it_is_read(tmp_path: Path) -> None:
    faces = small_set(tmp_path).faces
    path = faces.path / faces.entries[0].face
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    opened = open_set(faces.path)
    with pytest.raises(BrokenSet, match=r"was changed"):
        opened.face(opened.entries[0])
    with pytest.raises(BrokenSet, match=r"was changed"):
        opened.check()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("index.jsonl", "{}\n", "was changed"),
        ("set.json", "{", "cannot be understood"),
        ("set.json", "{}", "cannot be understood"),
        ("set.json", None, "is no set"),
        ("index.jsonl", None, "cannot be read"),
    ],
)
def test_a_damaged_set_is_refused_with_the_reason(tmp_path: Path, name: str, content: str | None, words: str) -> None:
    path = small_set(tmp_path).faces.path
    (path / name).unlink() if content is None else (path / name).write_text(content)
    with pytest.raises(BrokenSet, match=words):
        open_set(path)


def test_a_set_of_a_newer_format_is_refused(tmp_path: Path) -> None:
    path = small_set(tmp_path).faces.path
    content = json.loads((path / "set.json").read_text())
    (path / "set.json").write_text(json.dumps(content | {"format": 2}))
    with pytest.raises(BrokenSet, match="update swipegan"):
        open_set(path)


def test_the_same_again_changes_nothing(tmp_path: Path) -> None:
    first = small_set(tmp_path)
    stamps = {path: path.stat().st_mtime_ns for path in first.faces.path.rglob("*") if path.is_file()}
    again = small_set(tmp_path)
    assert first.fresh
    assert not again.fresh
    assert again.faces.digest == first.faces.digest
    assert {path: path.stat().st_mtime_ns for path in first.faces.path.rglob("*") if path.is_file()} == stamps


def test_another_set_of_the_name_needs_replace(tmp_path: Path) -> None:
    old = small_set(tmp_path, 4).faces
    with pytest.raises(SetExists, match="--replace"):
        small_set(tmp_path, 3)
    assert open_set(old.path).digest == old.digest

    new = small_set(tmp_path, 3, replace=True).faces

    assert len(open_set(new.path)) == 3
    assert sorted(path.name for path in (tmp_path / "sets").iterdir()) == ["small"]


def test_a_folder_that_is_no_set_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "sets" / "small").mkdir(parents=True)
    (tmp_path / "sets" / "small" / "holiday.txt").write_text("mine")
    with pytest.raises(SetExists, match="is no set"):
        small_set(tmp_path, replace=True)
    assert (tmp_path / "sets" / "small" / "holiday.txt").read_text() == "mine"


def test_photos_that_changed_or_vanished_are_left_out_and_named(tmp_path: Path) -> None:
    jobs = [job_for(tmp_path, f"{seed}.png", seed=seed) for seed in range(4)]
    (tmp_path / "1.png").write_bytes((tmp_path / "0.png").read_bytes())
    (tmp_path / "2.png").unlink()

    faces = write_set(tmp_path / "set", jobs, [], options_for(), SELECTION).faces

    assert [entry.source for entry in faces.entries] == ["0.png", "3.png"]
    assert faces.info.left_out == {"changed": 1, "vanished": 1}
    lines = [json.loads(line) for line in (tmp_path / "set" / "left_out.jsonl").read_text().splitlines()]
    assert {line["source"]: line["kind"] for line in lines} == {"1.png": "changed", "2.png": "vanished"}


def test_a_photo_that_moved_is_found_at_its_other_place(tmp_path: Path) -> None:
    job = job_for(tmp_path, "1.png", seed=1, paths=(str(tmp_path / "gone.png"), str(tmp_path / "1.png")))
    assert len(write_set(tmp_path / "set", [job], [], options_for(), SELECTION).faces) == 1


def test_no_face_at_all_is_an_error(tmp_path: Path) -> None:
    job = job_for(tmp_path, "1.png", seed=1)
    (tmp_path / "1.png").unlink()
    with pytest.raises(BrokenSet, match="no face"):
        write_set(tmp_path / "set", [job], [], options_for(), SELECTION)
    assert not (tmp_path / "set").exists()


def test_two_processes_write_what_one_writes(tmp_path: Path) -> None:
    one = small_set(tmp_path, 6).faces
    two = small_set(tmp_path, 6, processes=2, replace=True).faces
    assert one.digest == two.digest


def test_killed_and_called_again_it_goes_on(tmp_path: Path) -> None:
    whole = small_set(tmp_path / "whole", 24).faces
    code = (
        f"import sys; sys.path.insert(0, 'tests'); from set_fixtures import *; small_set(Path({str(tmp_path)!r}), 24)"
    )
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
    parts = tmp_path / "sets" / ".small.partial" / "parts"
    while process.poll() is None and len(list(parts.glob("*.json"))) < 5:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    finished = {path.stem for path in parts.glob("*.json")}
    assert 5 <= len(finished) < 24
    assert not (tmp_path / "sets" / "small").exists()
    partial = parts.parent / "faces"
    stamps = {path.name: path.stat().st_mtime_ns for path in partial.glob("*.png") if path.stem in finished}

    faces = small_set(tmp_path, 24).faces

    assert faces.digest == whole.digest
    assert {name: (faces.path / "faces" / name).stat().st_mtime_ns for name in stamps} == stamps
    assert sorted(path.name for path in (tmp_path / "sets").iterdir()) == ["small"]
    assert sorted(path.name for path in faces.path.iterdir()) == sorted(path.name for path in whole.path.iterdir())


def test_a_finished_face_is_kept_a_torn_or_outdated_one_is_made_again(tmp_path: Path) -> None:
    job = job_for(tmp_path, "1.png", seed=1)
    recipe = Recipe(folder=tmp_path / "set", size=96, encoding="rgb", format="png", quality=95)
    made = make_face(job, recipe)
    assert isinstance(made, Made)
    face = tmp_path / "set" / made.entry.face
    whole, stamp = face.read_bytes(), face.stat().st_mtime_ns

    assert make_face(job, recipe) == made
    assert face.stat().st_mtime_ns == stamp

    face.write_bytes(whole[:100])
    assert make_face(job, recipe) == made
    assert face.read_bytes() == whole

    renamed = make_face(replace(job, person="somebody else"), recipe)
    assert isinstance(renamed, Made)
    assert renamed.entry.person == "somebody else"


def test_the_sheet_shows_faces_and_guides(tmp_path: Path) -> None:
    faces = small_set(tmp_path, 7).faces
    sheet = cv2.imread(str(faces.path / "sheet.webp"))
    assert sheet is not None
    assert sheet.shape == (2 * 128, 6 * 256, 3)
    guide = draw_guide(faces.landmarks(faces.entries[0]), 128)[..., ::-1]
    assert np.abs(sheet[:128, 128:256].astype(int) - guide).mean() < 8
