"""Portraits that are asked for: one is painted at a time, the others wait, any can be cancelled within a batch."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from curate.errors import UserError
from curate.pixels import encode_webp

log = logging.getLogger("swipegan.serve")

KEPT = 24  # jobs that are remembered after their end, about 1 MB each
OWN = 4  # jobs that one person may have waiting
PATIENCE = 15.0  # seconds that a page waits for news
OPEN = ("queued", "painting")


class Cancelled(Exception):
    """The person does not want the portrait any more."""


class Busy(UserError):
    """Too many portraits wait already."""


class Stroke(Protocol):
    """One painted tile: its number, its square in large pixels, which change of the crop it is, and the picture."""

    @property
    def tile(self) -> int: ...
    @property
    def top(self) -> int: ...
    @property
    def left(self) -> int: ...
    @property
    def size(self) -> int: ...
    @property
    def change(self) -> str: ...
    @property
    def picture(self) -> NDArray[np.uint8]: ...


class Seen(NamedTuple):
    """A stroke as pages are told of it, and its picture as WebP."""

    tile: int
    top: int
    left: int
    size: int
    change: str
    webp: bytes


@dataclass
class Job:
    """One portrait on its way; state: queued, painting, done, cancelled or failed."""

    wish: Any
    person: int
    strokes: int
    id: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    state: str = "queued"
    error: str = ""
    seen: list[Seen] = field(default_factory=list)
    painted: Any = None
    started: float = 0.0
    seconds: float = 0.0
    unwanted: bool = False


class Jobs:
    """A queue with one painter; every method may be called from any thread."""

    def __init__(self, paint: Callable[..., Any], waiting: int) -> None:
        self.paint, self.waiting = paint, waiting
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._news = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._work, name="painter", daemon=True)

    def start(self) -> None:
        """Begin to paint."""
        self._thread.start()

    def stop(self) -> None:
        """Cancel everything and end."""
        with self._news:
            self._stopping = True
            for job in self._jobs.values():
                job.unwanted = True
            self._news.notify_all()
        if self._thread.is_alive():
            self._thread.join(timeout=60)

    def add(self, wish: Any, person: int, strokes: int) -> Job:
        """Queue a portrait; raises Busy where too many wait."""
        with self._news:
            waiting = [job for job in self._jobs.values() if job.state == "queued"]
            if len(waiting) >= self.waiting:
                raise Busy(f"{len(waiting)} portraits wait already; try again when one is done")
            if sum(job.person == person for job in waiting) >= OWN:
                raise Busy(f"{OWN} of your portraits wait already; cancel one, or wait")
            job = Job(wish, person, strokes)
            self._jobs[job.id] = job
            self._forget_old()
            self._news.notify_all()
            return job

    def find(self, name: str, person: int) -> Job | None:
        """A person's job; None for other people's."""
        with self._news:
            job = self._jobs.get(name)
        return job if job is not None and job.person == person else None

    def cancel(self, job: Job) -> None:
        """Take a job back: at once if it waits, else after the batch that is being painted."""
        with self._news:
            job.unwanted = True
            if job.state == "queued":
                job.state = "cancelled"
            self._news.notify_all()

    def news(self, job: Job, seen: int, state: str, before: int, patience: float = PATIENCE) -> dict[str, Any]:
        """What there is to tell of a job, as soon as it is more than `seen` strokes, this state and this place."""

        def changed() -> bool:
            return self._stopping or len(job.seen) > seen or job.state != state or self._before(job) != before

        with self._news:
            self._news.wait_for(changed, patience)
            return self._tell(job, seen)

    def _tell(self, job: Job, seen: int) -> dict[str, Any]:
        told: dict[str, Any] = {
            "id": job.id,
            "state": job.state,
            "before": self._before(job),
            "strokes": job.strokes,
            "seen": [stroke[:-1] for stroke in job.seen[seen:]],
            "error": job.error,
        }
        if job.state == "painting" and job.seen:
            so_far = time.monotonic() - job.started
            told["left"] = max(0.0, so_far / len(job.seen) * (job.strokes - len(job.seen)))
        if job.painted is not None:
            told |= {"result": job.painted.result, "kept": job.painted.kept, "name": job.painted.name}
            told |= {"command": job.painted.command, "seconds": job.seconds}
        return told

    def _before(self, job: Job) -> int:
        """How many are painted before this one."""
        if job.state != "queued":
            return 0
        names = list(self._jobs)
        return sum(self._jobs[name].state in OPEN for name in names[: names.index(job.id)])

    def _forget_old(self) -> None:
        ended = [name for name, job in self._jobs.items() if job.state not in OPEN]
        for name in ended[: max(0, len(ended) - KEPT)]:
            del self._jobs[name]

    def _work(self) -> None:
        while (job := self._next()) is not None:
            state, error = self._painted(job)
            with self._news:
                job.state, job.error, job.seconds = state, error, time.monotonic() - job.started
                self._news.notify_all()

    def _next(self) -> Job | None:
        with self._news:
            while not self._stopping:
                for job in self._jobs.values():
                    if job.state == "queued":
                        job.state, job.started = "painting", time.monotonic()
                        self._news.notify_all()
                        return job
                self._news.wait()
        return None

    def _painted(self, job: Job) -> tuple[str, str]:
        def stop() -> None:
            if job.unwanted:
                raise Cancelled

        def saw(stroke: Stroke) -> None:
            webp = encode_webp(stroke.picture, 80)
            with self._news:
                job.seen.append(Seen(stroke.tile, stroke.top, stroke.left, stroke.size, stroke.change, webp))
                self._news.notify_all()

        try:
            job.painted = self.paint(job.wish, saw, stop)
        except Cancelled:
            return "cancelled", ""
        except UserError as error:
            return "failed", str(error)
        except Exception:
            log.exception("a portrait could not be painted")
            return "failed", "the program stumbled over this portrait; its terminal says why"
        return "done", ""
