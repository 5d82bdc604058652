"""Small SVG plots as strings: they stretch with the page, while the words beside them keep their size.

Colours are the page's classes (`good`, `bad`, `skip`, `none`, `accent`), so that light, dark and print are one drawing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from curate.report_facts import Histogram

WIDTH, HEIGHT = 320.0, 100.0  # drawing units; the page stretches them


class Line(NamedTuple):
    """A polyline: its points as (x, y), and its colour class."""

    points: Sequence[tuple[float, float]]
    colour: str = "accent"


def number(value: float, significant: int = 3) -> str:
    """A number for people: a few significant digits, no exponent where it can be avoided."""
    if not math.isfinite(value):
        return "?"
    if value == 0:
        return "0"
    if abs(value) >= 1_000:
        return f"{value:,.0f}"
    digits = max(0, significant - 1 - math.floor(math.log10(abs(value))))
    if digits > 6:
        return f"{value:.1e}"
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def big(value: float) -> str:
    """A count for people: 950, 12,400, 1.2 M."""
    return f"{value / 1e6:.3g} M" if abs(value) >= 1e6 else f"{value:,.0f}"


def histogram(data: Histogram, title: str, unit: str = "", marks: Sequence[tuple[float, str]] = ()) -> str:
    """Bars, a colour a class; `marks` are values to draw a line at, with a word each.

    Classes are stacked. Only the few labeled images among many would not be seen so: where there are unlabeled ones
    (`none`), the bars are all images, and good and bad are curves of their own, each as high as the plot.
    """
    bins = len(data.counts[0])
    sums = [sum(row[place] for row in data.counts) for place in range(bins)]
    highest = max(sums) or 1
    step = WIDTH / bins
    apart = "none" in data.classes and "good" in data.classes
    rows = [("none", sums)] if apart else list(zip(data.classes, data.counts, strict=True))
    shapes = []
    for place in range(bins):
        base = HEIGHT
        for colour, row in rows:
            height = row[place] / highest * (HEIGHT - 4)
            if row[place]:
                height = max(height, 0.8)  # one image among thousands can be seen too
                base -= height
                shapes.append(_rect(place * step, base, step * 0.94, height, colour))
    if apart:
        shapes += [
            _outline(row, step, colour)
            for colour, row in zip(data.classes, data.counts, strict=True)
            if colour != "none"
        ]
    described = f"{sum(sums):,} values from {number(data.low)} to {number(data.high)} {unit}".strip()
    span = (data.high - data.low) or 1
    words = []
    for value, word in marks:
        x = min(max((value - data.low) / span, 0), 1)
        shapes.append(f'<path class="mark" d="M{x * WIDTH:.1f} 0V{HEIGHT:g}"><title>{escape(word)}</title></path>')
        words.append(word)
    middle = (data.low + data.high) / 2
    axis = [number(data.low), number(middle), f"{number(data.high)} {unit}".strip()]
    return _figure("".join(shapes), title, described, axis, top=big(highest), note=" · ".join(words))


def _outline(counts: Sequence[int], step: float, colour: str) -> str:
    """The shape of a class as a curve, smoothed over three bars twice, since labels are few."""
    smooth = [float(count) for count in counts]
    for _ in range(2):
        padded = [smooth[0], *smooth, smooth[-1]]
        smooth = [(a + 2 * b + c) / 4 for a, b, c in zip(padded, padded[1:], padded[2:], strict=False)]
    top = max(smooth)
    if not top:
        return ""
    points = " ".join(
        f"{(place + 0.5) * step:.1f},{HEIGHT - value / top * (HEIGHT - 4):.1f}" for place, value in enumerate(smooth)
    )
    return f'<polyline class="line {colour}" points="{points}"/>'


def lines(
    curves: Sequence[Line], title: str, x_unit: str = "", levels: Sequence[tuple[str, float]] = (), dots: bool = False
) -> str:
    """Curves over one x axis; `levels` are values with a word each to compare them with, `dots` marks the points."""
    points = [point for curve in curves for point in curve.points if math.isfinite(point[1])]
    if not points:
        return ""
    left, right = min(x for x, _ in points), max(x for x, _ in points)
    values = [y for _, y in points] + [value for _, value in levels]
    low, high = min(values), max(values)
    wide, tall = (right - left) or 1.0, (high - low) or 1.0

    def height(y: float) -> float:
        return HEIGHT - 3 - (y - low) / tall * (HEIGHT - 6)

    shapes = [
        f'<path class="mark" d="M0 {height(value):.1f}H{WIDTH:g}"><title>{escape(word)}</title></path>'
        for word, value in levels
    ]
    for curve in curves:
        steps = [((x - left) / wide * WIDTH, height(y)) for x, y in curve.points if math.isfinite(y)]
        shapes.append(
            f'<polyline class="line {curve.colour}" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in steps)}"/>'
        )
        if dots:  # a line of no length with round ends: a circle would be stretched
            shapes += [f'<path class="line dotted {curve.colour}" d="M{x:.1f} {y:.1f}h.01"/>' for x, y in steps]
    described = f"from {number(points[0][1])} to {number(points[-1][1])}, between {number(low)} and {number(high)}"
    axis = [big(left), f"{big(right)} {x_unit}".strip()]
    words = " · ".join(f"{word} {number(value)}" for word, value in levels)
    span = "" if words else f"{number(low)} – {number(high)}"
    return _figure("".join(shapes), title, described, axis, top=span, note=words)


def stacked_bar(parts: Sequence[tuple[str, float]], whole: float, title: str) -> str:
    """One flat bar of coloured parts; `whole` is the length of the full width."""
    shapes, x = [], 0.0
    for colour, value in parts:
        width = value / whole * WIDTH if whole else 0.0
        shapes.append(_rect(x, 0, width, 10, colour))
        x += width
    words = ", ".join(f"{colour} {value:,.0f}" for colour, value in parts)
    return (
        f'<svg class="bar" viewBox="0 0 {WIDTH:g} 10" preserveAspectRatio="none" role="img">'
        f"<title>{escape(title)}</title><desc>{escape(words)}</desc>{''.join(shapes)}</svg>"
    )


def heat(counts: Sequence[Sequence[int]], x_edges: Sequence[float], y_edges: Sequence[float], title: str) -> str:
    """Counts of two numbers as shades: the first row (lowest y) at the bottom, square cells, a number in each."""
    rows, columns = len(counts), len(counts[0])
    highest = max(map(max, counts)) or 1
    cell, margin = 30, 26
    shapes = []
    for row in range(rows):
        y = (rows - 1 - row) * cell
        for column in range(columns):
            value = counts[row][column]
            x = margin + column * cell
            shade = 0.08 + 0.92 * math.sqrt(value / highest) if value else 0.0
            words = f"{value:,}: {x_edges[column]:g}..{x_edges[column + 1]:g}°, {y_edges[row]:g}..{y_edges[row + 1]:g}°"
            shapes.append(
                f'<rect class="cell" x="{x}" y="{y}" width="{cell - 1}" height="{cell - 1}" rx="3" '
                f'style="--shade:{shade:.2f}"><title>{words}</title></rect>'
            )
            if value:
                light = " over" if shade > 0.6 else ""
                shapes.append(f'<text class="count{light}" x="{x + cell / 2}" y="{y + 18}">{_short(value)}</text>')
        shapes.append(f'<text class="tick left" x="{margin - 4}" y="{y + cell + 3}">{y_edges[row]:g}</text>')
    shapes.append(f'<text class="tick left" x="{margin - 4}" y="8">{y_edges[-1]:g}</text>')
    for column, edge in enumerate(x_edges):
        shapes.append(f'<text class="tick" x="{margin + column * cell}" y="{rows * cell + 12}">{edge:g}</text>')
    size = f"-4 -4 {margin + columns * cell + 14} {rows * cell + 22}"
    total = sum(map(sum, counts))
    return (
        f'<svg class="heat" viewBox="{size}" style="max-width:{columns * 62 + 60}px" role="img">'
        f"<title>{escape(title)}</title>"
        f"<desc>{total:,} faces by degrees</desc>{''.join(shapes)}</svg>"
    )


def _short(value: int) -> str:
    return f"{value / 1000:.0f}k" if value >= 10_000 else str(value)


def _rect(x: float, y: float, width: float, height: float, colour: str) -> str:
    return f'<rect class="{colour}" x="{x:.2f}" y="{y:.2f}" width="{width:.2f}" height="{height:.2f}"/>'


def _figure(shapes: str, title: str, described: str, axis: Sequence[str], top: str, note: str = "") -> str:
    ticks = "".join(f"<span>{escape(tick)}</span>" for tick in axis)
    marked = f'<span class="note">{escape(note)}</span>' if note else ""
    return (
        f'<div class="plot">{marked}<span class="top">{escape(top)}</span>'
        f'<svg viewBox="0 0 {WIDTH:g} {HEIGHT:g}" preserveAspectRatio="none" role="img">'
        f"<title>{escape(title)}</title><desc>{escape(described)}</desc>{shapes}</svg>"
        f'<div class="axis" aria-hidden="true">{ticks}</div></div>'
    )
