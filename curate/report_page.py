"""The report as one HTML page that needs no network: rendered once to learn which pictures it wants, once with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from curate import report_plots
from curate.progress import clock
from curate.report_facts import Distribution, Example, FaceFacts, Histogram, Report
from curate.report_pictures import Kind, Sheets, Tile, Wanted, make_sheets, picture_uri
from curate.report_plots import Line, big, number

SECTIONS: tuple[tuple[str, str, Callable[[Report], Any]], ...] = (
    ("pile", "The pile", lambda report: report.mosaic),
    (
        "troubles",
        "What is wrong with it",
        lambda report: report.bad or report.no_face.count or report.several_faces.count,
    ),
    ("labels", "Labels", lambda report: report.labels),
    ("quality", "Quality", lambda report: report.quality or report.learning),
    ("faces", "Faces", lambda report: report.faces),
    ("bias", "Does it lean?", lambda report: report.bias),
    ("measures", "Measures", lambda report: report.measures),
    ("duplicates", "Duplicates", lambda report: report.duplicates),
    ("selections", "Selections", lambda report: report.selections),
    ("sets", "Sets", lambda report: report.sets),
    ("runs", "Runs", lambda report: report.runs),
)
MAIN_MEASURES = 12
NO_SHEETS = Sheets((), {})
SPOKEN = {"healthy": "good", "too early": "none"}  # the colour of a verdict; all others are bad


def page(report: Report, cache: Path) -> str:
    """The whole page; thumbnails are taken from the cache or made for it."""
    wanted: dict[Wanted, None] = {}
    files: dict[tuple[str, int], Markup] = {}
    _render(report, NO_SHEETS, wanted, files, read=False)
    sheets = make_sheets(wanted, report.images, cache)
    return _render(report, sheets, {}, files, read=True)


def _render(
    report: Report, sheets: Sheets, wanted: dict[Wanted, None], files: dict[tuple[str, int], Markup], read: bool
) -> str:
    environment = new_environment()
    environment.globals.update(
        plots=report_plots,
        line=Line,
        marks=partial(_marks, report),
        hours=_hours,
        hours_unit=lambda data: _time_unit(data)[1],
        tile=partial(_tile, report, sheets, wanted),
        file_picture=partial(_file_picture, files) if read else lambda *_: "",
    )
    return environment.get_template("page.html").render(
        report=report,
        name=Path(report.workspace).name or "workspace",
        sections=[(key, title) for key, title, there in SECTIONS if there(report)],
        heads=_heads(report),
        facts=_facts(report),
        across=next(columns for columns in (16, 12, 8, 6, 1) if not len(report.mosaic) % columns),
        telling=_telling(report),
        most_labels=max((one.good + one.bad + one.skip for one in report.labels.people), default=1)
        if report.labels
        else 1,
        **_measure_places(report.measures),
        **(_pose_table(report.faces) if report.faces else {}),
        css=asset(environment, "style.css"),
        js=asset(environment, "page.js"),
        sheet_css=_sheet_css(sheets),
    )


def new_environment() -> jinja2.Environment:
    """Templates of the report and of a run's page, with the filters that both have."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("curate", "templates/report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters.update(
        big=big, number=number, clock=clock, bytes=size_words, word=_word, verdict_colour=verdict_colour
    )
    return environment


def asset(environment: jinja2.Environment, name: str) -> str:
    """A style sheet or script that lies among the templates, as it is."""
    assert environment.loader is not None
    return environment.loader.get_source(environment, name)[0]


def verdict_colour(verdict: str) -> str:
    """The colour class of a verdict on a run's health."""
    return SPOKEN.get(verdict, "bad")


def _word(name: str) -> str:
    return name.replace("_", " ").replace(".", " ")


def _sheet_css(sheets: Sheets) -> str:
    return "\n".join(
        f'.s{place}{{background-image:url("{uri}");background-size:{columns * 100}% {rows * 100}%}}'
        for place, (uri, columns, rows) in enumerate(sheets.sheets)
    )


def _tile(report: Report, sheets: Sheets, wanted: dict[Wanted, None], example: Example, kind: Kind) -> Markup:
    """A thumbnail with its note; touching it shows it larger."""
    wanted[example.image, kind] = None
    place = sheets.tiles.get((example.image, kind), Tile(0, 0, 0, "?"))
    source = report.images.get(example.image)
    name = Path(source.path).name if source and source.path else f"image {example.image}"
    note = Markup("<small>{}</small>").format(example.note) if example.note else ""
    if place.reason:
        picture = Markup('<span class="t gone" title="{}">{}</span>').format(name, place.reason)
    else:
        _, columns, rows = sheets.sheets[place.sheet]
        picture = Markup(
            '<button class="t s{}" data-i="{}" data-note="{}" aria-label="{}"'
            ' style="background-position:{}% {}%"></button>'
        ).format(
            place.sheet,
            example.image,
            example.note,
            f"{name} {example.note}".strip(),
            f"{place.column / max(columns - 1, 1) * 100:.4g}",
            f"{place.row / max(rows - 1, 1) * 100:.4g}",
        )
    verdict = (source.verdict if source else None) or ""
    return Markup('<div class="pictured {}">{}{}</div>').format(verdict, picture, note)


