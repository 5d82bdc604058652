"""Memory that runs out in training, a set and a run that lost files, pictures that change or vanish, old databases."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import torch
from fault_kit import is_whole, rounds
from scan_fixtures import write_portraits
from train_fixtures import train, workspace

from cli.main import call
from curate.config import ScanOptions
from curate.database import make_engine
from curate.errors import UserError
from curate.processes import mapped
from curate.scan import run as scan
from curate.sets import BrokenSet
from curate.workspace import Workspace
from migrations import known, run_upgrade
from train import checkpoint


def too_much(*_: Any, **__: Any) -> Any:
    """What a processor's allocator says for more memory than there is."""
    return torch.empty(2**60)


def test_memory_that_runs_out_in_training_is_said_and_the_last_checkpoint_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = workspace(tmp_path)
    train(place, "lowres", run="run", images=8)
    before = checkpoint.checkpoints(place.runs / "run")
    monkeypatch.setattr("train.lowres.LowresStage.step", too_much)

    with pytest.raises(UserError, match="does not fit into the memory"):
        train(place, "lowres", run="run", images=40)

    assert checkpoint.checkpoints(place.runs / "run") == before
    monkeypatch.undo()
    assert train(place, "lowres", run="run", images=16).images == 16


@pytest.mark.parametrize("lost", ["face", "guide", "index", "changed face"][:: rounds(3, 1)])
def test_a_set_that_lost_a_file_is_refused_by_its_name_before_anything_is_trained(tmp_path: Path, lost: str) -> None:
    place = workspace(tmp_path)
    folder = place.sets / "small"
    path = {
        "face": next((folder / "faces").iterdir()),
        "guide": next((folder / "guides").iterdir()),
        "index": folder / "index.jsonl",
        "changed face": next((folder / "faces").iterdir()),
    }[lost]
    whole = path.read_bytes()
    path.write_bytes(whole[:-9]) if lost in ("index", "changed face") else path.unlink()

    with pytest.raises(BrokenSet, match=path.name):
        train(place, "lowres", run="run", images=8)

    path.write_bytes(whole)
    assert train(place, "lowres", run="run", images=8).images == 8


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.999][:: rounds(3, 1)])
def test_a_checkpoint_that_was_cut_anywhere_is_set_aside(tmp_path: Path, share: float) -> None:
    place = workspace(tmp_path)
    train(place, "lowres", run="run", images=8)
    train(place, "lowres", run="run", images=16)
    *_, newest = checkpoint.checkpoints(place.runs / "run")
    data = newest.read_bytes()
    newest.write_bytes(data[: int(share * len(data))])

    assert train(place, "lowres", run="run", images=16).images == 16
    assert newest.with_name(f"{newest.name}.damaged").exists()


def test_photos_that_vanish_or_change_while_they_are_scanned_cost_nothing_but_themselves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos = tmp_path / "photos"
    write_portraits(photos, 6, 96)
    place = Workspace(tmp_path / "work")
    names = sorted(photos.iterdir())

    def meanwhile(todo: list[str], _processes: int, setup: Any, _stopped: Any) -> Any:
        from curate.scan_worker import examine

        names[0].unlink()
        names[1].write_bytes(names[2].read_bytes())
        names[3].unlink()
        names[3].mkdir()
        names[4].write_bytes(names[4].read_bytes()[:300])
        yield [examine(path, setup) for path in todo]

    monkeypatch.setattr("curate.scan.outcomes", meanwhile)
    first = scan(place, ScanOptions(folders=(photos,), processes=1))

    assert first.new + first.copies == 3
    assert sum(first.bad.values()) == 3
    monkeypatch.undo()
    again = scan(place, ScanOptions(folders=(photos,), processes=1))
    assert (again.new, again.measured) == (0, 0)
    assert is_whole(place.root)


def dying(number: int) -> int:
    """Work on which a process dies."""
    if number == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def test_a_worker_that_dies_is_told_with_what_to_do() -> None:
    with pytest.raises(UserError, match="--processes 1"):
        list(mapped(dying, range(12), 2, chunk=2))


def test_a_database_of_the_first_version_is_brought_up_to_date_and_keeps_its_labels(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    engine = make_engine(sa.make_url(Workspace(tmp_path).database_url))
    with engine.connect() as connection:
        run_upgrade(connection, min(known()))
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "insert into images (id, sha256, bytes, format, mode, width, height, orientation, first_seen) "
            "values (1, 'aa', 1, 'JPEG', 'RGB', 1, 1, 1, '2026-01-01 00:00:00')"
        )
        connection.exec_driver_sql(
            "insert into labelers (id, name, role, created) values (1, 'Ann', 'owner', '2026-01-01 00:00:00')"
        )
        connection.exec_driver_sql(
            "insert into labels (uuid, image_id, labeler_id, verdict, decided, received, how, purpose) values "
            "('u', 1, 1, 'good', '2026-01-01 00:00:00', '2026-01-01 00:00:00', 'swipe', 'queue')"
        )
    engine.dispose()

    assert call(["-w", str(tmp_path), "export", "labels", "-o", str(tmp_path / "labels.csv")]) == 0
    assert "good" in (tmp_path / "labels.csv").read_text()
    assert is_whole(tmp_path)
