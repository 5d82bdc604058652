"""`generate images`: portraits by seed, each written when it is done; finished ones are not made again."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from curate.errors import UsageProblem, UserError
from curate.progress import Meter, clock, note
from curate.workspace import Workspace
from infer.config import GenerateImagesOptions
from infer.paint import PaintSettings
from infer.portrait import Geometry, Portrait, Small, Studio, draw_small
from infer.prints import SUFFIXES
from infer.recipe import Recipe, is_finished, read_recipe, swipegan, write_picture
from infer.sheet import candidate_sheet, contact_sheet, fitted, steps_sheet
from infer.third import Printer, printer_for, second_size, tile_settings
from infer.tiles import plan
from infer.torch_net import ONNX, Loaded, network_path, open_critic, open_generator

Pixels = NDArray[np.uint8]

MOST_DRAWS = 50
STALE = 3600.0  # seconds after which what a killed run left half-written is removed


@dataclass(frozen=True)
class GenerateSummary:
    """What `generate images` did. sources: where landmarks came from, and how many portraits so."""

    folder: Path
    made: int
    finished_before: int
    sheet: Path | None
    sources: dict[str, int]
    lowres_psnr: float
    seconds: float

    @classmethod
    def of(cls, portraits: Sequence[Path], made: int, sheet: Path | None, started: float) -> GenerateSummary:
        """Read from the recipes of all portraits of a command; `sheet` is in their folder."""
        results = [read_recipe(path).result for path in portraits]
        return cls(
            folder=portraits[0].parent,
            made=made,
            finished_before=len(portraits) - made,
            sheet=sheet,
            sources=dict(Counter(result["landmarks"] for result in results).most_common()),
            lowres_psnr=min(result["lowres_psnr"] for result in results),
            seconds=time.monotonic() - started,
        )

    def text(self) -> str:
        """For people."""
        before = f", {self.finished_before} were finished before" if self.finished_before else ""
        took = f" in {clock(self.seconds)}" if self.made else ""
        lines = [f"{self.made} portraits made{took}{before}: {self.folder}"]
        where = ", ".join(f"{source} {count}" for source, count in self.sources.items())
        lines.append(f"landmarks from: {where}; agreement with the small faces: at least {self.lowres_psnr:.1f} dB")
        return "\n".join(lines + ([f"all at a glance: {self.sheet}"] if self.sheet else []))


def run(workspace: Workspace, options: GenerateImagesOptions) -> GenerateSummary:
    """Make the portraits that are not there yet, then the sheet of all."""
    if options.like:
        from infer.like import run as make_again

        return make_again(workspace, options)
    started = time.monotonic()
    lowres = open_generator(network_path(workspace, options.lowres), "lowres", options.device)
    upres, settings, critic = open_upres(workspace, options)
    job = Images(
        options,
        settings,
        lowres,
        upres,
        critic,
        options.output or workspace.renders / network_path(workspace, options.upres).name.removesuffix(ONNX),
        printer_for(workspace, options, upres, critic),
    )
    made = job.make()
    sheet = job.write_sheet() if options.sheet else None
    return GenerateSummary.of([job.path(seed) for seed in job.seeds], made, sheet, started)


def open_upres(workspace: Workspace, options: Any) -> tuple[Loaded, PaintSettings, Loaded | None]:
    """The upres run that options name, the settings for its tiles, and its critic where those need one."""
    run = network_path(workspace, options.upres)
    upres = open_generator(run, "upres", options.device)
    settings = checked_settings(options, upres)
    return upres, settings, open_critic(run, options.device) if settings.needs_critic else None


def checked_settings(options: Any, upres: Loaded) -> PaintSettings:
    """The settings for a run's tiles; UsageProblem where options do not fit it."""
    shape = Geometry.of(upres.card, second_size(options))
    settings = tile_settings(options, upres)
    if shape.stacked < shape.tile:
        raise UsageProblem(f"--size {options.size} is less than a tile of this run; the least is {8 * shape.tile}")
    if not settings.whole and plan(shape.stacked, shape.stacked, settings.tile, settings.overlap).is_hard_cut:
        note(f"--overlap {settings.overlap}: tiles share no pixel, so their seams are cut hard and will show")
    return settings


def common_request(
    studio: Studio,
    networks: tuple[Loaded, Loaded, Loaded | None],
    truncation: float | None = None,
    require_face: bool = False,
) -> dict[str, Any]:
    """What decides how portraits of a studio look, beside the face; networks: lowres, upres and critic."""
    lowres, upres, critic = networks
    return {
        "kind": "portrait",
        "swipegan": swipegan(),
        "lowres": lowres.digest,
        "upres": upres.digest,
        "critic": critic.digest if critic else None,
        "size": 8 * studio.geometry.stacked,
        "truncation": truncation,
        "require_face": require_face,
        "paint": studio.painter.settings.as_request(),
    }


