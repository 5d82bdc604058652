"""Worker processes for a scan: bounded work in flight, and a worker that dies costs one file, not the run."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice

from curate.errors import UserError
from curate.scan_worker import Outcome, Setup, examine_all, start

CHUNK = 8  # files handed over at once
AHEAD = 3  # chunks in flight for each process
DEATHS = 10  # files in a row on which a worker died: then it is not the files
PATIENCE = 0.3  # seconds between looks at whether to stop


class WorkersDie(UserError):
    """No worker process lives long enough to read a picture."""


Running = dict[Future[list[Outcome]], list[str]]


def outcomes(
    paths: Iterable[str], processes: int, setup: Setup, stopped: Callable[[], bool]
) -> Iterator[list[Outcome]]:
    """Examine files side by side and yield what became of them, in the order in which they are done.

    Ends early, with what is done, when `stopped` says so. A file on which a worker process dies (out of memory, a crash
    in a decoder) is found by examining the files that were in flight one at a time, and is reported as bad.
    """
    todo = iter(paths)
    executor = _executor(processes, setup)
    running: Running = {}
    try:
        while not stopped():
            broken = not _fill(executor, running, todo, processes * AHEAD)
            if not running:
                return
            done = () if broken else wait(running, timeout=PATIENCE, return_when=FIRST_COMPLETED).done
            for future in done:
                if isinstance(future.exception(), BrokenProcessPool):
                    broken = True
                else:
                    running.pop(future)
                    yield future.result()
            if broken:
                executor.shutdown(wait=False, cancel_futures=True)
                suspects = [path for chunk in running.values() for path in chunk]
                running.clear()
                yield from _one_by_one(suspects, setup, stopped)
                executor = _executor(processes, setup)
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def _fill(executor: ProcessPoolExecutor, running: Running, todo: Iterator[str], most: int) -> bool:
    """Hand out work until `most` chunks are in flight; False if a worker has died."""
    while len(running) < most:
        chunk = list(islice(todo, CHUNK))
        if not chunk:
            return True
        try:
            running[executor.submit(examine_all, chunk)] = chunk
        except BrokenProcessPool:
            running[Future()] = chunk  # never done: it joins the suspects
            return False
    return True


def _one_by_one(paths: list[str], setup: Setup, stopped: Callable[[], bool]) -> Iterator[list[Outcome]]:
    executor, deaths = _executor(1, setup), 0
    try:
        for path in paths:
            if stopped():
                return
            try:
                yield executor.submit(examine_all, [path]).result()
                deaths = 0
            except BrokenProcessPool as error:
                deaths += 1
                if deaths == DEATHS:
                    raise WorkersDie(
                        f"the process that reads pictures died on {deaths} files in a row: {path}"
                    ) from error
                yield [Outcome(path=path, bad="killed the reader: the process that read it died")]
                executor = _executor(1, setup)
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def _executor(processes: int, setup: Setup) -> ProcessPoolExecutor:
    # never plain forks: those of a process with threads may hang. A server that has the libraries forks in no time
    method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
    context = multiprocessing.get_context(method)
    if method == "forkserver":
        context.set_forkserver_preload(["curate.scan_worker", "curate.scan_preload"])
    return ProcessPoolExecutor(processes, mp_context=context, initializer=start, initargs=(setup,))
