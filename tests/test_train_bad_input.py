"""Bad input ends in a sentence that says what to do next: sets, checkpoints, disk and memory that do not suit."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from set_fixtures import small_set
from train_fixtures import SIZE, lowres_options, state_of, train, workspace

from curate.errors import UserError
from curate.files import read_json, write_json
from curate.sets import INDEX, INFO, BrokenSet, Entry, FaceSet, open_set, seal
from curate.workspace import Workspace
from train import checkpoint, lowres, upres
from train.data import TooFewFaces
from train.device import place_for
from train.disk import CannotWrite
from train.fitting import DoesNotFit, batch_that_fits, is_out_of_memory
from train.records import Records

STAGES = ["lowres", "upres"]


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    return workspace(tmp_path)


def sealed(faces: FaceSet, entries: list[Entry]) -> None:
    """Make of a set one whose index holds these entries and whose checksums are right."""
    seal(faces.path, read_json(faces.path / INFO), entries)


@pytest.mark.parametrize("stage", STAGES)
def test_a_folder_that_is_no_set_is_said(tmp_path: Path, stage: str) -> None:
    (tmp_path / "sets" / "small").mkdir(parents=True)
    with pytest.raises(UserError, match=r"no set 'small'.*`swipegan guides` makes one"):
        train(Workspace(tmp_path), stage)


@pytest.mark.parametrize("stage", STAGES)
def test_an_empty_set_is_said(place: Workspace, stage: str) -> None:
    folder = place.sets / "small"
    (folder / "index.jsonl").write_bytes(b"")
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"  # the SHA-256 of nothing
    info = {**read_json(folder / INFO), "count": 0, "held_out": 0, "index_sha256": empty}
    (folder / INFO).write_text(json.dumps(info))
    with pytest.raises(TooFewFaces, match="has no face; loosen its selection and make it again"):
        train(place, stage)


@pytest.mark.parametrize("stage", STAGES)
def test_one_face_is_too_few(tmp_path: Path, stage: str) -> None:
    small_set(tmp_path, count=2, size=SIZE)
    with pytest.raises(TooFewFaces, match=r"has 1 faces to train on, of 2.*scan more photos.*--held-out"):
        train(Workspace(tmp_path), stage)


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize(("values", "told"), [({"size": 256}, "faces of 256"), ({"encoding": "none"}, "guide none")])
def test_a_set_of_another_size_or_guide_than_the_runs_is_said(
    place: Workspace, tmp_path: Path, stage: str, values: dict[str, Any], told: str
) -> None:
    train(place, stage, images=4, run=str(tmp_path / "run"))
    other = workspace(tmp_path / "other", **values)
    with pytest.raises(checkpoint.BadCheckpoint, match=rf"of {SIZE} pixels with guide rgb.*{told}.*another --run"):
        train(other, stage, images=8, run=str(tmp_path / "run"))


@pytest.mark.parametrize("stage", STAGES)
def test_a_truncated_picture_is_named(place: Workspace, stage: str) -> None:
    first = open_set(place.sets / "small").entries[0].face
    path = place.sets / "small" / first
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(BrokenSet, match=rf"{first} was changed since the set was made; make the set again"):
        train(place, stage)


def test_a_picture_that_was_never_whole_is_named(place: Workspace) -> None:

    faces = open_set(place.sets / "small")
    entry = faces.entries[0]
    data = b"RIFF is all that is left"
    (faces.path / entry.face).write_bytes(data)
    broken = dataclasses.replace(entry, face_sha256=hashlib.sha256(data).hexdigest())
    sealed(faces, [broken, *faces.entries[1:]])
    with pytest.raises(BrokenSet, match=rf"{entry.face} is no picture of {SIZE}x{SIZE}; make the set again"):
        train(place, "lowres")


@pytest.mark.parametrize("stream", [False, True])
def test_a_landmark_that_is_no_number_is_named(place: Workspace, stream: bool) -> None:

    folder = place.sets / "small"
    lines = [json.loads(line) for line in (folder / INDEX).read_text().splitlines()]
    lines[0]["landmarks"][0][0] = float("nan")
    index = "".join(json.dumps(line) + "\n" for line in lines).encode()
    (folder / INDEX).write_bytes(index)
    write_json(folder / INFO, {**read_json(folder / INFO), "index_sha256": hashlib.sha256(index).hexdigest()})
    with pytest.raises(BrokenSet, match=r"index.jsonl was changed since the set was made; make the set again"):
        train(place, "upres", stream=stream)


def test_the_only_checkpoint_cut_in_half_is_said(place: Workspace) -> None:
    run = Path(train(place, "lowres", images=4).run)
    (only,) = checkpoint.checkpoints(run)
    only.write_bytes(only.read_bytes()[: only.stat().st_size // 2])
    with pytest.raises(checkpoint.BadCheckpoint, match=r"no checkpoint of .* can be read; start again"):
        train(place, "lowres", images=8)


def test_weights_of_the_other_stage_are_refused(place: Workspace) -> None:
    train(place, "lowres", images=4, run="first")
    with pytest.raises(UserError, match="is a run of stage lowres: --start-from needs one of stage upres"):
        train(place, "upres", images=4, start_from="first")


@pytest.mark.parametrize("where", ["config", "stats", "samples"])
def test_a_full_disk_is_said_wherever_it_is_noticed(
    place: Workspace, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    run = Path(train(place, "lowres", images=4).run)
    owner, name = {
        "config": ("train.loop", "write_json"), "stats": (Records, "write"), "samples": ("train.sheet", "write"),
    }[where]  # fmt: skip
    monkeypatch.setattr(f"{owner}.{name}", full) if isinstance(owner, str) else monkeypatch.setattr(owner, name, full)
    with pytest.raises(CannotWrite, match=r"No space left on device.*last good checkpoint is kept: make room there"):
        train(place, "lowres", images=8)
    assert checkpoint.newest(run) is not None
    assert state_of(run)


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory"),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
        MemoryError(),
    ],
)
def test_memory_that_is_short_names_the_batch_that_fits(
    place: Workspace, stage: str, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[int] = []
    kind = lowres.LowresStage if stage == "lowres" else upres.UpresStage
    step = kind.step

    def short(self: Any, seen: int) -> Any:
        tried.append(self.options.batch)
        if self.options.batch > 4:
            raise error
        return step(self, seen)

    monkeypatch.setattr(kind, "step", short)
    with pytest.raises(DoesNotFit, match=r"a batch of 16 does not fit into .* cpu.*one of 4 does: --batch 4"):
        train(place, stage, batch=16)
    assert tried == [16, 8, 4]


def test_memory_that_is_short_for_any_batch_is_said(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def short(*_: Any) -> Any:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(lowres.LowresStage, "step", short)
    with pytest.raises(DoesNotFit, match="no smaller one does: make the networks smaller with --width"):
        train(place, "lowres", dry_run=True)


def test_other_errors_of_a_step_are_bugs_and_show(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Any:
        raise RuntimeError("shapes do not match")

    monkeypatch.setattr(lowres.LowresStage, "step", broken)
    with pytest.raises(RuntimeError, match="shapes do not match"):
        train(place, "lowres")


def test_memory_that_the_machine_does_not_have_is_recognised() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**60, dtype=torch.uint8)
    assert is_out_of_memory(caught.value)


def test_a_batch_that_fits_is_tried_for_real(place: Workspace) -> None:
    options = lowres_options(batch=8)
    stage = lowres.LowresStage(open_set(place.sets / "small"), options, place_for(options))
    assert batch_that_fits(stage, options) == 4
    assert stage.options.batch == 4
