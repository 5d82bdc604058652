"""What goes on beside the requests: new images join the queue, labels from elsewhere are counted, orders renewed."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass

from sqlalchemy.orm import Session, sessionmaker

from curate import store_labels, store_queue
from curate.agreement import consensus_of
from swipeweb.access import reading
from swipeweb.lessons import lesson_of
from swipeweb.queue import Dealer

log = logging.getLogger("swipegan.swipe")

EVERY = 2.0  # seconds between looks
COUNT_EVERY = 15.0  # seconds between counts of everything; between them this process adds what it stores
LEARN_EVERY = 40  # labels


@dataclass(frozen=True)
class Totals:
    """How many images there are to judge and how many want no more opinions."""

    total: int
    closed: int


class Keeper:
    """Looks after the queue from a thread of its own; `tick` is one look."""

    def __init__(self, sessions: sessionmaker[Session], dealer: Dealer) -> None:
        self.sessions, self.dealer = sessions, dealer
        self.totals = Totals(0, 0)
        self.counting = threading.Lock()  # held while verdicts are stored and counted, and while all is counted anew
        self._counted = 0.0  # when all was counted
        self.lesson: str | None = None  # what the labels say so far, for people
        self._seq = 0
        self._new = 0  # labels since people's skills were estimated
        self._order: object = None  # what the places were made from
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)

    def start(self) -> None:
        """Look once, then go on in the background."""
        with self.sessions.begin() as session:
            store_queue.open_unreadable(session)
            store_queue.forget_old_leases(session)
        self.tick()
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=30)

    def _run(self) -> None:
        while not self._stop.wait(EVERY):
            try:
                self.tick()
            except Exception:  # the next look may work: a database can be busy for long
                log.exception("the keeper of the queue stumbled")
                time.sleep(EVERY)

    def add_closed(self, count: int) -> None:
        """Count what this process closed, until the next look counts everything."""
        self.totals = Totals(self.totals.total, self.totals.closed + count)

    def tick(self) -> None:
        """Bring the queue up to date with the database."""
        filled = self._fill()
        filled = self._count() or filled
        self._learn()
        self._place()
        if filled or time.monotonic() - self._counted > COUNT_EVERY:
            self._count_all()

    def _count_all(self) -> None:
        with self.counting, reading(self.sessions) as session:
            counts = store_queue.counts(session)
            self.totals = Totals(counts["open"] + counts["closed"], counts["closed"])
        self._counted = time.monotonic()

    def _fill(self) -> bool:
        with reading(self.sessions) as session:
            if not store_queue.has_new_images(session):
                return False
        while not self._stop.is_set():
            with self.sessions.begin() as session:
                if store_queue.fill_queue(session, limit=50_000) < 50_000:
                    break
        return True

    def _count(self) -> bool:
        """Count labels that came past this process (imported, other servers'); whether that closed any image."""
        closed = False
        while not self._stop.is_set():
            with reading(self.sessions) as session:
                images, last = store_labels.labeled_since(session, self._seq)
            if last == self._seq:
                break
            with self.sessions.begin() as session:
                closed = self.dealer.count_again(session, set(images)) != 0 or closed
            self._seq, self._new = last, self._new + len(images)
        return closed

    def _learn(self) -> None:
        """Estimate how far each person can be trusted, and say what the labels teach."""
        if self._new < LEARN_EVERY:
            return
        self._new = 0
        with reading(self.sessions) as session:
            self.lesson = lesson_of(session)
            people = len(store_labels.labelers(session))
            votes = store_labels.all_votes(session) if self.dealer.options.opinions > 1 and people > 1 else []
        if votes:
            consensus, names = consensus_of(votes)
            self.dealer.prior = min(max(consensus.prior, 0.02), 0.98)
            with self.sessions.begin() as session:
                store_labels.set_skills(session, dict(zip(names, consensus.skills, strict=True)))

    def _place(self) -> None:
        """Make the order anew when what it rests on has changed."""
        order = self.dealer.options.order
        with reading(self.sessions) as session:
            basis = store_queue.basis_of(session, order)
        if basis == self._order:
            return
        with self.sessions.begin() as session:
            self.dealer.has_places = store_queue.make_places(session, order) > 0
        self._order = basis
        self.dealer.start_over()
