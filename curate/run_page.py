"""A run as one page in its folder, written anew at each checkpoint: verdicts, samples over time, curves.

It needs no network and no server: opened as a file, it loads itself again while the run goes on.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from markupsafe import Markup

from curate import report_plots
from curate.files import write_atomically
from curate.progress import clock
from curate.report_facts import RunFacts
from curate.report_page import asset, new_environment
from curate.report_pictures import picture_uri
from curate.report_plots import Line, big, number
from curate.report_runs import finite, flat, read_lines, run, thin

NAME = "report.html"
MOST_SAMPLES = 12
WIDEST = 1200  # pixels of a sample grid
COLOURS = ("accent", "bad", "good", "skip")


class Group(NamedTuple):
    """Curves that are drawn together; `names` are those of stats.jsonl, each with its word."""

    title: str
    names: tuple[tuple[str, str], ...]
    logarithmic: bool = False


GROUPS = (
    Group("Losses", (("critic", "discriminator"), ("adversarial", "generator"))),
    Group("Pixel loss", (("pixels", "pixels"),)),
    Group(
        "Told apart by the discriminator",
        (("real_right", "real"), ("fake_right", "painted"), ("health.held_out_right", "unseen people")),
    ),
    Group("Learned by heart", (("health.overfit", "0 fair, 1 by heart"),)),
    Group(
        "Gradient norms",
        (
            ("health.generator_gradient", "generator"),
            ("health.critic_gradient", "discriminator"),
            ("health.quietest_gradient", "quietest layer"),
        ),
        logarithmic=True,
    ),
    Group("Variety", (("health.diversity", "of painted faces, real ones 1"), ("health.nearest", "newness, people 1"))),
    Group("Guide", (("health.guide", "what another guide changes"),)),
    Group("Same in every tile", (("health.locked", "share of the texture"),)),
    Group("Size of the logits", (("health.logit", "mean"),)),
    Group("Speed", (("images_per_second", "images a second"),)),
)


class Plot(NamedTuple):
    """A drawn group: its title, the SVG, and (colour, word, last value) of each curve."""

    title: str
    svg: str
    legend: tuple[tuple[str, str, str], ...]


@dataclass
class RunPage:
    """The page of one run; pictures are encoded once, however often it is written."""

    folder: Path
    every: float = 60.0  # seconds after which a page that is open looks for a newer one

    def __post_init__(self) -> None:
        self._pictures: dict[Path, Markup] = {}
        self._environment = new_environment()

    def write(self, stopped: bool = False) -> Path:
        """Write report.html into the run's folder; `stopped`: nobody trains it any more, for now."""
        place = self.folder / NAME
        write_atomically(place, self.html(stopped).encode("utf-8", "replace"))
        return place

    def html(self, stopped: bool = False) -> str:
        """The page as a string."""
        lines = list(read_lines(self.folder / "stats.jsonl"))
        facts = run(self.folder, [], {}, lines)
        environment = self._environment
        return environment.get_template("run_page.html").render(
            run=facts,
            made=dt.datetime.now(dt.UTC),
            stopped=stopped,
            every=0 if facts.finished or stopped else max(20, round(self.every)),
            heads=_heads(facts),
            samples=[(images, self._picture(path, images)) for images, path in samples(self.folder)],
            real=self._picture(self.folder / "samples" / "real.png", 0),
            verdicts=verdicts(lines),
            plots=plots(lines),
            scores=[
                Plot(one.name, report_plots.lines([Line(one.points, "good")], one.name, "", one.levels), ())
                for one in facts.scores
            ],
            css=asset(environment, "style.css"),
        )

    def _picture(self, path: Path, images: int) -> Markup | None:
        if path not in self._pictures and path.is_file():
            made = picture_uri(str(path), WIDEST, 78)
            if not isinstance(made, str):
                words = f"samples after {images} images" if images else "real faces"
                self._pictures[path] = Markup('<img src="{}" width="{}" height="{}" alt="{}">').format(*made, words)
        return self._pictures.get(path)


def samples(folder: Path) -> list[tuple[int, Path]]:
    """Sample grids spread over the run, always the last one; as the run grows, mostly the same ones."""
    files = sorted((folder / "samples").glob("[0-9]*.png"))
    step = 1
    while len(files) > step * (MOST_SAMPLES - 1):
        step *= 2
    chosen = files[::step] + ([files[-1]] if files and (len(files) - 1) % step else [])
    return [(int(path.stem), path) for path in chosen if path.stem.isdigit()]


def verdicts(lines: Sequence[dict[str, Any]]) -> list[tuple[str, int, int, str]]:
    """Stretches of one verdict: what, from and to how many images, and why, the first time."""
    found: list[tuple[str, int, int, str]] = []
    at = 0
    for line in lines:
        if not line.get("verdict"):
            continue
        now = int(finite(line.get("images")) or 0)
        if found and found[-1][0] == line["verdict"]:
            found[-1] = (*found[-1][:2], now, found[-1][3])
        else:
            found.append((str(line["verdict"]), at, now, str(line.get("why", ""))))
        at = now
    return found


def plots(lines: Iterable[dict[str, Any]]) -> list[Plot]:
    """The groups that have something to show."""
    points: dict[str, list[tuple[float, float]]] = {}
    for line in lines:
        if (shown := finite(line.get("images"))) is not None:
            for name, value in flat(line, health=True):
                points.setdefault(name, []).append((shown, value))
    return [plot for group in GROUPS if (plot := _plot(group, points)) is not None]


def _plot(group: Group, points: dict[str, list[tuple[float, float]]]) -> Plot | None:
    curves, legend = [], []
    for (name, word), colour in zip(group.names, COLOURS, strict=False):
        if len(points.get(name, [])) < 2:
            continue
        line = thin(points[name])
        shown = [(x, math.log10(max(y, 1e-12))) for x, y in line] if group.logarithmic else line
        curves.append(Line(shown, colour))
        legend.append((colour, word, number(points[name][-1][1])))
    if not curves:
        return None
    title = group.title + (", powers of ten" if group.logarithmic else "")
    return Plot(title, report_plots.lines(curves, title, "images"), tuple(legend))


def _heads(facts: RunFacts) -> list[tuple[str, str]]:
    numbers = [
        (big(facts.images), "images shown"),
        (clock(facts.seconds), "of training"),
        (number(facts.images_per_second), "images a second"),
        *((big(count), f"parameters, {name}") for name, count in facts.parameters.items()),
        (facts.set_name, "set"),
    ]
    return [(value, word) for value, word in numbers if value]
