"""`swipegan swipe people`: who labels, their links, and keeping somebody out."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from curate import store_access, store_labels
from curate.workspace import Workspace
from swipeweb.config import LinkOptions, PersonOptions, RevokeOptions
from swipeweb.server import join_url, qr_code


@dataclass(frozen=True)
class Person:
    """A person and what they did so far."""

    name: str
    role: str
    labels: int = 0
    links: int = 0
    browsers: int = 0

    def text(self) -> str:
        """One line."""
        return f"{self.name} ({self.role}): {self.labels} labels, {self.links} open links, {self.browsers} browsers"


@dataclass(frozen=True)
class People:
    """Everybody."""

    people: list[Person]

    def text(self) -> str:
        """A line a person."""
        return "\n".join(person.text() for person in self.people) or "Nobody yet; `swipegan swipe` adds the owner."


@dataclass(frozen=True)
class Link:
    """A fresh link."""

    name: str
    link: str
    days: float

    def text(self) -> str:
        """The QR code and the link."""
        return f"{qr_code(self.link)}\nFor {self.name}, once, within {self.days:g} days:\n  {self.link}"


@dataclass(frozen=True)
class Revoked:
    """What was ended."""

    name: str
    ended: int

    def text(self) -> str:
        """One line."""
        return f"{self.name} is out: {self.ended} links and browsers ended; labels are kept."


def add(workspace: Workspace, options: PersonOptions) -> Person:
    """Add a person, or change the role of one who is known."""
    with workspace.open().begin() as session:
        person = store_labels.ensure_labeler(session, options.name, options.role)
        person.role = options.role
    return Person(options.name, options.role)


def everybody(workspace: Workspace) -> People:
    """All people with what they did and hold."""
    with workspace.open().begin() as session:
        people = [
            Person(
                person.name,
                person.role,
                sum(store_labels.count_own(session, person.id).values()),
                *store_access.open_accesses(session, person.id),
            )
            for person in store_labels.labelers(session)
        ]
    return People(people)


def link(workspace: Workspace, options: LinkOptions) -> Link:
    """Make a one-time link."""
    with workspace.open().begin() as session:
        person = store_labels.labeler(session, options.name)
        token = store_access.make_link(session, person, dt.timedelta(days=options.days))
    return Link(options.name, join_url(options.url.rstrip("/"), token), options.days)


def revoke(workspace: Workspace, options: RevokeOptions) -> Revoked:
    """End all links and cookies of a person, at once."""
    with workspace.open().begin() as session:
        ended = store_access.revoke(session, store_labels.labeler(session, options.name).id)
    return Revoked(options.name, ended)
