"""Progress on the terminal: a bar with rate and time left, plain lines where there is no terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")

_quiet = False
LINE_EVERY = 10.0  # seconds between plain lines


def be_quiet(quiet: bool = True) -> None:
    """Show nothing from now on (`--json` and `--quiet` set this)."""
    global _quiet  # noqa: PLW0603 - one terminal, one switch
    _quiet = quiet


def note(text: str) -> None:
    """One line for the person who waits, on stderr."""
    if not _quiet:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()


class Meter:
    """Counts steps and shows them; `advance` may be called from a loop of any kind."""

    def __init__(self, title: str, total: int | None, unit: str = "images", most_seconds: float | None = None) -> None:
        self.title, self.total, self.unit = title, total, unit
        self.ends = None if most_seconds is None else time.monotonic() + most_seconds
        self.done = 0
        self.started = self.shown = time.monotonic()
        self._bar = _terminal_bar(title, total, unit) if sys.stderr.isatty() and not _quiet else None

    def start_at(self, done: int, seconds: float) -> None:
        """Go on with work of which `done` took `seconds` in an earlier sitting."""
        self.done, self.started = done, self.started - seconds
        if self._bar is not None:
            self._bar.start_at(done)

    def advance(self, count: int = 1, detail: str = "") -> None:
        """`count` more are done; `detail` stands at the end of the line."""
        self.done += count
        if self._bar is not None:
            self._bar.advance(count, self.left(), detail)
        elif time.monotonic() - self.shown >= LINE_EVERY:
            self.shown = time.monotonic()
            note(self.line(detail))

    def line(self, detail: str = "") -> str:
        """The state as one plain line."""
        seconds = max(time.monotonic() - self.started, 1e-6)
        rate = self.done / seconds
        text = f"{self.title}: {self.done}"
        if self.total:
            text += f"/{self.total} {self.unit}, {rate:.1f}/s, {self.left()}"
        else:
            text += f" {self.unit}, {rate:.1f}/s"
        return text + (f", {detail}" if detail else "")

    def left(self) -> str:
        """How long it will take, in words; the work may end by time before it ends by number."""
        now = time.monotonic()
        times = [] if self.ends is None else [max(self.ends - now, 0.0)]
        if self.total and self.done:
            times.append((self.total - self.done) * (now - self.started) / self.done)
        return f"{clock(min(times))} left" if times else ""

    def close(self) -> None:
        """Leave the terminal as a finished line."""
        if self._bar is not None:
            self._bar.close()

    def __enter__(self) -> Meter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Bar:
    def __init__(self, title: str, total: int | None, unit: str) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.completed:.0f}/{task.total} " + unit if total else "{task.completed:.0f} " + unit),
            TextColumn("{task.fields[rate]}"),
            TextColumn("{task.fields[left]}"),
            TextColumn("{task.fields[detail]}"),
            console=Console(stderr=True),
        )
        self.progress.start()
        self.task = self.progress.add_task(title, total=total, rate="", left="", detail="")

    def advance(self, count: int, left: str, detail: str) -> None:
        self.progress.update(self.task, advance=count, left=left, detail=detail)
        speed = self.progress.tasks[0].speed
        self.progress.update(self.task, rate=f"{speed:.1f}/s" if speed else "")

    def start_at(self, done: int) -> None:
        self.progress.update(self.task, completed=done)

    def close(self) -> None:
        self.progress.stop()


def _terminal_bar(title: str, total: int | None, unit: str) -> _Bar:
    return _Bar(title, total, unit)


def track(iterable: Iterable[Item], *, total: int | None = None, title: str, unit: str = "images") -> Iterator[Item]:
    """Yield from `iterable` while showing how far it is."""
    with Meter(title, total, unit) as meter:
        for item in iterable:
            yield item
            meter.advance()


def clock(seconds: float) -> str:
    """A duration for people: 48 s, 3 min 20 s, 2 h 05 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
