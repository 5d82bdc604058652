"""Faces read as they come train like faces in memory, to the bit: from folders and tar files, by any threads."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from train_fixtures import lowres_options, state_of, train, upres_options, workspace

from curate.config import ExportSetOptions
from curate.export_set import run as export_set
from curate.sets import BrokenSet, FaceSet, open_set
from curate.workspace import Workspace
from train import stream
from train.counters import fractions, order
from train.data import SmallFaces, TileData, load_small, load_tiles
from train.stream import Ahead, StreamedFaces, StreamedTiles

CPU = torch.device("cpu")
FORMS = ["folder", "tar"]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A set of five faces in a folder, and the same in tar files of two."""
    found = workspace(tmp_path_factory.mktemp("stream"))
    export_set(found, ExportSetOptions(set="small", output=found.sets / "tar", form="webdataset", shard=2))
    (found.sets / "folder").symlink_to(found.sets / "small")
    return found


def faces_of(place: Workspace, form: str) -> FaceSet:
    return open_set(place.sets / form)


def same(one: Any, other: Any) -> bool:
    return all(torch.equal(a, b) and a.stride() == b.stride() for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("workers", [1, 3])
def test_small_faces_are_those_of_memory(place: Workspace, form: str, workers: int) -> None:
    faces = faces_of(place, form)
    held = SmallFaces(load_small(faces, faces.train, 64, CPU))
    streamed = StreamedFaces(faces, faces.train, 64, workers)
    for seen in range(0, 32, 8):
        which, mirrored = order(3, seen, 8, len(held)), fractions(3, 2, seen, 8) < 0.5  # type: ignore[arg-type]
        streamed.soon(order(3, seen + 8, 8, len(held)))
        assert torch.equal(streamed.take(which, mirrored), held.take(which, mirrored))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("workers", [1, 3])
def test_crops_are_those_of_memory(place: Workspace, form: str, workers: int) -> None:
    faces = faces_of(place, form)
    held = load_tiles(faces, faces.train, 32, 16, CPU)
    streamed = StreamedTiles(faces, faces.train, 32, 16, workers)
    for seen in range(0, 24, 8):
        where = held.draw(1, seen, 8)
        assert all(np.array_equal(a, b) for a, b in zip(where, streamed.draw(1, seen, 8), strict=True))
        streamed.soon(held.draw(1, seen + 8, 8))
        assert same(streamed.crop(where, CPU), held.crop(where, CPU))
        assert same(streamed.spoiled_crop(where, CPU, 1, seen), held.spoiled_crop(where, CPU, 1, seen))


@pytest.mark.parametrize(("stage", "more"), [("lowres", {}), ("upres", {"spoil": True}), ("upres", {})])
def test_a_streamed_run_that_goes_on_with_other_threads_is_the_run_from_memory(
    place: Workspace, tmp_path: Path, stage: str, more: dict[str, Any]
) -> None:
    streamed = {**more, "run": str(tmp_path / "streamed"), "stream": True}
    train(place, stage, **streamed, images=8, workers=1)
    train(place, stage, **streamed | {"set": str(place.sets / "tar")}, images=16, workers=3)
    train(place, stage, **more, run=str(tmp_path / "held"), images=16, stream=False)

    one, other = state_of(tmp_path / "streamed"), state_of(tmp_path / "held")
    assert one.keys() == other.keys()
    assert [name for name in other if not torch.equal(one[name], other[name])] == []


def test_memory_holds_two_batches_whatever_the_set() -> None:
    ahead = Ahead(lambda number: np.full(1000, number), 3)
    most = 0
    for seen in range(0, 400, 4):
        ahead.soon(range(seen + 4, seen + 8))
        assert [int(found[0]) for found in ahead.get(range(seen, seen + 4))] == list(range(seen, seen + 4))
        most = max(most, len(ahead._begun))
    assert most == 4
    ahead.get([7])  # somebody looks elsewhere, as a probe does
    assert len(ahead._begun) == 4


def test_the_next_batch_is_read_while_this_one_trains() -> None:
    begun = [threading.Event() for _ in range(4)]
    ahead: Ahead[int, None] = Ahead(lambda number: begun[number].set(), 2)
    ahead.soon([2, 3])
    ahead.get([0, 1])
    assert begun[2].wait(10)
    assert begun[3].wait(10)


def test_a_face_is_read_once_for_places_that_show_it_twice() -> None:
    asked: list[int] = []
    ahead: Ahead[int, int] = Ahead(lambda number: asked.append(number) or number, 2)  # type: ignore[func-returns-value]
    assert ahead.get([5, 5, 6, 5]) == [5, 5, 6, 5]
    assert sorted(asked) == [5, 6]


@pytest.mark.parametrize("stage", ["lowres", "upres"])
def test_a_broken_face_ends_the_run_by_its_name(tmp_path: Path, stage: str) -> None:
    place = workspace(tmp_path)
    first = open_set(place.sets / "small").train[0].face
    path = place.sets / "small" / first
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(BrokenSet, match=rf"{first} was changed since the set was made; make the set again"):
        train(place, stage, stream=True)


@pytest.mark.parametrize(
    ("free", "asked", "streams"),
    [(10**12, None, False), (10**5, None, True), (10**5, False, False), (10**12, True, True), (None, None, False)],
)
def test_what_does_not_fit_is_streamed(
    place: Workspace, free: int | None, asked: bool | None, streams: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "free_memory", lambda: free)
    faces = faces_of(place, "folder")
    small = stream.small_faces(faces, faces.train, lowres_options(stream=asked), 64, CPU)
    tiles = stream.tiles(faces, faces.train, upres_options(stream=asked), (32, 16), CPU)
    assert (type(small), type(tiles)) == ((StreamedFaces, StreamedTiles) if streams else (SmallFaces, TileData))


def test_that_it_streams_is_said(
    place: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(stream, "free_memory", lambda: 10**5)
    assert stream.streams(lowres_options(), 10**9)
    assert "would take 1.0 GB" in capsys.readouterr().err
