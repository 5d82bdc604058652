"""The command `guides`, from a selection in the database to a set."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from set_fixtures import job_for
from sqlalchemy import select

from cli.main import call
from curate.align import ffhq_square
from curate.config import GuidesOptions
from curate.models import Face, File, Image, Selection, SelectionImage, TrainingSet
from curate.sets import open_set
from curate.split import held_out_people, join_lookalikes, person_of
from curate.workspace import Workspace

SMALL = ["--size", "96", "--processes", "1", "--max-upscale", "3"]


def fill(root: Path, names: list[str], *, faceless: tuple[str, ...] = (), sides: dict[str, int] | None = None) -> None:
    """A workspace with a scanned photo per name, all of them in the selection `all`."""
    with Workspace(root).open().begin() as session:
        selection = Selection(name="all", version=1, rule={}, kept=len(names), left_out=0, digest="")
        session.add(selection)
        session.flush()
        for seed, name in enumerate(names):
            job = job_for(root / "photos", name, seed=seed, side=(sides or {}).get(name, 200))
            image = Image(sha256=job.sha256, bytes=1, format="PNG", mode="RGB", width=200, height=200)
            session.add(image)
            session.flush()
            session.add(File(path=job.paths[0], bytes=1, mtime_ns=1, sha256=job.sha256, image_id=image.id, state="ok"))
            session.add(SelectionImage(selection_id=selection.id, image_id=image.id, kept=name != "dropped.png"))
            if name not in faceless:
                session.add(face_of(image.id, job.landmarks, job.box))


def face_of(image_id: int, landmarks: Any, box: tuple[float, ...], **values: Any) -> Face:
    left, top, right, bottom = (int(edge) for edge in box)
    return Face(
        image_id=image_id,
        rank=0,
        left=left,
        top=top,
        right=right,
        bottom=bottom,
        score=1.0,
        detector="test",
        landmarks=[list(point) for point in landmarks],
        yaw=0.0,
        pitch=0.0,
        roll=0.0,
        **values,
    )


def guides(root: Path, *words: str) -> int:
    return call(["--workspace", str(root), "--quiet", "guides", "all", *SMALL, *words])


def test_a_selection_becomes_a_set(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fill(
        tmp_path,
        ["a.png", "b.png", "dropped.png", "blank.png", "tiny.png"],
        faceless=("blank.png",),
        sides={"tiny.png": 30},
    )

    assert guides(tmp_path, "--json") == 0

    summary = json.loads(capsys.readouterr().out)
    faces = open_set(tmp_path / "sets" / "all")
    assert sorted(entry.source for entry in faces.entries) == ["a.png", "b.png"]
    assert summary["faces"] == 2
    assert summary["left_out"] == {"without a face": 1, "too small": 1}
    reasons = {
        line["source"]: line["reason"]
        for line in map(json.loads, (faces.path / "left_out.jsonl").read_text().splitlines())
    }
    assert reasons["blank.png"] == "the scan has found no face"
    assert reasons["tiny.png"].endswith("times > 3")


def test_the_set_is_noted_in_the_database(tmp_path: Path) -> None:
    fill(tmp_path, ["a.png", "b.png"])
    assert guides(tmp_path, "--set", "first") == 0
    with Workspace(tmp_path).open()() as session:
        row = session.scalars(select(TrainingSet)).one()
    assert (row.name, row.count, row.left_out) == ("first", 2, 0)
    assert row.digest == open_set(tmp_path / "sets" / "first").digest
    assert row.options["size"] == 96


def test_again_it_is_the_same_set_and_one_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fill(tmp_path, ["a.png", "b.png"])
    assert guides(tmp_path) == guides(tmp_path) == 0
    assert "unchanged" in capsys.readouterr().out
    with Workspace(tmp_path).open()() as session:
        assert len(session.scalars(select(TrainingSet)).all()) == 1


def test_other_options_need_replace(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fill(tmp_path, ["a.png", "b.png"])
    assert guides(tmp_path) == 0
    assert guides(tmp_path, "--encoding", "regions") == 1
    assert "--replace" in capsys.readouterr().err
    assert guides(tmp_path, "--encoding", "regions", "--replace") == 0
    assert open_set(tmp_path / "sets" / "all").info.guide == "regions"


def test_max_upscale_is_the_limit(tmp_path: Path) -> None:
    fill(tmp_path, ["a.png", "b.png"], sides={"b.png": 160})
    job = job_for(tmp_path / "other", "b.png", seed=1, side=160)
    needed = 96 / float(np.hypot(*ffhq_square(np.array(job.landmarks))[1]))
    assert guides(tmp_path, "--max-upscale", str(needed * 1.001)) == 0
    assert guides(tmp_path, "--max-upscale", str(needed * 0.999), "--set", "without") == 0
    assert len(open_set(tmp_path / "sets" / "all")) == 2
    assert len(open_set(tmp_path / "sets" / "without")) == 1


def test_people_stay_on_one_side(tmp_path: Path) -> None:
    fill(tmp_path, [f"person{number}-{view}.png" for number in range(8) for view in ("neutral", "smile")])
    assert guides(tmp_path, "--people", r"(person\d+)-", "--held-out", "0.3") == 0
    faces = open_set(tmp_path / "sets" / "all")
    assert {entry.person for entry in faces.entries} == {f"person{number}" for number in range(8)}
    assert faces.held_out
    assert not {entry.person for entry in faces.held_out} & {entry.person for entry in faces.train}


def test_faces_that_are_one_person_count_as_one(tmp_path: Path) -> None:
    fill(tmp_path, ["greg.png", "gregory.png", "other.png"])
    descriptors = {"greg.png": 0.0, "gregory.png": 0.01, "other.png": 0.2}  # 128 numbers each: 0.11 and 2.3 apart
    with Workspace(tmp_path).open().begin() as session:
        for face, path in session.execute(select(Face, File.path).join(File, File.image_id == Face.image_id)):
            face.descriptor = np.full(128, descriptors[Path(path).name], "<f4").tobytes()
    assert guides(tmp_path, "--people", r"(.*)\.png") == 0
    people = {entry.source: entry.person for entry in open_set(tmp_path / "sets" / "all").entries}
    assert people == {"greg.png": "greg", "gregory.png": "greg", "other.png": "other"}


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (
            ["guides", "none"],
            1,
            "no selection 'none' (there are: all); `swipegan -w {place} filter none ...` makes one",
        ),
        (["guides", "all", "--people", "a+"], 2, "has no group"),
        (["guides", "all", "--people", "("], 2, "is no regular expression"),
        (["guides", "all", "--size", "100"], 2, "multiple of 8"),
        (["guides", "all", "--set", "../elsewhere"], 2, "may have letters"),
    ],
)
def test_what_cannot_be_done_is_said(
    tmp_path: Path, words: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(tmp_path, ["a.png"])
    assert call(["--workspace", str(tmp_path), *words]) == code
    assert said.format(place=tmp_path) in " ".join(capsys.readouterr().err.split())


def test_a_selection_without_any_face_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fill(tmp_path, ["blank.png"], faceless=("blank.png",))
    assert guides(tmp_path) == 1
    assert "blank.png: the scan has found no face" in capsys.readouterr().err
    assert not (tmp_path / "sets" / "all").exists()


def test_everyone_differs_by_default() -> None:
    assert GuidesOptions(selection="all").people is None
    assert person_of("anna-1.jpg", None, "otherwise") == "otherwise"
    assert person_of("anna-1.jpg", r"(\w+)-\d", "otherwise") == "anna"
    assert person_of("anna.jpg", r"(\w+)-\d", "otherwise") == "otherwise"


@given(st.sets(st.text(min_size=1), min_size=2, max_size=60), st.floats(0.01, 0.9))
def test_somebody_is_held_out_and_somebody_is_not(people: set[str], share: float) -> None:
    out = held_out_people(people, share)
    assert 1 <= len(out) < len(people)
    assert out < people


def test_about_the_share_is_held_out_and_nobody_for_a_share_of_nothing() -> None:
    people = [f"person {number}" for number in range(2000)]
    assert len(held_out_people(people, 0.06)) == pytest.approx(120, abs=30)
    assert not held_out_people(people, 0)


def test_a_person_stays_held_out_when_others_come_in() -> None:
    some = [f"person {number}" for number in range(500)]
    more = [*some, *(f"newcomer {number}" for number in range(500))]
    assert held_out_people(some, 0.1) == held_out_people(more, 0.1) & set(some)


def test_lookalikes_are_joined_over_several_steps() -> None:
    def at(place: float) -> NDArray[np.float32]:
        return np.array([place, *[0.0] * 127], np.float32)

    names = ["d", "c", "b", "a", "far", "unknown"]
    places = [at(0.0), at(0.3), at(0.6), at(0.9), at(1.4), None]
    assert join_lookalikes(names, places) == ["a", "a", "a", "a", "far", "unknown"]
