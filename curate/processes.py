"""The same work on many things in several processes, in order; ends soon and quietly when it is interrupted."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import TypeVar

import cv2

from curate.errors import UserError

Task = TypeVar("Task")
Result = TypeVar("Result")


def mapped(work: Callable[[Task], Result], tasks: Sequence[Task], processes: int, chunk: int = 4) -> Iterator[Result]:
    """Every task's result, in the order of the tasks; in this process where one is enough.

    Raises:
        UserError: a process was ended from outside.
    """
    processes = min(processes, -(-len(tasks) // chunk))
    if processes <= 1:
        yield from map(work, tasks)
        return
    # spawned: a fork of a process that has threads may hang
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=_begin) as pool:
        try:
            yield from pool.map(work, tasks, chunksize=chunk)
        except BrokenProcessPool as error:
            raise UserError(
                "a process was ended from outside, perhaps because memory ran out; "
                "the same command goes on from here, with --processes 1 it needs least"
            ) from error
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _begin() -> None:
    """One thread, and no Ctrl-C: the parent decides."""
    cv2.setNumThreads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
