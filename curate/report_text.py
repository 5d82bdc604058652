"""The report in words, for the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from curate.progress import clock
from curate.report_facts import Distribution, Histogram, Report, RunFacts, SelectionFacts
from curate.report_plots import number

BLOCKS = " ▁▂▃▄▅▆▇█"
BAR = 40  # letters


def text(report: Report) -> str:
    """All facts, a paragraph a section."""
    parts = (
        _head(report),
        _troubles(report),
        _labels(report),
        _quality(report),
        _faces(report),
        _bias(report),
        _measures(report),
        _duplicates(report),
        _selections(report),
        _sets(report),
        _runs(report),
    )
    return "\n\n".join("\n".join(lines) for lines in map(list, parts) if lines)


def head(report: Report) -> str:
    """The counts, in two lines."""
    return "\n".join(_head(report))


def _head(report: Report) -> Iterator[str]:
    counts = report.counts
    yield (
        f"{_many(counts.images, 'image')} in {_many(counts.files, 'file')} ({counts.bad_files:,} cannot be used, "
        f"{counts.missing_files:,} are gone), {counts.faces:,} with a face"
    )
    yield (
        f"{counts.labeled:,} labeled by {_many(counts.people, 'person', 'people')}, "
        f"{_many(counts.selections, 'selection')}, {_many(counts.sets, 'set')}, {_many(counts.runs, 'run')}"
    )


def _many(count: int, one: str, more: str = "") -> str:
    return f"{count:,} {one if count == 1 else more or one + 's'}"


def _troubles(report: Report) -> Iterator[str]:
    if report.bad or report.no_face.count or report.several_faces.count:
        yield "What is wrong"
    for kind in report.bad:
        yield f"  {kind.count:>7,}  {kind.kind}"
        yield from (f"           {path}" for path, _ in kind.files[:3])
    if report.no_face.count:
        yield f"  {report.no_face.count:>7,}  no face found"
    if report.several_faces.count:
        yield f"  {report.several_faces.count:>7,}  several faces"


def _labels(report: Report) -> Iterator[str]:
    labels = report.labels
    if labels is None:
        return
    yield f"Labels: {labels.good.count:,} images good, {labels.bad.count:,} bad, {labels.skip.count:,} skipped"
    if labels.times:
        yield f"  {labels.first:%Y-%m-%d %H:%M} {spark(labels.times)} {labels.last:%Y-%m-%d %H:%M}"
    for one in labels.people:
        took = f", {one.seconds:.1f} s each" if one.seconds is not None else ""
        yield f"  {one.name}: {one.good:,} good, {one.bad:,} bad, {one.skip:,} skipped, {one.undone:,} taken back{took}"
    for pair in labels.pairs:
        kappa = "" if pair.kappa is None else f", kappa {pair.kappa:.2f}"
        yield f"  {pair.first} and {pair.second} agree on {pair.same} of {pair.both}{kappa}"
    if labels.repeated:
        yield f"  the same person again: the same verdict {labels.repeated_same} of {labels.repeated} times"


def _quality(report: Report) -> Iterator[str]:
    if report.learning:
        steps = ", ".join(f"{right:.3f} after {labels:,}" for labels, right in report.learning.points)
        ahead = report.learning.expected
        yield f"Pairs told apart: {steps} labels" + (f"; perhaps {ahead[1]:.3f} after {ahead[0]:,}" if ahead else "")
        if report.learning.drawn < report.learning.labeled:
            yield f"  looked at: {report.learning.drawn:,} of {report.learning.labeled:,} labeled images, drawn"
    if report.quality:
        yield f"Quality, learned from {report.quality.labels:,} labels"
        yield from _line(report.quality.distribution)


def _faces(report: Report) -> Iterator[str]:
    if report.faces:
        yield f"Faces: {report.faces.count:,}"
        yield from _line(report.faces.sizes)
        yield from _line(report.faces.scores)
        yaws = [sum(column) for column in zip(*report.faces.heat, strict=True)]
        cells = [f"{low:+.0f}..{high:+.0f}°: {count:,}" for low, high, count in
                 zip(report.faces.yaw_edges, report.faces.yaw_edges[1:], yaws, strict=False) if count]  # fmt: skip
        yield "  yaw " + ", ".join(cells)


def _bias(report: Report) -> Iterator[str]:
    if report.bias is None:
        return
    yield "Does it lean: images, good of labeled" + "".join(f", {name}" for name in report.bias.selections)
    for one in report.bias.leanings:
        yield f"  {one.title}"
        for row in one.classes:
            kept = "".join(f"  {_share(count, row.images):>5}" for count in row.kept)
            yield f"    {row.name:<17} {row.images:>8,}  {_share(row.good, row.labeled):>5} of {row.labeled:<5,}{kept}"
        yield from (f"    Warning: {warning}" for warning in one.warnings)


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "-"


def _measures(report: Report) -> Iterator[str]:
    if report.measures:
        yield "Measures: quartiles, and how well each one alone tells good from bad (.5: not at all)"
    for one in report.measures:
        yield from _line(one)


def _line(one: Distribution) -> Iterator[str]:
    quartiles = " / ".join(number(value) for value in one.quartiles)
    told = "" if one.auc is None else f"  {one.auc:.2f}"
    yield f"  {one.name:<22} {spark(one.histogram)} {quartiles}{told}"


def spark(data: Histogram) -> str:
    """A histogram in one line of blocks."""
    sums = [sum(column) for column in zip(*data.counts, strict=True)]
    step = -(-len(sums) // BAR)
    bars = [sum(sums[start : start + step]) for start in range(0, len(sums), step)]
    top = max(bars) or 1
    return "".join(BLOCKS[-(-bar * 8 // top)] for bar in bars)


def _duplicates(report: Report) -> Iterator[str]:
    for kind in report.duplicates:
        if kind.kind == "people":
            yield f"{kind.title}: {kind.groups:,} people with {kind.groups + kind.spare:,} images"
            continue
        yield f"Duplicates, {kind.title.lower()}: {kind.groups:,} groups, {kind.spare:,} to spare"
        if kind.note:
            yield f"  {kind.note}"


def _selections(report: Report) -> Iterator[str]:
    beside = report.comparison
    if beside is not None:
        yield "Selections beside each other: kept, good of labeled, shared with " + ", ".join(beside.names)
        for name, kept, good, labeled, shared in zip(
            beside.names, beside.kept, beside.good, beside.labeled, beside.shared, strict=True
        ):
            both = "  ".join(f"{_share(count, kept):>5}" for count in shared)
            yield f"  {name:<17} {kept:>8,}  {_share(good, labeled):>5} of {labeled:<5,}  {both}"
    for one in report.selections:
        yield from _selection(one)


def _selection(one: SelectionFacts) -> Iterator[str]:
    yield f"Selection {one.name} version {one.version}: {one.kept:,} of {one.kept + one.left_out:,} kept"
    yield from (f"  {-rule.removed:>8,}  {rule.title}" for rule in one.rules)
    if one.change:
        yield (
            f"  since version {one.change.before}: {one.change.added.count:,} came in, "
            f"{one.change.dropped.count:,} went out"
        )


def _sets(report: Report) -> Iterator[str]:
    for one in report.sets:
        behind = f" from {one.selection}" if one.selection else ""
        yield f"Set {one.name}: {one.count:,} faces of {one.size} px, {one.held_out:,} held out{behind}"
        yield from (f"  {-count:>8,}  {reason}" for reason, count in one.left_out.items())


def _runs(report: Report) -> Iterator[str]:
    for run in report.runs:
        yield from _run(run)


def _run(run: RunFacts) -> Iterator[str]:
    state = "" if run.finished else ", not finished"
    yield f"Run {run.name} ({run.stage}): {run.images:,} images in {clock(run.seconds)}{state}"
    behind = [f"set {run.set_name}" if run.set_name else "", f"selection {run.selection}" if run.selection else ""]
    behind.append("" if run.labels is None else f"{run.labels:,} labels")
    if any(behind):
        yield "  behind it: " + ", ".join(filter(None, behind))
    if run.verdict[0]:
        yield "  health: " + "; ".join(filter(None, [f"{run.verdict[0]}", *run.verdict[1:]]))
    yield from (f"  {curve.name} {number(curve.points[0][1])} -> {number(curve.last)}" for curve in run.scores)
    yield from (f"  {curve.name} {number(curve.points[0][1])} -> {number(curve.last)}" for curve in run.losses)
