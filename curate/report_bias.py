"""Whom the pile shows and whom selections keep, by pose, light and skin; and selections beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from curate import store_report as store
from curate.lean import TONE_EDGES, TONES, compared, warning
from curate.measure_words import words
from curate.models import Selection
from curate.report_facts import BiasClass, Comparison, Leaning
from curate.report_measures import Verdicts
from curate.store_columns import Columns, Ids, kept_column, take

MOST_SELECTIONS = 8  # the newest ones
MEDIANS = ("quality", "face_size", "resolution", "sharpness", "brightness", "evenness")
SKIN_LIMITS = (
    "The individual typology angle of the lighter cheek, in its usual six classes. It describes the photo, not the "
    "person: light, exposure, white balance and make-up move one person by a class or two; grey photos and images "
    "without a face have none; drawings and paintings have whatever their colours give. Nothing is learned from it."
)

Bools = NDArray[np.bool_]


class Split(NamedTuple):
    """A number that is split into classes: edges, ascending, and a name for each class, one more than edges."""

    number: str
    title: str
    note: str
    edges: tuple[float, ...]
    names: tuple[str, ...]


SPLITS = (
    Split("yaw", "Turned to the side", "Degrees, either way.", (10, 20, 35), ("0-10°", "10-20°", "20-35°", "over 35°")),
    Split("pitch", "Up or down", "Degrees, either way.", (8, 16, 24), ("0-8°", "8-16°", "16-24°", "over 24°")),
    Split(
        "brightness", "Light on the face", "Mean brightness of the face, 0 to 1.",
        (0.2, 0.35, 0.5, 0.65), ("very dark, to .2", "dark, to .35", "medium, to .5", "light, to .65", "very light"),
    ),
    Split(
        "evenness", "Light from one side", "How far the halves of the face are lit alike, 0 to 1.",
        (0.7, 0.85), ("one-sided, to .7", "some, to .85", "even"),
    ),
    Split("skin_tone", "Skin tone, as photographed", SKIN_LIMITS, TONE_EDGES, TONES),
)  # fmt: skip


def leanings(columns: Sequence[Columns], verdicts: Verdicts, kept: dict[str, Columns]) -> tuple[Leaning, ...]:
    """For each split how many images are in each class, what people said of them, and what selections keep of them.

    kept: by the selection's name, 1 for what it keeps and 0 for what it leaves out.
    """
    found = []
    for split in SPLITS:
        part = next((part for part in columns if split.number in part.values), None)
        if part is None:
            continue
        values = np.abs(part.values[split.number]) if split.number in ("yaw", "pitch") else part.values[split.number]
        known = np.isfinite(values)
        if known.any():
            found.append(_leaning(split, part.ids[known], np.digitize(values[known], split.edges), verdicts, kept))
    return tuple(found)


def _leaning(split: Split, ids: Ids, place: NDArray[np.int64], verdicts: Verdicts, kept: dict[str, Columns]) -> Leaning:
    good = take(verdicts.ids, verdicts.good, ids)
    inside = {name: column.of("kept", ids) == 1 for name, column in kept.items()}
    liked: Bools = good == 1
    rows = []
    for number, name in enumerate(split.names):
        here: Bools = place == number
        rows.append(
            BiasClass(
                name=name,
                images=int(here.sum()),
                labeled=int(np.isfinite(good[here]).sum()),
                good=int(np.nansum(good[here])),
                kept=tuple(int((chosen & here).sum()) for chosen in inside.values()),
                good_kept=tuple(int((chosen & here & liked).sum()) for chosen in inside.values()),
            )
        )
    warnings = _warnings(rows, list(inside)) if split.number == "skin_tone" else ()
    return Leaning(title=split.title, note=split.note, classes=tuple(rows), warnings=warnings)


def _warnings(rows: Sequence[BiasClass], selections: Sequence[str]) -> tuple[str, ...]:
    """Selections whose share of the images labeled good differs between classes beyond chance."""
    found = []
    for number, name in enumerate(selections):
        said = warning(compared([(row.name, row.good, row.good_kept[number]) for row in rows if row.good]))
        if said is not None:
            found.append(f"{name}: {said}")
    return tuple(found)


def newest_kept(session: Session) -> dict[str, Columns]:
    """What the newest version of each of the newest selections keeps, by name."""
    newest: list[Selection] = [versions[0] for versions in store.selections(session).values()][:MOST_SELECTIONS]
    kept: dict[str, Columns] = {}
    for one in newest:  # mostly of the same images
        kept[one.name] = kept_column(session, one.id, next(iter(kept.values()), None))
    return kept


def comparison(kept: dict[str, Columns], columns: Sequence[Columns], verdicts: Verdicts) -> Comparison | None:
    """Selections beside each other: sizes, what they share, labels and medians; None for fewer than two."""
    if len(kept) < 2:
        return None
    chosen = [column.ids[column.values["kept"] == 1] for column in kept.values()]
    good = [take(verdicts.ids, verdicts.good, ids) for ids in chosen]
    return Comparison(
        names=tuple(kept),
        kept=tuple(len(ids) for ids in chosen),
        shared=tuple(tuple(_shared(one, other) for other in kept.values()) for one in kept.values()),
        labeled=tuple(int(np.isfinite(said).sum()) for said in good),
        good=tuple(int(np.nansum(said)) for said in good),
        medians=tuple(_medians(columns, chosen)),
    )


def _shared(one: Columns, other: Columns) -> int:
    return int(((one.values["kept"] == 1) & (other.of("kept", one.ids) == 1)).sum())


def _medians(columns: Sequence[Columns], chosen: Sequence[Ids]) -> list[tuple[str, tuple[float | None, ...]]]:
    found = []
    for name in MEDIANS:
        part = next((part for part in columns if name in part.values), None)
        if part is not None:
            medians = tuple(_median(part.of(name, ids)) for ids in chosen)
            if any(median is not None for median in medians):
                found.append((words(name).title, medians))
    return found


def _median(values: NDArray[np.float32]) -> float | None:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else None
