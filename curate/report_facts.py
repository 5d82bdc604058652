"""What a report knows, as plain frozen data: the page, the text and the JSON all say the same of it.

An image is named by its id; `Report.images` says where each id that is shown lies.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """Where a shown image lies, and its main face's box (left, top, right, bottom in upright pixels)."""

    sha256: str
    path: str | None
    bytes: int
    mtime_ns: int
    width: int
    height: int
    box: tuple[int, int, int, int] | None
    verdict: str | None = None  # what most people said


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """An image that is shown, with a number or a few words under it."""

    image: int
    note: str = ""


Examples = tuple[Example, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Counts:
    """The head of the report."""

    files: int
    images: int
    bytes: int
    bad_files: int
    missing_files: int
    faces: int
    labeled: int
    labels: int
    people: int
    selections: int
    sets: int
    runs: int


@dataclass(frozen=True, kw_only=True, slots=True)
class BadKind:
    """Files that cannot be used for one reason: how many, and some of them as (path, whole reason)."""

    kind: str
    count: int
    files: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A number of images and some of them."""

    count: int
    examples: Examples = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Histogram:
    """Counts in equal bins from `low` to `high`; what lies beyond is counted in the outermost bins.

    counts: one row a class of `classes`, each with as many numbers as bins.
    """

    low: float
    high: float
    classes: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Distribution:
    """One measure: its histogram by verdict, its quartiles, and examples at both ends."""

    name: str
    title: str
    unit: str
    low_word: str
    high_word: str
    defect: bool
    count: int
    quartiles: tuple[float, float, float]
    histogram: Histogram
    lowest: Examples
    highest: Examples
    auc: float | None  # good against bad, 0..1, .5 = the measure says nothing about the verdict


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """What one labeler did: labels that hold, by verdict; median seconds a label."""

    name: str
    good: int
    bad: int
    skip: int
    undone: int
    seconds: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """How often two people said the same of the images that both called good or bad."""

    first: str
    second: str
    both: int
    same: int
    kappa: float | None  # Cohen's; None where chance alone would agree always


@dataclass(frozen=True, kw_only=True, slots=True)
class LabelFacts:
    """Everything about the labels."""

    people: tuple[Person, ...]
    times: Histogram | None  # seconds since `first`
    first: dt.datetime
    last: dt.datetime
    good: Place
    bad: Place
    skip: Place
    reasons: dict[str, int]  # why bad
    pairs: tuple[Pair, ...]
    disputed: Place
    seconds: Histogram | None  # per label
    repeated: int  # said twice by the same person
    repeated_same: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Pose:
    """Faces of one cell of the yaw x pitch table: its lower corner in degrees, how many, and one of them."""

    yaw: float
    pitch: float
    count: int
    example: Example | None


@dataclass(frozen=True, kw_only=True, slots=True)
class FaceFacts:
    """The main faces: sizes, poses, detectors."""

    count: int
    sizes: Distribution
    scores: Distribution
    yaw_edges: tuple[float, ...]
    pitch_edges: tuple[float, ...]
    heat: tuple[tuple[int, ...], ...]  # rows from the first pitch edge, columns from the first yaw edge
    poses: tuple[Pose, ...]
    detectors: dict[str, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """Images that are the same picture, or files with the same bytes."""

    images: Examples
    note: str
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Duplicates:
    """Groups of one kind: how many there are, how many images could go, and the largest groups.

    note: what was not looked at, if anything.
    """

    kind: str
    title: str
    groups: int
    spare: int
    shown: tuple[Group, ...]
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """What one rule of a selection removed, with the images nearest to its border on either side."""

    name: str
    title: str
    removed: int
    remaining: int  # after this rule
    just_removed: Examples
    just_kept: Examples
    bordered: bool  # whether the examples are ordered by a number


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What is different from the version before."""

    before: int
    after: int
    added: Place
    dropped: Place


@dataclass(frozen=True, kw_only=True, slots=True)
class SelectionFacts:
    """The newest version of a selection, and the versions before it as (version, kept, left out, created)."""

    name: str
    version: int
    created: dt.datetime
    kept: int
    left_out: int
    labels: int  # that were there when it was made
    rule: dict[str, Any]
    rules: tuple[Rule, ...]
    sample: Examples
    versions: tuple[tuple[int, int, int, dt.datetime], ...]
    change: Change | None
    balance: tuple[tuple[str, Histogram], ...]  # measure's title -> kept and left out


@dataclass(frozen=True, kw_only=True, slots=True)
class SetFacts:
    """A set's folder: what it was made from and what it holds."""

    name: str
    path: str
    count: int
    held_out: int
    size: int
    guide: str
    digest: str
    selection: str
    left_out: dict[str, int]
    faces: tuple[tuple[str, str], ...]  # files of a face and its guide, to look at
    problem: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Curve:
    """One number of a run over the images shown; `levels` are fixed numbers to compare it with, by name."""

    name: str
    points: tuple[tuple[float, float], ...]
    last: float
    levels: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Checkpoint:
    """A saved state of a run, with the scores that were current then."""

    images: int
    file: str
    bytes: int
    scores: dict[str, float]


@dataclass(frozen=True, kw_only=True, slots=True)
class RunFacts:
    """A run's folder: its curves, sample grids, checkpoints, and what lies behind it."""

    name: str
    path: str
    stage: str
    images: int
    seconds: float
    images_per_second: float
    finished: bool
    set_name: str
    set_digest: str
    selection: str
    labels: int | None  # that were there when the selection was made
    options: dict[str, Any]
    parameters: dict[str, int]
    losses: tuple[Curve, ...]
    scores: tuple[Curve, ...]
    fixed: tuple[tuple[str, float], ...]  # scores that never changed
    verdict: tuple[str, str, str]  # on its health, the last one: what, why, what to do; empty where there is none
    samples: tuple[tuple[int, str], ...]  # images shown, file
    checkpoints: tuple[Checkpoint, ...]
    problem: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Learning:
    """How often a good and a bad image that were not learned from are ranked right (0.5..1), by number of labels.

    All of it rests on labels that the model in question had not seen.
    expected: the same for twice the present labels, if the curve goes on as it does.
    drawn: how many of the `labeled` images, good or bad, all this looks at.
    """

    points: tuple[tuple[int, float], ...]
    expected: tuple[int, float] | None
    calibration: tuple[tuple[float, float, int], ...]  # predicted quality, share good, labels; a row a fifth
    surprising: Examples  # labeled the other way than predicted, furthest first
    drawn: int
    labeled: int


@dataclass(frozen=True, kw_only=True, slots=True)
class QualityFacts:
    """The learned quality of all images."""

    labels: int
    created: dt.datetime
    distribution: Distribution
    unsure: Examples  # nearest to one half, not labeled yet


@dataclass(frozen=True, kw_only=True, slots=True)
class BiasClass:
    """Images of one class: how many, what people said of how many, and how many each selection keeps."""

    name: str
    images: int
    labeled: int
    good: int
    kept: tuple[int, ...]  # in the order of Bias.selections
    good_kept: tuple[int, ...] = ()  # the same, of those that are labeled good


@dataclass(frozen=True, kw_only=True, slots=True)
class Leaning:
    """One way in which a pile or a selection may lean, in classes."""

    title: str
    note: str
    classes: tuple[BiasClass, ...]
    warnings: tuple[str, ...] = ()  # of selections that lean beyond chance


@dataclass(frozen=True, kw_only=True, slots=True)
class Bias:
    """Whom the pile shows and whom the selections keep."""

    selections: tuple[str, ...]
    leanings: tuple[Leaning, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """The newest versions of selections beside each other; all tuples in the order of the names."""

    names: tuple[str, ...]
    kept: tuple[int, ...]
    shared: tuple[tuple[int, ...], ...]  # images that both keep
    labeled: tuple[int, ...]
    good: tuple[int, ...]
    medians: tuple[tuple[str, tuple[float | None, ...]], ...]  # measure's title -> median of each


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """A whole report."""

    workspace: str
    made: dt.datetime
    version: str
    counts: Counts
    formats: dict[str, int]
    mosaic: Examples
    bad: tuple[BadKind, ...]
    no_face: Place
    several_faces: Place
    labels: LabelFacts | None
    learning: Learning | None
    quality: QualityFacts | None
    measures: tuple[Distribution, ...]
    faces: FaceFacts | None
    bias: Bias | None
    duplicates: tuple[Duplicates, ...]
    selections: tuple[SelectionFacts, ...]
    comparison: Comparison | None
    sets: tuple[SetFacts, ...]
    runs: tuple[RunFacts, ...]
    images: dict[int, Source] = field(default_factory=dict)
