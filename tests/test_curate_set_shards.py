"""A set in tar files is the set: the same entries, bytes and identity; a large index stays on the disk."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest
from set_fixtures import small_set

from curate import set_index
from curate.config import ExportSetOptions
from curate.errors import UserError
from curate.export_set import run
from curate.forget_sets import planned
from curate.set_index import Lines
from curate.sets import BrokenSet, FaceSet, open_set
from curate.workspace import Workspace


@pytest.fixture
def faces(tmp_path: Path) -> FaceSet:
    """Five drawn faces, the last one held out."""
    return small_set(tmp_path, count=5).faces


@pytest.fixture
def shards(faces: FaceSet, tmp_path: Path) -> Path:
    """The same set in tar files of two faces each."""
    options = ExportSetOptions(set="small", output=tmp_path / "sharded", form="webdataset", shard=2)
    return run(Workspace(tmp_path), options).folder


def test_tar_files_open_as_the_set_that_they_were_made_from(faces: FaceSet, shards: Path) -> None:
    found = open_set(shards)

    assert (found.digest, found.info) == (faces.digest, faces.info)
    assert found.entries == faces.entries
    for entry in found.entries:
        assert found.face_bytes(entry) == faces.face_bytes(entry)
        assert found.guide_bytes(entry) == faces.guide_bytes(entry)
    found.check()


def test_tar_files_without_guides_are_a_set_too(faces: FaceSet, tmp_path: Path) -> None:
    options = ExportSetOptions(set="small", output=tmp_path / "sharded", form="webdataset", guides=False)
    found = open_set(run(Workspace(tmp_path), options).folder)
    assert [entry.id for entry in found.entries] == [entry.id for entry in faces.entries]
    assert (found.face(found.train[1]) == faces.face(faces.train[1])).all()


def test_a_member_is_where_tar_says_it_is(shards: Path) -> None:
    found = open_set(shards)
    for path in shards.glob("*.tar"):
        with tarfile.open(path) as tar:
            for member in tar:
                if member.name.endswith(".guide.png"):
                    file = tar.extractfile(member)
                    assert file is not None
                    assert found.files.read(f"guides/{member.name.split('.')[0]}.png") == file.read()


def test_a_tar_file_that_was_cut_lacks_the_faces_behind_the_cut(shards: Path) -> None:
    last = shards / "train-000001.tar"
    last.write_bytes(last.read_bytes()[:3000])
    with pytest.raises(BrokenSet, match=r"is missing; make the set again"):
        open_set(shards)


def test_a_member_of_a_size_below_nothing_ends_the_search(shards: Path) -> None:
    first = shards / "train-000000.tar"
    with tarfile.open(first) as tar:
        member = tar.next()
    assert member is not None
    member.size = -512  # back to its own header
    first.write_bytes(member.tobuf(tarfile.GNU_FORMAT) + first.read_bytes()[512:])
    with pytest.raises(BrokenSet, match="is missing"):
        open_set(shards)


def test_a_changed_byte_in_a_tar_file_is_noticed(shards: Path) -> None:
    found = open_set(shards)
    first = shards / "train-000000.tar"
    data = bytearray(first.read_bytes())
    data[700] ^= 1
    first.write_bytes(data)
    with pytest.raises(BrokenSet, match="was changed since the set was made"):
        found.check()


def test_nobody_is_forgotten_out_of_tar_files_unsaid(faces: FaceSet, shards: Path) -> None:
    with pytest.raises(UserError, match=r"1 of these faces in tar files.*remove that folder"):
        planned(shards, {faces.entries[0].sha256})
    assert planned(shards, {"0" * 64}) is None


@pytest.mark.parametrize("form", ["folder", "tar"])
def test_a_large_index_gives_the_same_entries_from_the_disk(
    faces: FaceSet, shards: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(set_index, "HELD", 0)
    found = open_set(faces.path if form == "folder" else shards)

    assert isinstance(found.entries, Lines)
    assert tuple(found.entries) == faces.entries
    assert tuple(found.train) == faces.train
    assert tuple(found.held_out) == faces.held_out
    assert tuple(found.train[1:3]) == tuple(faces.train[1:3])
    assert found.train[-1] == faces.train[-1]
    assert (len(found), len(found.train[:2])) == (5, 2)


def test_an_index_that_is_replaced_meanwhile_is_not_mixed_in(faces: FaceSet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(set_index, "HELD", 0)
    found = open_set(faces.path)
    index = faces.path / "index.jsonl"
    lines = index.read_bytes().splitlines(keepends=True)
    other = faces.path / "other"
    other.write_bytes(b"".join(reversed(lines)))
    other.replace(index)
    assert tuple(found.entries) == faces.entries


def test_a_changed_large_index_is_noticed(faces: FaceSet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(set_index, "HELD", 0)
    index = faces.path / "index.jsonl"
    index.write_bytes(index.read_bytes().replace(b'"held_out":true', b'"held_out":false'))
    with pytest.raises(BrokenSet, match="was changed since the set was made"):
        open_set(faces.path)
