"""A set for other trainers: folders and tar files that hold just what the set holds."""

from __future__ import annotations

import hashlib
import json
import tarfile
from pathlib import Path
from typing import Any, Literal

import pytest
from set_fixtures import small_set

from cli.main import call
from curate.config import ExportSetOptions
from curate.export_set import NotEmpty, SetExportSummary, run
from curate.sets import BrokenSet, FaceSet, open_set
from curate.workspace import Workspace


@pytest.fixture
def faces(tmp_path: Path) -> FaceSet:
    """Four drawn faces, the last one held out."""
    small_set(tmp_path)
    return open_set(tmp_path / "sets" / "small")


def export(tmp_path: Path, form: Literal["folder", "webdataset"], **more: Any) -> SetExportSummary:
    output = more.pop("output", tmp_path / "out")
    return run(Workspace(tmp_path), ExportSetOptions(set="small", output=output, form=form, **more))


def test_a_folder_holds_the_faces_by_part_and_class(faces: FaceSet, tmp_path: Path) -> None:
    summary = export(tmp_path, "folder")

    for part, entries in (("train", faces.train), ("held_out", faces.held_out)):
        place = tmp_path / "out" / part
        assert [path.name for path in place.iterdir() if path.is_dir()] == ["face"], "one class"
        lines = [json.loads(line) for line in (place / "metadata.jsonl").read_text().splitlines()]
        assert [line["id"] for line in lines] == [entry.id for entry in entries]
        for line, entry in zip(lines, entries, strict=True):
            assert (place / line["file_name"]).read_bytes() == faces.face_bytes(entry)
            assert (place / line["guide"]).read_bytes() == faces.guide_bytes(entry)
            assert (line["landmarks"], line["person"]) == ([list(point) for point in entry.landmarks], entry.person)
    assert (summary.train, summary.held_out, summary.files) == (3, 1, 10)


def test_tar_files_hold_a_face_a_guide_and_what_is_known_under_one_key(faces: FaceSet, tmp_path: Path) -> None:
    summary = export(tmp_path, "webdataset", shard=2)

    assert sorted(path.name for path in summary.folder.iterdir()) == [
        "held_out-000000.tar", "index.jsonl", "set.json", "train-000000.tar", "train-000001.tar",
    ]  # fmt: skip
    with tarfile.open(summary.folder / "train-000001.tar") as tar:
        names = tar.getnames()
        content = {name.split(".", 1)[1]: tar.extractfile(name).read() for name in names}  # type: ignore[union-attr]
    entry = faces.train[2]
    assert {name.split(".")[0] for name in names} == {entry.id}
    assert content["png"] == faces.face_bytes(entry)
    assert content["guide.png"] == faces.guide_bytes(entry)
    assert json.loads(content["json"])["sha256"] == entry.sha256


@pytest.mark.parametrize("form", ["folder", "webdataset"])
def test_the_same_set_gives_the_same_bytes(
    faces: FaceSet, tmp_path: Path, form: Literal["folder", "webdataset"]
) -> None:
    for name in ("one", "two"):
        export(tmp_path, form, output=tmp_path / name)

    assert len(faces.train) == 3
    assert files(tmp_path / "one") == files(tmp_path / "two")


def files(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_guides_may_stay_at_home(faces: FaceSet, tmp_path: Path) -> None:
    export(tmp_path, "folder", guides=False)

    assert not (tmp_path / "out" / "guides").exists()
    assert len(list((tmp_path / "out" / "train" / "face").iterdir())) == len(faces.train)


def test_what_is_there_is_never_written_over_and_a_broken_set_leaves_nothing(faces: FaceSet, tmp_path: Path) -> None:
    export(tmp_path, "folder")
    with pytest.raises(NotEmpty, match="there already"):
        export(tmp_path, "webdataset")
    (faces.path / faces.train[1].face).write_bytes(b"changed")
    with pytest.raises(BrokenSet, match="was changed"):
        export(tmp_path, "folder", output=tmp_path / "other")
    assert not [path for path in tmp_path.iterdir() if "other" in path.name]


def test_the_command_says_what_reads_it(faces: FaceSet, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "tars"
    assert call(["-w", str(tmp_path), "export", "set", "small", "--as", "webdataset", "-o", str(folder)]) == 0
    assert f"{len(faces.train)} faces to train on and 1 held out" in capsys.readouterr().out
