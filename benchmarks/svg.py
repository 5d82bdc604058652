"""A page of SVG: boxes, lines, pictures and words, on white paper, so that it reads on dark pages too."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

INK, QUIET, PAPER = "#24292f", "#57606a", "#ffffff"


class Page:
    """A drawing that grows by calls; all places in pixels from the upper left corner."""

    def __init__(self, width: int, height: int, title: str) -> None:
        self._parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
            f'role="img" font-family="system-ui, sans-serif"><title>{escape(title)}</title>',
            '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
            f'orient="auto"><path d="M0 0L8 4L0 8z" fill="{INK}"/></marker></defs>',
            f'<rect width="{width}" height="{height}" fill="{PAPER}"/>',
        ]

    def box(self, x: float, y: float, width: float, height: float, fill: str) -> None:
        """A filled rectangle."""
        self._parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="2" fill="{fill}"/>'
        )

    def frame(self, x: float, y: float, side: float, colour: str, width: float = 2.0) -> None:
        """The edge of a square."""
        self._parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{side:.1f}" height="{side:.1f}" fill="none" stroke="{colour}" '
            f'stroke-width="{width}"/>'
        )

    def picture(self, x: float, y: float, side: float, url: str, pixelated: bool = False) -> None:
        """A square picture, given as a data URL."""
        style = ' style="image-rendering:pixelated"' if pixelated else ""
        self._parts.append(f'<image x="{x:.1f}" y="{y:.1f}" width="{side}" height="{side}" href="{url}"{style}/>')

    def text(self, x: float, y: float, words: str, size: int = 12, anchor: str = "middle", colour: str = INK) -> None:
        """A line of words."""
        self._parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{colour}">'
            f"{escape(words)}</text>"
        )

    def line(self, x: float, y: float, to_x: float, to_y: float, colour: str = QUIET) -> None:
        """A thin line."""
        self._parts.append(
            f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{to_x:.1f}" y2="{to_y:.1f}" stroke="{colour}" stroke-width="1.2"/>'
        )

    def arrow(self, x: float, y: float, to_x: float, to_y: float, words: str = "") -> None:
        """An arrow, with words over its middle."""
        self._parts.append(
            f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{to_x:.1f}" y2="{to_y:.1f}" stroke="{INK}" stroke-width="1.4" '
            'marker-end="url(#tip)"/>'
        )
        if words:
            self.text((x + to_x) / 2, (y + to_y) / 2 - 8, words)

    def curve(self, points: Sequence[tuple[float, float]], colour: str) -> None:
        """A line through points."""
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self._parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>')

    def bytes(self) -> bytes:
        """The file."""
        return "\n".join([*self._parts, "</svg>", ""]).encode()
