"""A scan's work on a dask cluster: the same call as the local pool's, for workers that see the same files."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from importlib import import_module
from itertools import islice
from typing import Any
from uuid import uuid4

import cv2
from threadpoolctl import threadpool_limits

from curate.errors import UserError
from curate.faces import use_landmark_model
from curate.scan_pool import AHEAD, CHUNK, PATIENCE
from curate.scan_worker import Outcome, Setup, examine

WAIT = 10  # seconds for the scheduler, and for its first worker

Work = Callable[[list[str], str], list[Outcome]]  # paths, and the scan that they are of


class NoCluster(UserError):
    """The cluster cannot be reached, has no workers, or cannot do the work."""


def outcomes_on_cluster(
    paths: Iterable[str], scheduler: str, setup: Setup, stopped: Callable[[], bool], work: Work | None = None
) -> Iterator[list[Outcome]]:
    """Examine files on the workers of the dask scheduler at an address such as tcp://host:8786.

    Yields what became of them in the order in which they are done, and ends early when `stopped` says so. A file on
    which workers die again and again is found by examining the files of its chunk one at a time, with nothing beside
    them, and reported as bad.
    """
    scan = uuid4().hex
    with _client(scheduler) as client:
        client.register_plugin(_preparation(scan, setup), name=scan)
        try:
            yield from _outcomes(client, iter(paths), scan, stopped, work or examine_chunk)
        finally:
            with suppress(TimeoutError, OSError):
                client.unregister_worker_plugin(scan)


def _outcomes(
    client: Any, todo: Iterator[str], scan: str, stopped: Callable[[], bool], work: Work
) -> Iterator[list[Outcome]]:
    most = AHEAD * max(sum(client.nthreads().values()), 1)
    suspects: list[str] = []  # of chunks on which workers died
    alone: str | None = None  # the task of a suspect that has the cluster to itself: its company would be blamed too
    running: dict[Any, list[str]] = {}
    while not stopped():
        if suspects and not running:
            chunk = [suspects.pop()]
            only = client.submit(work, chunk, scan, pure=False)
            running[only], alone = chunk, only.key
        while not suspects and alone is None and len(running) < most and (chunk := list(islice(todo, CHUNK))):
            running[client.submit(work, chunk, scan, pure=False)] = chunk
        if not running:
            return
        for future in _done(client, list(running)):
            chunk = running.pop(future)
            if future.status == "finished":
                yield future.result()
            else:
                outcome = _killed(future, chunk[0])
                if future.key == alone:
                    yield [outcome]
                else:
                    suspects += chunk
            alone = None if future.key == alone else alone
            future.release()


def _client(scheduler: str) -> Any:
    """A connection to a cluster that has a worker."""
    try:
        client = _distributed().Client(scheduler, timeout=WAIT, set_as_default=False)
    except (OSError, ValueError) as error:  # a timeout is an OSError
        raise NoCluster(f"there is no dask scheduler at {scheduler} ({error}); `dask scheduler` starts one") from error
    try:
        client.wait_for_workers(1, timeout=WAIT)
    except TimeoutError as error:
        client.close()
        raise NoCluster(f"{scheduler} has no workers; `dask worker {scheduler} --nthreads 1` starts one") from error
    return client


def _distributed() -> Any:
    try:
        return import_module("distributed")
    except ModuleNotFoundError as error:
        raise NoCluster("--scheduler needs the extra `cluster`: pip install 'swipegan[cluster]'") from error


def _done(client: Any, running: list[Any]) -> list[Any]:
    """Those futures that are done now, or soon."""
    try:
        with client.as_current():
            return list(_distributed().wait(running, timeout=PATIENCE, return_when="FIRST_COMPLETED").done)
    except TimeoutError:
        return []
    except import_module("distributed.client").FuturesCancelledError as error:
        raise NoCluster(
            "the cluster dropped the work, perhaps as its scheduler ended; the same command goes on"
        ) from error


def _killed(future: Any, path: str) -> Outcome:
    """What became of a file on which workers died; raises NoCluster if that is not what happened."""
    error = future.exception() if future.status == "error" else None
    if isinstance(error, _distributed().KilledWorker):
        return Outcome(path=path, bad="killed the reader: the workers that read it died")
    raise NoCluster(
        f"a worker of the cluster cannot do the work ({type(error).__name__}: {error}); "
        "swipegan has to be installed there in the same version"
    ) from error


_one_at_a_time = threading.Lock()  # dlib's models are not for several threads of a worker
_setups: dict[str, Setup] = {}  # of the scans that this worker has a part in


def _preparation(scan: str, setup: Setup) -> Any:
    """A plugin by which every worker, also one that joins or starts again later, knows how a scan is to be done."""

    class Preparation(_distributed().WorkerPlugin):  # type: ignore[misc] # the extra may not be installed
        def setup(self, worker: Any) -> None:
            prepare(scan, setup)

        def teardown(self, worker: Any) -> None:
            _setups.pop(scan, None)

    return Preparation()


def prepare(scan: str, setup: Setup) -> None:
    """Make a worker ready for a scan: one thread for each library, the landmark model that was chosen."""
    cv2.setNumThreads(1)
    threadpool_limits(1)
    use_landmark_model(setup.landmark_model)
    _setups[scan] = setup


def examine_chunk(paths: list[str], scan: str) -> list[Outcome]:
    """Examine some files on a worker of the cluster; one chunk at a time, however many threads the worker has."""
    with _one_at_a_time:
        return [examine(path, _setups[scan]) for path in paths]
