"""Stopping at the next step when asked to, instead of in the middle of one."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from curate.progress import note


class Stop:
    """Whether someone asked to stop, and by which signal."""

    def __init__(self) -> None:
        self.reason = ""

    def ask(self, number: int, _frame: FrameType | None) -> None:
        """The handler of the signals; a second one ends the program at once."""
        self.reason = signal.Signals(number).name
        note(f"{self.reason}: writing a checkpoint, then stopping (again: stop at once)")
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)


@contextmanager
def stopping() -> Iterator[Stop]:
    """Within, SIGTERM and Ctrl-C only set `reason`; in a thread other than the main one they are left alone."""
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.signal(number, stop.ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
