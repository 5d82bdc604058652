"""Selections and duplicates for the report: what each rule removed, and what lies at its border."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from curate import store_report as store
from curate.measure_words import words
from curate.models import Image, Selection
from curate.numbers import Number, numbers
from curate.report_facts import Change, Duplicates, Example, Examples, Group, Histogram, Place, Rule, SelectionFacts
from curate.report_measures import histogram
from curate.report_plots import number
from curate.rules import value_words
from curate.store_columns import Columns, kept_column
from curate.store_duplicates import same_persons, same_pictures

LIMIT = re.compile(r"(min|max)_(\w+)")
BALANCED = ("yaw", "pitch", "brightness", "exposure", "face_size", "skin_tone", "ita")  # what a selection may tilt
SHOWN_GROUPS = 6
MOST_COMPARED = 20_000  # images: comparing faces in pairs takes 6 s then; beyond, equal hashes are found
NOT_COMPARED = (
    "Of so many images only those with equal perceptual hashes are found here, and no people: "
    "filter --no-duplicates and --max-per-person compare all faces."
)


def selections(
    session: Session,
    columns: Sequence[Columns],
    kept: dict[str, Columns],
    received: Sequence[dt.datetime],
    examples: int,
) -> tuple[SelectionFacts, ...]:
    """The newest version of every selection.

    kept: what is known already of what the newest versions keep, by name.
    received: the times of all labels, ascending.
    """
    return tuple(
        _selection(session, versions, columns, kept.get(name), received, examples)
        for name, versions in store.selections(session).items()
    )


def _selection(
    session: Session,
    versions: list[Selection],
    columns: Sequence[Columns],
    kept: Columns | None,
    received: Sequence[dt.datetime],
    examples: int,
) -> SelectionFacts:
    newest = versions[0]
    some = store.random_of_selection(session, newest.id, None, 4 * examples)
    return SelectionFacts(
        name=newest.name,
        version=newest.version,
        created=newest.created,
        kept=newest.kept,
        left_out=newest.left_out,
        labels=labels_before(received, newest.created),
        rule=rule_words(newest.rule),
        rules=_rules(session, newest, examples),
        sample=tuple(Example(image=image) for image, _ in some),
        versions=tuple((one.version, one.kept, one.left_out, one.created) for one in versions),
        change=_change(session, newest, versions[1], examples) if len(versions) > 1 else None,
        balance=_balance(kept or kept_column(session, newest.id), columns),
    )


def labels_before(received: Sequence[dt.datetime], moment: dt.datetime) -> int:
    """How many of the ascending times lie before a moment."""
    return sum(time <= moment for time in received)


def rule_words(rule: Any) -> dict[str, Any]:
    """A selection's rule as name -> value, in the order of application."""
    if isinstance(rule, list):
        return {str(item.get("rule")): item.get("value") for item in rule if isinstance(item, dict)}
    return dict(rule) if isinstance(rule, dict) else {}


def _rules(session: Session, selection: Selection, examples: int) -> tuple[Rule, ...]:
    removed = store.removed_by_rule(session, selection.id)
    given = rule_words(selection.rule)
    order = [name for name in removed if name not in given] + [name for name in given if name in removed]
    remaining = selection.kept + selection.left_out
    found = []
    for name in order:
        remaining -= removed[name]
        title = f"{name.replace('_', ' ')} {value_words(given.get(name))}".strip()
        found.append(_rule(session, selection.id, name, title, removed[name], remaining, examples))
    return tuple(found)


