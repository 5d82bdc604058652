"""The third stage: a finished portrait is enlarged eight times more, its guide redrawn from the same landmarks.

No picture of a person tells what is right at that resolution; the author of the method says that it learns smooth
edges. The same weights serve, or those of a run trained at that scale.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from curate.errors import UsageProblem
from curate.guides import lowres_input
from curate.workspace import Workspace
from infer.engine import TileEngine
from infer.landmarks import Placed
from infer.paint import Painter, PaintSettings, quantised
from infer.portrait import Geometry, Portrait, settings_from
from infer.prints import SUFFIXES, Format, Layout, write_print
from infer.recipe import AI_MADE, Recipe
from infer.stream import Source, Stream
from infer.tiles import SCALE, plan
from infer.torch_net import Loaded, network_path, open_critic, open_generator

Pixels = NDArray[np.uint8]

SHARE = (2, 3)  # of a portrait's side is what the third stage sees: 768 -> 512 -> 4096


class Third:
    """The network of the third stage with its settings, and the side of what it paints."""

    def __init__(
        self, upres: Loaded, settings: PaintSettings, side: int, critic: Loaded | None = None, batch: int = 8
    ) -> None:
        self.geometry = Geometry.of(upres.card, side)
        self.side = SCALE * self.geometry.stacked
        self.digests = {"run": upres.digest, "critic": critic.digest if critic else None}
        judge = TileEngine(critic.net, batch) if critic is not None else None
        self.painter = Painter(TileEngine(upres.net, batch), settings, judge)

    @property
    def tiles(self) -> int:
        """How often the network runs for a picture: once a tile, or once a candidate and once for what is kept."""
        settings, changes = self.painter.settings, len(self.painter.changes)
        where = plan(self.geometry.stacked, self.geometry.stacked, settings.tile, settings.overlap)
        return 1 if settings.whole else len(where) * (changes + (changes > 1))

    def request(self) -> dict[str, Any]:
        """All that decides how a print looks, beside the portrait, for its recipe."""
        return {**self.digests, "size": self.side, "paint": self.painter.settings.as_request()}

    def stack(self, portrait: Pixels, placed: Placed) -> NDArray[np.float32]:
        """What the network sees, (3 + C, S, S): the portrait made smaller, and its guide drawn at its size."""
        extent, style = portrait.shape[0], self.geometry.guide
        guide = style.blank(extent) if placed.source == "none" else style.draw(placed.points, extent)
        return lowres_input(portrait, guide, self.geometry.stacked)

    def stream(self, portrait: Pixels, placed: Placed, name: str = "") -> Stream:
        """The print of a square portrait, to be taken row by row."""
        before = f"{name}, third stage" if name else "third stage"
        return Stream(self.painter, Source.of_stack(self.stack(portrait, placed)), before)


@dataclass(frozen=True)
class Printer:
    """How portraits are written: as they are, or through the third stage; in which format, for which resolution."""

    third: Third | None = None
    kind: Format = "png"
    dpi: float | None = None

    @property
    def suffix(self) -> str:
        """What the names of files end in."""
        return SUFFIXES[self.kind]

    @property
    def resolution(self) -> tuple[float, float] | None:
        """Pixels per inch across and down, if given."""
        return (self.dpi, self.dpi) if self.dpi else None

    def request(self) -> dict[str, Any]:
        """What of it decides how a file looks; nothing for a plain PNG of two stages."""
        asked: dict[str, Any] = {} if self.third is None else {"third": self.third.request()}
        if self.kind != "png" or self.dpi:
            asked["file"] = {"format": self.kind, "dpi": self.dpi}
        return asked

    def write(self, path: Path, portrait: Portrait, request: dict[str, Any], source: str = AI_MADE) -> None:
        """Write a portrait or its print with the recipe: the whole file, or none."""
        found = portrait.result()
        side = portrait.picture.shape[0] if self.third is None else self.third.side
        bands: Iterator[Pixels] = iter([portrait.picture])
        if self.third is not None:
            stream = self.third.stream(portrait.picture, portrait.placed, portrait.name)
            bands = (np.asarray(quantised(band, np.dtype(np.uint8)), np.uint8) for band in stream.bands())

        def finish() -> Recipe:
            beside = {} if self.third is None else {"third": stream.result()}
            return Recipe(request, {**found, **beside}, source)

        write_print(path, bands, Layout(side, side, dpi=self.resolution), finish, self.kind, source)


def second_size(options: Any) -> int | None:
    """The side of the portrait that the second stage paints; with a third one, --size is the side of the print."""
    return options.size if getattr(options, "stages", 2) == 2 else None


def printer_for(workspace: Workspace, options: Any, upres: Loaded, critic: Loaded | None) -> Printer:
    """The printer that options ask for; `upres` and its critic serve the third stage too, unless --third-run is given.

    Raises UsageProblem where the size does not fit the run.
    """
    if options.stages == 2:
        return Printer(None, options.format, options.dpi)
    if options.third_run is not None:
        path = network_path(workspace, options.third_run)
        third_upres = open_generator(path, "upres", options.device)
        settings = tile_settings(options, third_upres)
        critic = open_critic(path, options.device) if settings.needs_critic else None
    else:
        third_upres, settings = upres, tile_settings(options, upres)
    numerator, denominator = SHARE
    stacked = Geometry.of(upres.card).stacked * SCALE * numerator // denominator
    side = options.size or SCALE * stacked
    if side < SCALE * settings.tile:
        raise UsageProblem(f"--size {side} is less than a tile of the third stage; the least is {8 * settings.tile}")
    return Printer(Third(third_upres, settings, side, critic, options.batch), options.format, options.dpi)


def tile_settings(options: Any, upres: Loaded) -> PaintSettings:
    """The settings for the tiles of a run; UsageProblem where options do not fit them."""
    try:
        return settings_from(options, Geometry.of(upres.card).tile)
    except ValueError as error:
        raise UsageProblem(str(error)) from error