def _file_picture(files: dict[tuple[str, int], Markup], path: str, most: int, words: str) -> Markup:
    """A picture file of a set or run, embedded."""
    if (path, most) not in files:
        made = picture_uri(path, most)
        files[path, most] = (
            Markup('<span class="t gone">{}</span>').format(made)
            if isinstance(made, str)
            else Markup('<img src="{}" width="{}" height="{}" alt="{}">').format(*made, words)
        )
    return files[path, most]


def _heads(report: Report) -> list[tuple[str, str]]:
    counts = report.counts
    numbers = [
        (big(counts.images), "images"),
        (big(counts.files), "files"),
        (big(counts.bad_files + counts.missing_files), "bad or gone"),
        (big(counts.faces), "with a face"),
        (big(counts.labeled), "labeled"),
        (big(counts.people), "person labeled" if counts.people == 1 else "people labeled"),
        (big(counts.selections), "selection" if counts.selections == 1 else "selections"),
        (big(counts.sets), "set" if counts.sets == 1 else "sets"),
        (big(counts.runs), "run" if counts.runs == 1 else "runs"),
    ]
    there = [(value, word) for value, word in numbers if value != "0"]
    return [*there, (size_words(counts.bytes), "of pictures")]


def size_words(count: int) -> str:
    """Bytes for people: 840 KB, 1.2 GB."""
    for factor, unit in ((1e9, "GB"), (1e6, "MB"), (1e3, "KB")):
        if count >= factor:
            return f"{count / factor:.3g} {unit}"
    return f"{count} B"


def _facts(report: Report) -> dict[int, list[str]]:
    """What the page says of an image that is touched: its path and its size."""
    return {
        image: [source.path or "no file", f"{source.width} × {source.height}"]
        for image, source in report.images.items()
    }


def _telling(report: Report) -> list[tuple[str, float]]:
    """The measures that alone tell good from bad best, with the chance to be right about a pair of images."""
    every = [*report.measures, *([report.faces.sizes, report.faces.scores] if report.faces else [])]
    found = [(one.title, max(one.auc, 1 - one.auc)) for one in every if one.auc is not None]
    return sorted(found, key=lambda one: -one[1])[:10]


def _measure_places(measures: Sequence[Distribution]) -> dict[str, list[Distribution]]:
    """The measures that are shown at once, defects and those that tell good from bad, and the others."""
    telling = sorted(measures, key=lambda one: (not one.defect, -abs((one.auc or 0.5) - 0.5)))
    return {"main_measures": telling[:MAIN_MEASURES], "more_measures": telling[MAIN_MEASURES:]}


def _marks(report: Report, one: Distribution) -> list[tuple[float, str]]:
    """Where the selections' rules cut a measure."""
    return [
        (float(chosen.rule[name]), f"{chosen.name}: {name.replace('_', ' ')} {number(float(chosen.rule[name]))}")
        for chosen in report.selections
        for name in (f"min_{one.name}", f"max_{one.name}")
        if isinstance(chosen.rule.get(name), int | float)
    ]


def _time_unit(data: Histogram) -> tuple[float, str]:
    for seconds, unit in ((86_400.0, "days"), (3600.0, "hours"), (60.0, "minutes")):
        if data.high >= 2 * seconds:
            return seconds, unit
    return 1.0, "s"


def _hours(data: Histogram) -> Histogram:
    """Seconds as days, hours or minutes, whichever suits."""
    seconds, _ = _time_unit(data)
    return replace(data, low=data.low / seconds, high=data.high / seconds)


def _pose_table(faces: FaceFacts) -> dict[str, Any]:
    """The part of the pose table that has faces: its edges, counts, and cells as rows from the top."""
    there = [pose for pose in faces.poses if pose.count]
    left, right = min(pose.yaw for pose in there), max(pose.yaw for pose in there)
    low, high = min(pose.pitch for pose in there), max(pose.pitch for pose in there)
    across = [place for place, yaw in enumerate(faces.yaw_edges[:-1]) if left <= yaw <= right]
    up = [place for place, pitch in enumerate(faces.pitch_edges[:-1]) if low <= pitch <= high]
    columns = len(faces.yaw_edges) - 1
    return {
        "pose_yaws": faces.yaw_edges[across[0] : across[-1] + 2],
        "pose_pitches": faces.pitch_edges[up[0] : up[-1] + 2],
        "pose_heat": [[faces.heat[row][column] for column in across] for row in up],
        "pose_rows": [[faces.poses[row * columns + column] for column in across] for row in reversed(up)],
    }
