"""`swipegan filter --preview`: one picture of what is just out and just in for every rule."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from curate import store_preview as store
from curate import store_report
from curate.errors import UsageProblem
from curate.files import write_atomically
from curate.measure_words import words
from curate.pixels import draw_text, encode_jpeg, encode_png, encode_webp
from curate.report_facts import Source
from curate.report_pictures import SIDE, thumbnail
from curate.report_plots import number
from curate.rules import Rule
from curate.store_preview import Shown

Pixels = NDArray[np.uint8]
Colour = tuple[int, int, int]

EACH = 6  # pictures on either side of a border
GAP, MARGIN, MIDDLE = 8, 28, 48  # pixels between pictures, round all, and at the border
HEAD, TITLE, CAPTION = 96, 58, 46  # pixels of height
LETTERS = 22  # of a caption's line
PAPER: Colour = (250, 250, 248)
INK: Colour = (34, 34, 34)
QUIET: Colour = (120, 120, 116)
OUT: Colour = (196, 70, 48)
IN: Colour = (38, 122, 88)
ENCODERS: dict[str, Callable[[Pixels], bytes]] = {
    ".png": encode_png,
    ".jpg": encode_jpeg,
    ".jpeg": encode_jpeg,
    ".webp": encode_webp,
}


class Border(NamedTuple):
    """A rule, how many images it leaves out, and some on either side, the nearest first."""

    rule: Rule
    removed: int
    out: Sequence[Shown]
    kept: Sequence[Shown]


@dataclass(frozen=True)
class PreviewSummary:
    """A sheet that was drawn."""

    file: Path
    images: int
    kept: int
    rules: dict[str, int]  # rule -> images that it leaves out

    def text(self) -> str:
        """What the rules would do, and where the sheet is."""
        lines = [f"  {removed:>10,}  {rule}" for rule, removed in self.rules.items()]
        head = f"{self.kept:,} of {self.images:,} images would be kept; nothing was saved. Left out:"
        return "\n".join([head, *lines, f"What is just out and just in: {self.file}"])


def check_file(file: Path) -> None:
    """Raise UsageProblem for a file name that no picture format belongs to."""
    if file.suffix.lower() not in ENCODERS:
        raise UsageProblem(f"--preview {file}: give a file name that ends in {', '.join(ENCODERS)}")


def draw(
    session: Session, rules: Sequence[Rule], counts: dict[str | None, int], file: Path, cache: Path
) -> PreviewSummary:
    """Write the sheet of an outcome into a file that `check_file` takes.

    counts: images by the rule that left them out, None: kept.
    """
    borders = [
        Border(rule, counts.get(rule.name, 0), store.just_out(session, rule, EACH), store.just_in(session, rule, EACH))
        for rule in rules
    ]
    shown = {each.image for border in borders for each in (*border.out, *border.kept)}
    sources = store_report.sources(session, shown)
    pictures = {image: thumbnail(sources.get(image), "face", cache) for image in sorted(shown)}
    kept, images = counts.get(None, 0), sum(counts.values())
    page = sheet(borders, sources, pictures, f"{kept:,} of {images:,} images kept")
    write_atomically(file, ENCODERS[file.suffix.lower()](page))
    return PreviewSummary(file, images, kept, {border.rule.text(): border.removed for border in borders})


def sheet(
    borders: Sequence[Border], sources: dict[int, Source], pictures: dict[int, Pixels | str], headline: str
) -> Pixels:
    """The sheet, (height, width, 3): a band a rule, what is out to the left of its border, what is in to the right."""
    half = EACH * (SIDE + GAP) - GAP
    width, band = 2 * (MARGIN + half) + MIDDLE, TITLE + SIDE + CAPTION
    page = np.full((HEAD + max(len(borders), 1) * band + MARGIN // 2, width, 3), PAPER, np.uint8)
    middle = width // 2
    draw_text(page, headline, (MARGIN, 24), 30, INK)
    draw_text(page, "just out", (middle - MIDDLE // 2, 62), 20, OUT, "right")
    draw_text(page, "just in", (middle + MIDDLE // 2, 62), 20, IN)
    for place, border in enumerate(borders):
        top = HEAD + place * band
        page[top : top + 1, MARGIN:-MARGIN] = (224, 224, 220)
        draw_text(page, _title(border.rule), (MARGIN, top + 14), 20, INK)
        draw_text(page, f"leaves out {border.removed:,}", (width - MARGIN, top + 16), 16, QUIET, "right")
        page[top + TITLE - 6 : top + TITLE + SIDE + 6, middle - 1 : middle + 1] = (150, 150, 146)
        for step, each in enumerate(border.out):
            left = middle - MIDDLE // 2 - SIDE - step * (SIDE + GAP)
            _picture(page, each, border.rule, sources, pictures, (left, top + TITLE), OUT)
        for step, each in enumerate(border.kept):
            left = middle + MIDDLE // 2 + step * (SIDE + GAP)
            _picture(page, each, border.rule, sources, pictures, (left, top + TITLE), IN)
    return page


def _title(rule: Rule) -> str:
    if rule.limits is None:
        return rule.text().replace("_", " ")
    lower, name = rule.limits
    said = words(name)
    unit = {"": "", "0..1": "", "°": "°"}.get(said.unit, f" {said.unit}")
    return f"{said.title}: {'at least' if lower else 'at most'} {rule.value:g}{unit}   ({rule.name})"


def _picture(
    page: Pixels,
    each: Shown,
    rule: Rule,
    sources: dict[int, Source],
    pictures: dict[int, Pixels | str],
    place: tuple[int, int],
    colour: Colour,
) -> None:
    left, top = place
    found = pictures[each.image]
    cell = page[top : top + SIDE, left : left + SIDE]
    cell[:] = (232, 232, 228)
    if isinstance(found, str):
        for line, text in enumerate(textwrap.wrap(found, 18)[:4]):
            draw_text(page, text, (left + 8, top + 8 + 16 * line), 12, QUIET)
    else:
        cell[:] = found
    page[top + SIDE : top + SIDE + 3, left : left + SIDE] = colour
    for line, (text, size, ink) in enumerate(_caption(each, rule, sources.get(each.image))):
        draw_text(page, text, (left, top + SIDE + 7 + 17 * line), size, ink)


def _caption(each: Shown, rule: Rule, source: Source | None) -> list[tuple[str, int, Colour]]:
    """Two lines: the number and the file, or the reason; for a picture that is in without a number the file alone."""
    name = Path(source.path).name if source and source.path else f"image {each.image}"
    name = name if len(name) <= LETTERS else f"{name[: LETTERS - 9]}…{name[-8:]}"
    if each.value is not None:
        return [(number(each.value, 4), 15, INK), (name, 11, QUIET)]
    if each.reason is not None:
        return [
            (line, 11, INK)
            for line in textwrap.wrap(each.reason, LETTERS, max_lines=2, placeholder=" …", break_on_hyphens=False)
        ]
    return [(name, 11, QUIET)]
