"""A scan on a real cluster of two workers writes just what a scan here writes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from scan_fixtures import content, die_or_examine, write_portraits

from cli.main import call
from curate import scan
from curate.config import ScanOptions
from curate.scan_cluster import NoCluster, outcomes_on_cluster
from curate.scan_worker import Setup
from curate.workspace import Workspace

pytestmark = pytest.mark.filterwarnings("ignore")  # of other people's code, on its way down


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    distributed = pytest.importorskip("distributed")
    import dask

    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
    ):
        yield cluster.scheduler_address


def test_a_cluster_writes_what_processes_here_write(tmp_path: Path, scheduler: str) -> None:
    photos = tmp_path / "photos"
    write_portraits(photos, 10)
    (photos / "half.jpg").write_bytes((photos / "portrait-001.jpg").read_bytes()[:2000])
    here, there = Workspace(tmp_path / "here"), Workspace(tmp_path / "there")
    scan.run(here, ScanOptions(folders=(photos,), processes=1))

    summary = scan.run(there, ScanOptions(folders=(photos,), scheduler=scheduler, batch=3))
    again = scan.run(there, ScanOptions(folders=(photos,), scheduler=scheduler))

    assert (summary.measured, summary.bad) == (10, {"truncated": 1})
    assert (again.measured, again.unchanged) == (0, 10)
    assert content(there.root / "swipegan.db") == content(here.root / "swipegan.db")


def test_a_file_on_which_workers_die_is_named_and_the_others_are_read(tmp_path: Path, scheduler: str) -> None:
    write_portraits(tmp_path, 3)
    (tmp_path / "killer.jpg").write_bytes((tmp_path / "portrait-001.jpg").read_bytes())
    paths = sorted(str(path) for path in tmp_path.iterdir())
    setup = Setup(known=np.empty(0, np.uint64))

    found = list(chain.from_iterable(outcomes_on_cluster(paths, scheduler, setup, lambda: False, die_or_examine)))

    assert sorted(one.path for one in found) == paths
    assert [Path(one.path).name for one in found if one.bad] == ["killer.jpg"]


def test_a_scheduler_that_is_not_there_is_an_error_for_people(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("curate.scan_cluster.WAIT", 1)
    write_portraits(tmp_path / "photos", 1)
    nowhere = "tcp://127.0.0.1:9"

    assert call(["-w", str(tmp_path), "scan", str(tmp_path / "photos"), "--scheduler", nowhere]) == 1
    assert "no dask scheduler at tcp://127.0.0.1:9" in capsys.readouterr().err
    with pytest.raises(NoCluster, match="dask scheduler"):
        list(outcomes_on_cluster(["x"], "nonsense://", Setup(known=np.empty(0, np.uint64)), lambda: False))
