"""What a browser gets next, and what becomes of its verdicts."""

from __future__ import annotations

import datetime as dt
import random
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from curate import store_labels, store_queue
from curate.agreement import Skill, posterior
from curate.models import QueueEntry, now
from curate.store_access import Visitor
from curate.store_labels import Verdict
from curate.store_queue import Cursor, Drawn
from swipeweb.config import SwipeOptions

APART = 30  # verdicts between an image and its hidden repeat


@dataclass
class Outcome:
    """What became of a batch of events: uuids by fate, and why some were refused."""

    stored: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    closed: int = 0  # images that want no more opinions, less those that want some again


class Dealer:
    """Deals images to browsers and takes their verdicts."""

    def __init__(self, options: SwipeOptions, seed: int | None = None) -> None:
        self.options = options
        self.prior = 0.5  # share of good images, as far as known
        self.has_places = False  # whether an order other than the random one is there
        self._dice = random.Random(seed)  # noqa: S311 - it decides what to show, not who may come in
        self._cursors: dict[int, Cursor] = {}
        self._own: dict[int, int] = {}  # verdicts that hold, by person
        self._lock = threading.Lock()

    def deal(
        self, session: Session, visitor: Visitor, count: int, have: Sequence[int], hold: dt.timedelta | None = None
    ) -> list[Drawn]:
        """Up to `count` images for a browser: what it holds already besides `have`, then new ones, leased to it."""
        until = now() + (hold or dt.timedelta(minutes=self.options.lease_minutes))
        store_queue.close_gate(session)
        mine = store_queue.held(session, visitor.access_id)
        again = [drawn for drawn in mine if drawn.image_id not in have][:count]
        store_queue.renew(session, visitor.access_id, [*have, *(drawn.image_id for drawn in again)], until)
        without = {*have, *store_queue.holds_now(session, visitor.labeler_id)}
        fresh = self._draw(session, visitor.labeler_id, count - len(again), without)
        store_queue.lease(session, visitor.labeler_id, visitor.access_id, fresh, until)
        return again + fresh

    def _draw(self, session: Session, person: int, count: int, without: set[int]) -> list[Drawn]:
        wanted = Counter(self._purpose() for _ in range(count))
        drawn: list[Drawn] = []
        for _ in range(wanted["repeat"]):
            self._add(drawn, store_queue.draw_repeat(session, person, self._dice, APART), "repeat", without)
        for _ in range(wanted["gold"]):
            self._add(drawn, store_queue.draw_gold(session, person, self._dice), "gold", without)
        if self.has_places:
            self._extend(session, drawn, person, min(wanted["queue"], count - len(drawn)), "queue", without)
        self._extend(session, drawn, person, count - len(drawn), "random", without)
        self._dice.shuffle(drawn)
        return drawn

    def _purpose(self) -> str:
        options = self.options
        roll = self._dice.random()
        if roll < options.repeats:
            return "repeat"
        if roll < options.repeats + options.gold:
            return "gold"
        if options.order == "folder":
            return "queue"
        return (
            "random" if options.order == "random" or self._dice.random() < max(0.2, options.random_share) else "queue"
        )

    @staticmethod
    def _add(drawn: list[Drawn], image: int | None, purpose: str, without: set[int]) -> None:
        if image is not None and image not in without:
            drawn.append(Drawn(image, purpose))
            without.add(image)

    def _extend(
        self, session: Session, drawn: list[Drawn], person: int, count: int, purpose: str, without: set[int]
    ) -> None:
        if count <= 0:
            return
        found = store_queue.draw(
            session,
            person,
            count,
            order=QueueEntry.place if purpose == "queue" else QueueEntry.dice,
            opinions=self.options.opinions,
            without=without,
            cursor=self._cursor(person),
        )
        for image in found:
            self._add(drawn, image, purpose, without)

    def _cursor(self, person: int) -> Cursor:
        with self._lock:
            return self._cursors.setdefault(person, Cursor())

    def start_over(self) -> None:
        """Search every order from its start again: places have changed."""
        with self._lock:
            self._cursors.clear()

    def record(self, session: Session, visitor: Visitor, verdicts: Sequence[Verdict], review: bool = False) -> Outcome:
        """Store the events that are new, in their order, and bring the queue up to date."""
        outcome = Outcome()
        known = store_labels.known_uuids(session, {v.uuid for v in verdicts} | {v.undoes for v in verdicts if v.undoes})
        images = store_labels.existing_images(session, {v.image_id for v in verdicts})
        purposes = store_queue.take_leases(session, visitor.labeler_id, images)
        before = store_labels.votes(session, images)
        judged = {image for image, votes in before.items() if visitor.labeler_id in votes}
        stored: list[tuple[Verdict, str]] = []
        for verdict in verdicts:
            reason = self._refusal(visitor, verdict, known, images)
            if reason is not None:
                outcome.refused[verdict.uuid] = reason
            elif verdict.uuid in known:
                outcome.known.append(verdict.uuid)
            else:
                stored.append((verdict, "review" if review else self._why(verdict, purposes, judged)))
                known[verdict.uuid] = visitor.labeler_id
                outcome.stored.append(verdict.uuid)
        store_labels.add_labels(session, visitor.labeler_id, stored)
        last = {verdict.image_id: verdict.verdict for verdict in verdicts if verdict.image_id in images}
        self._hold_again(session, visitor, [image for image, said in last.items() if said == "undo"])
        outcome.closed = self.count_again(session, images)
        return outcome

    @staticmethod
    def _refusal(visitor: Visitor, verdict: Verdict, known: dict[str, int], images: set[int]) -> str | None:
        if known.get(verdict.uuid, visitor.labeler_id) != visitor.labeler_id:
            return "this uuid belongs to another event"
        if verdict.image_id not in images:
            return "no such image"
        if verdict.undoes is not None and known.get(verdict.undoes) != visitor.labeler_id:
            return "there is no such event of yours to undo"
        return None

    @staticmethod
    def _why(verdict: Verdict, purposes: dict[int, str], judged: set[int]) -> str:
        """What an event was asked for: its lease's purpose; a further verdict on an image is a change."""
        image = verdict.image_id
        if verdict.verdict == "undo":
            judged.discard(image)
            return "change"
        if verdict.how == "history" or (image in judged and purposes.get(image) != "repeat"):
            return "change"
        judged.add(image)
        purpose = purposes.get(image, "queue")
        if purpose == "repeat":
            purposes[image] = "queue"  # a second verdict in the same batch is a change again
        return purpose

    def _hold_again(self, session: Session, visitor: Visitor, images: list[int]) -> None:
        """What was taken back is on that screen again, and nobody else's."""
        until = now() + dt.timedelta(minutes=self.options.lease_minutes)
        drawn = [Drawn(image, store_labels.last_purpose(session, visitor.labeler_id, image)) for image in images]
        store_queue.lease(session, visitor.labeler_id, visitor.access_id, drawn, until)

    def own(self, person: int) -> int | None:
        """How many images a person judged, if that was counted."""
        return self._own.get(person)

    def learn_own(self, session: Session, person: int) -> None:
        """Count how many images a person judged, where that matters and is not known."""
        if self.options.opinions > 1 and person not in self._own:
            self.set_own(person, sum(store_labels.count_own(session, person).values()))

    def set_own(self, person: int, count: int) -> None:
        """Note how many images a person judged."""
        with self._lock:
            self._own[person] = count

    def count_own(self, person: int, outcome: Outcome, verdicts: Sequence[Verdict]) -> None:
        """Count what was stored; an image judged twice counts twice until the next `set_own`."""
        stored = set(outcome.stored)
        change = sum(-1 if verdict.verdict == "undo" else 1 for verdict in verdicts if verdict.uuid in stored)
        with self._lock:
            if person in self._own:
                self._own[person] += change

    def count_again(self, session: Session, images: set[int]) -> int:
        """Bring the queue's entries of these images up to date with their labels; how many more are closed now."""
        closed = 0
        skills = store_labels.skills(session) if self.options.adaptive else {}
        entries, votes = store_queue.lock_entries(session, images), store_labels.votes(session, images)
        changed = {}
        for image, (state, opinions) in entries.items():
            decided = self._is_decided(votes[image], skills)
            newer = "closed" if decided else "unreadable" if state == "unreadable" else "open"
            closed += (newer == "closed") - (state == "closed")
            if (newer, len(votes[image])) != (state, opinions):
                changed[image] = (newer, len(votes[image]))
        store_queue.set_entries(session, changed)
        return closed

    def _is_decided(self, votes: dict[int, str], skills: dict[int, Skill]) -> bool:
        if len(votes) >= self.options.opinions:
            return True
        if not self.options.adaptive or not votes:
            return False
        sure = self.sure(votes, skills)
        return max(sure, 1 - sure) >= self.options.sure

    def sure(self, votes: dict[int, str], skills: dict[int, Skill]) -> float:
        """The probability that an image with these votes (by person) is good."""
        return posterior([(skills.get(person, Skill()), said) for person, said in votes.items()], self.prior)