class Images:
    """The portraits of one command: which are missing, and making them."""

    def __init__(
        self,
        options: GenerateImagesOptions,
        settings: PaintSettings,
        lowres: Loaded,
        upres: Loaded,
        critic: Loaded | None,
        folder: Path,
        printer: Printer | None = None,
    ) -> None:
        self.options, self.settings, self.lowres, self.folder = options, settings, lowres, folder
        self.printer = printer or Printer()
        self.studio = Studio(upres, settings, size=second_size(options), critic=critic, batch=options.batch)
        self.seeds = range(options.seed, options.seed + options.count)
        self.common = common_request(self.studio, (lowres, upres, critic), options.truncation, options.require_face)

    def request(self, seed: int, kind: str = "portrait") -> dict[str, Any]:
        """All that decides how the picture of a seed looks."""
        printed = self.printer.request() if kind == "portrait" else {}
        return {**self.common, **printed, "kind": kind, "seed": seed}

    def path(self, seed: int, kind: str = "portrait") -> Path:
        """Where the picture of a seed lies."""
        return self.folder / (f"{seed:06d}{self.printer.suffix}" if kind == "portrait" else f"{seed:06d}-{kind}.png")

    @property
    def kinds(self) -> list[str]:
        """What is written for each seed, the portrait last: it says that the seed is finished."""
        beside = [("steps", self.options.steps), ("candidates", self.options.candidate_sheets)]
        return [kind for kind, wanted in beside if wanted] + ["portrait"]

    def is_finished(self, seed: int) -> bool:
        """Whether all pictures of a seed are there, whole and as asked for."""
        return all(is_finished(self.path(seed, kind), self.request(seed, kind)) for kind in self.kinds)

    def make(self) -> int:
        """Make what is missing; returns how many portraits that were."""
        remove_stale(self.folder)
        missing = [seed for seed in self.seeds if not self.is_finished(seed)]
        with self._meter(len(missing)) as meter:
            for portrait in self.studio.portraits(self._smalls(missing)):
                self._write(portrait)
                counted = self.printer.third is None
                meter.advance(int(counted), f"seed {portrait.name}, landmarks from {portrait.placed.source}")
        return len(missing)

    def _meter(self, count: int) -> Meter:
        """Counts portraits; prints, which take minutes each, by their tiles."""
        third = self.printer.third
        if third is None:
            return Meter("generate", count, "portraits")
        stacked, changes = self.studio.geometry.stacked, len(self.studio.painter.changes)
        tiles = len(plan(stacked, stacked, self.settings.tile, self.settings.overlap)) * changes + third.tiles
        meter = Meter("generate", count * tiles, "tiles")
        for painter in (self.studio.painter, third.painter):
            painter.engine.after_batch = meter.advance
        return meter

    def _smalls(self, seeds: list[int]) -> Iterator[Small]:
        for seed in seeds:
            for attempt in range(MOST_DRAWS):
                face = draw_small(self.lowres, seed, self.options.truncation, attempt)
                placed = self.studio.find(face)
                if placed.found or not self.options.require_face:
                    yield Small(str(seed), face, placed, attempt + 1)
                    break
            else:
                raise UserError(
                    f"seed {seed}: no face in {MOST_DRAWS} draws; leave out --require-face, or train the lowres run on"
                )

    def _write(self, portrait: Portrait) -> None:
        seed = int(portrait.name)
        for kind in self.kinds:
            path, request = self.path(seed, kind), self.request(seed, kind)
            if kind == "steps":
                write_picture(path, steps_sheet(portrait), Recipe(request, portrait.result()))
            elif kind == "candidates":
                sheet = candidate_sheet(portrait, self.settings.candidates)
                write_picture(path, sheet, Recipe(request, portrait.result()))
            else:
                self.printer.write(path, portrait, request)

    def write_sheet(self) -> Path:
        """All portraits of the command on one sheet; only thumbnails are held."""
        pictures = [(f"seed {seed}", self.path(seed)) for seed in self.seeds]
        return write_sheet(self.folder, pictures, {**self.common, "seeds": list(self.seeds)})


def write_sheet(folder: Path, pictures: Iterable[tuple[str, Path]], request: dict[str, Any], cell: int = 256) -> Path:
    """Write captioned pictures onto `sheet.png` of a folder, each `cell` pixels wide."""
    thumbnails = [(caption, thumbnail(path, cell)) for caption, path in pictures]
    recipe = Recipe({"swipegan": swipegan(), **request, "kind": "sheet"})
    write_picture(folder / "sheet.png", contact_sheet(thumbnails, cell), recipe)
    return folder / "sheet.png"


def thumbnail(path: Path, side: int) -> Pixels:
    """A square picture at `side` pixels; grey where it is too large to be read whole."""
    from curate.pixels import BadImage, read_image

    try:
        return fitted(read_image(path), side)
    except BadImage as error:
        if error.kind != "too many pixels":
            raise
        return np.full((side, side, 3), 200, np.uint8)


def remove_stale(folder: Path) -> None:
    """Remove what a killed run left half-written, long ago enough that nobody writes it now."""
    for path in folder.glob(".*.tmp"):
        if not path.name.removesuffix(".tmp").rpartition(".")[0].endswith(tuple(SUFFIXES.values())):
            continue
        if time.time() - path.stat().st_mtime > STALE:
            path.unlink(missing_ok=True)