def _rule(session: Session, selection: int, name: str, title: str, removed: int, remaining: int, examples: int) -> Rule:
    lower, of = _limit(name)
    if of is None:
        some = store.random_of_selection(session, selection, name, 2 * examples)
        out = tuple(Example(image=image, note=reason or "") for image, reason in some)
        return Rule(
            name=name, title=title, removed=removed, remaining=remaining, just_removed=out, just_kept=(), bordered=False
        )
    edge = store.at_border(session, selection, name, of, lower, examples)
    inside = store.at_border(session, selection, None, of, not lower, examples)
    return Rule(
        name=name,
        title=title,
        removed=removed,
        remaining=remaining,
        just_removed=_noted(edge) or _without_number(session, selection, name, examples),
        just_kept=_noted(inside),
        bordered=bool(edge),
    )


def _without_number(session: Session, selection: int, name: str, examples: int) -> Examples:
    """Images that a limit removed because they lack the number."""
    some = store.random_of_selection(session, selection, name, examples)
    return tuple(Example(image=image, note=reason or "") for image, reason in some)


def _limit(name: str) -> tuple[bool, Number | None]:
    """For a rule such as min_sharpness: whether it is a lower limit, and its number; None for other rules."""
    match = LIMIT.fullmatch(name)
    return (match[1] == "min", numbers().get(match[2])) if match else (False, None)


def _noted(found: Sequence[tuple[int, float]]) -> Examples:
    return tuple(Example(image=image, note=number(value, 4)) for image, value in found)


def _change(session: Session, newest: Selection, before: Selection, examples: int) -> Change:
    added, some_added = store.only_in(session, newest.id, before.id, examples)
    dropped, some_dropped = store.only_in(session, before.id, newest.id, examples)
    return Change(
        before=before.version,
        after=newest.version,
        added=Place(count=added, examples=tuple(Example(image=image) for image in some_added)),
        dropped=Place(count=dropped, examples=tuple(Example(image=image) for image in some_dropped)),
    )


def _balance(kept: Columns, columns: Sequence[Columns]) -> tuple[tuple[str, Histogram], ...]:
    """Kept and left out over the numbers in which a selection may lean to one side."""
    found = []
    for name in BALANCED:
        for part in columns:
            if name in part.values:
                values = part.of(name, kept.ids)
                known = np.isfinite(values)
                if known.any():
                    inside = kept.values["kept"] == 1
                    split = {"accent": values[known & inside], "none": values[known & ~inside]}
                    found.append((words(name).title, histogram(split, most=24)))
    return tuple(found)


def duplicates(session: Session, examples: int) -> tuple[Duplicates, ...]:
    """Files with the same bytes, and images that look the same."""
    found = []
    groups, spare, files = store.same_bytes(session, SHOWN_GROUPS)
    if groups:
        shown = tuple(
            Group(images=(Example(image=image),), note=f"{len(paths)} files", paths=_short(paths, examples))
            for image, paths in files
        )
        found.append(Duplicates(kind="bytes", title="Same bytes", groups=groups, spare=spare, shown=shown))
    if store.count(session, Image) > MOST_COMPARED:
        return (*found, _kind("looks", "Same picture", store.same_hash(session), examples, "best", NOT_COMPARED))
    looks, people = same_pictures(session), same_persons(session)
    found += [_kind("looks", "Same picture", looks, examples, "best")] if looks else []
    found += [_kind("people", "Same person, other pictures", people, examples)] if people else []
    return tuple(found)


def _kind(kind: str, title: str, each: list[list[int]], examples: int, first: str = "", note: str = "") -> Duplicates:
    """Groups of images as facts, the largest shown; `first` is said of the first of each."""
    shown = tuple(
        Group(
            images=tuple(
                Example(image=image, note="" if place else first) for place, image in enumerate(group[:examples])
            ),
            note=f"{len(group)} images",
        )
        for group in sorted(each, key=len, reverse=True)[: 2 * SHOWN_GROUPS]
    )
    spare = sum(map(len, each)) - len(each)
    return Duplicates(kind=kind, title=title, groups=len(each), spare=spare, shown=shown, note=note)


def _short(paths: Sequence[str], limit: int) -> tuple[str, ...]:
    return tuple(str(Path(*Path(path).parts[-2:])) for path in paths[:limit])
