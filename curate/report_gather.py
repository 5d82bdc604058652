"""From a workspace to a report's facts."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, is_dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from curate import (
    report_bias,
    report_labels,
    report_learning,
    report_measures,
    report_runs,
    report_selections,
    store_columns,
)
from curate import store_report as store
from curate.models import Image
from curate.report_facts import BadKind, Bias, Counts, Example, Examples, Place, QualityFacts, Report
from curate.report_measures import Verdicts, distribution
from curate.store_columns import Columns
from curate.workspace import Workspace

NAMED_FILES = 12  # bad files that are named per reason


def gather(session: Session, workspace: Workspace, examples: int) -> Report:
    """Everything a report says of a workspace; `examples` images are shown per place."""
    rows = store.label_rows(session)
    received = sorted(row.received for row in rows)
    held = report_labels.current(rows)
    said = report_labels.majority(held)
    verdicts = Verdicts(said)
    columns = store_columns.measure_columns(session, _compared())
    faces = store_columns.face_columns(session)
    scores = store_columns.quality_column(session)
    numbers = (columns, faces, scores)
    kept = report_bias.newest_kept(session)
    chosen = store.selections(session)
    made = {(one.name, one.version): one.created for versions in chosen.values() for one in versions}
    report = Report(
        workspace=str(workspace.root.resolve()),
        made=dt.datetime.now(dt.UTC),
        version=_version(),
        counts=_counts(
            session, len(faces.ids), len({row.image for row in held}), len(held), len({row.person for row in rows})
        ),
        formats=store.formats(session),
        mosaic=_some(store.random_images(session, 12 * examples, store.with_a_file())),
        bad=_bad_kinds(store.bad_files(session)),
        no_face=Place(
            count=len(np.setdiff1d(columns.ids, faces.ids, assume_unique=True)),
            examples=_some(store.random_images(session, 2 * examples, store.without_face())),
        ),
        several_faces=_place(session, store.with_several_faces(), 2 * examples),
        labels=report_labels.label_facts(rows, store.people(session), 3 * examples),
        learning=report_learning.learning(session, said, workspace.cache, 2 * examples),
        quality=_quality(session, scores, verdicts, examples),
        measures=report_measures.measures(session, columns, verdicts, examples),
        faces=report_measures.faces(faces, verdicts, store.detectors(session), examples),
        bias=_bias(numbers, verdicts, kept),
        duplicates=report_selections.duplicates(session, examples),
        selections=report_selections.selections(session, (columns, faces), kept, received, examples),
        comparison=report_bias.comparison(kept, numbers, verdicts),
        sets=report_runs.sets(workspace.sets, {one.name: (one.path, one.digest) for one in store.sets(session)}),
        runs=report_runs.runs(workspace.runs, received, made),
    )
    counted = replace(report.counts, sets=len(report.sets), runs=len(report.runs))
    sources = store.sources(session, (one.image for one in shown(report)))
    judged = {image: replace(source, verdict=said.get(image)) for image, source in sources.items()}
    return replace(report, counts=counted, images=judged)


def _bias(numbers: Sequence[Columns], verdicts: Verdicts, kept: dict[str, Columns]) -> Bias | None:
    leanings = report_bias.leanings(numbers, verdicts, kept)
    return Bias(selections=tuple(kept), leanings=leanings) if leanings else None


def shown(fact: Any) -> Iterator[Example]:
    """Every example anywhere in a fact."""
    if isinstance(fact, Example):
        yield fact
    elif isinstance(fact, tuple | list):
        for part in fact:
            yield from shown(part)
    elif is_dataclass(fact):
        for field in fields(fact):
            yield from shown(getattr(fact, field.name))


def _version() -> str:
    try:
        return version("swipegan")
    except PackageNotFoundError:
        return ""


def _counts(session: Session, faces: int, labeled: int, labels: int, people: int) -> Counts:
    states = store.file_states(session)
    return Counts(
        files=sum(states.values()),
        images=store.count(session, Image),
        bytes=store.bytes_of_images(session),
        bad_files=states.get("bad", 0),
        missing_files=states.get("missing", 0),
        faces=faces,
        labeled=labeled,
        labels=labels,
        people=people,
        selections=len(store.selections(session)),
        sets=0,
        runs=0,
    )


def _some(images: list[int]) -> tuple[Example, ...]:
    return tuple(Example(image=image) for image in images)


def _place(session: Session, where: Any, limit: int) -> Place:
    some = _some(store.random_images(session, limit, where))
    return Place(count=store.count(session, Image, where) if some else 0, examples=some)


def _bad_kinds(files: Iterable[tuple[str, str, str]]) -> tuple[BadKind, ...]:
    """Bad files by the first words of their reason, the most frequent first."""
    counts: Counter[str] = Counter()
    named: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for path, state, reason in files:
        kind = "gone" if state == "missing" else reason.partition(":")[0]
        counts[kind] += 1
        if len(named[kind]) < NAMED_FILES:
            named[kind].append((path, reason))
    order = sorted(counts, key=lambda kind: (-counts[kind], kind))
    return tuple(BadKind(kind=kind, count=counts[kind], files=tuple(named[kind])) for kind in order)


def _compared() -> list[str]:
    """The measures by which selections are compared: they stay in memory."""
    wanted = {*report_selections.BALANCED, *report_bias.MEDIANS, *(split.number for split in report_bias.SPLITS)}
    return [name for name in store_columns.measure_names() if name in wanted]


def _quality(session: Session, columns: Columns, verdicts: Verdicts, examples: int) -> QualityFacts | None:
    model = store.newest_model(session)
    if model is None:
        return None
    spread = distribution("quality", columns, verdicts, examples)
    if spread is None:
        return None
    return QualityFacts(
        labels=model[1],
        created=model[2],
        distribution=spread,
        unsure=_unsure(columns, verdicts, 2 * examples),
    )


def _unsure(columns: Columns, verdicts: Verdicts, limit: int) -> Examples:
    unlabeled = ~np.isin(columns.ids, verdicts.ids)
    ids, scores = columns.ids[unlabeled], columns.values["quality"][unlabeled]
    order = np.argsort(np.abs(scores - 0.5), kind="stable")[:limit]
    return tuple(Example(image=int(ids[place]), note=f"{scores[place]:.2f}") for place in order)
