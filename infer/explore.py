"""`generate explore`: small faces from seeds, near a face or between two, a sheet of them, and the ones one likes."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from curate.progress import Meter, clock
from curate.workspace import Workspace
from infer.config_walk import ExploreOptions
from infer.images import remove_stale, write_sheet
from infer.portrait import draw_face
from infer.recipe import Recipe, is_finished, swipegan, write_picture
from infer.spots import Spot, mix, near, of_seed, of_text
from infer.torch_net import ONNX, Loaded, network_path, open_generator

FAVOURITES = "favourites"


@dataclass(frozen=True)
class ExploreSummary:
    """What `generate explore` drew; favourites: those that were picked, None where nobody was asked."""

    folder: Path
    faces: int
    drawn: int
    sheet: Path
    lowres: str
    seconds: float
    favourites: tuple[Path, ...] | None = None

    def text(self) -> str:
        """For people."""
        lines = [f"{self.faces} faces, {self.drawn} drawn now in {clock(self.seconds)}: {self.folder}"]
        lines.append(f"all at a glance: {self.sheet}")
        if self.favourites is None:
            return "\n".join(lines)
        names = ", ".join(path.stem for path in self.favourites) or "none"
        lines.append(f"favourites: {names}")
        if self.favourites:
            folder = self.folder / FAVOURITES
            lines.append(f"paint them: swipegan generate images --lowres {self.lowres} --upres RUN --like {folder}")
            lines.append(
                f"go on from one: swipegan generate explore --lowres {self.lowres} --near {self.favourites[0]}"
            )
        return "\n".join(lines)


def run(workspace: Workspace, options: ExploreOptions) -> ExploreSummary:
    """Draw the faces that are not there yet, then the sheet of all; with --swipe, lay them out to be picked from."""
    started = time.monotonic()
    path = network_path(workspace, options.lowres)
    lowres = open_generator(path, "lowres", options.device)
    named = options.output or workspace.renders / f"explore-{path.name.removesuffix(ONNX)}"
    spots = list(spots_of(options, lowres.card["network"]["z"], lowres.digest))
    remove_stale(named)
    drawn = _draw(named, spots, lowres, options.truncation)
    files = [file for file, _, _ in spots]
    pictures = ((caption, named / file) for file, caption, _ in spots)
    sheet = write_sheet(named, pictures, {"lowres": lowres.digest, "faces": files}, options.cell)
    if options.swipe:
        from curate.pile import add_pictures

        add_pictures(Workspace(named), [named / file for file in files])
    return ExploreSummary(named, len(spots), drawn, sheet, options.lowres, time.monotonic() - started)


def spots_of(options: ExploreOptions, length: int, digest: str) -> Iterator[tuple[str, str, Spot]]:
    """File name, caption and place of each face that options ask for; `digest` is the lowres run's."""
    if options.near is not None:
        middle = of_text(options.near, length, options.truncation, digest)
        yield _name(middle.name), f"{middle.name} itself", middle
        for number in range(1, options.count):
            spot = near(middle, number, options.distance)
            yield f"{_name(middle.name, False)}-near-{options.distance:g}-{number:04d}.png", f"~{number}", spot
    elif options.mix:
        first, second = (of_text(text, length, options.truncation, digest) for text in options.mix)
        ends = "-".join(_name(end.name, False) for end in (first, second))
        for share in np.linspace(0, 1, max(2, options.count)):
            part = round(float(share), 4)
            yield f"{ends}-mix-{part:.4f}.png", f"{part:.0%}", mix(first, second, part)
    else:
        for seed in range(options.seed, options.seed + options.count):
            yield _name(str(seed)), str(seed), of_seed(seed, length, options.truncation)


def _name(name: str, whole: bool = True) -> str:
    stem = f"{int(name):06d}" if name.isdecimal() else name
    return f"{stem}.png" if whole else stem


def request_of(spot: Spot, lowres: Loaded, truncation: float | None) -> dict[str, Any]:
    """All that decides how a small face looks."""
    common = {"kind": "small", "swipegan": swipegan(), "lowres": lowres.digest, "truncation": truncation}
    return common | spot.request


def _draw(folder: Path, spots: list[tuple[str, str, Spot]], lowres: Loaded, truncation: float | None) -> int:
    drawn = 0
    with Meter("explore", len(spots), "faces") as meter:
        for file, _, spot in spots:
            request = request_of(spot, lowres, truncation)
            if not is_finished(folder / file, request):
                write_picture(folder / file, draw_face(lowres, spot.z), Recipe(request))
                drawn += 1
            meter.advance(1, file)
    return drawn


def pick(summary: ExploreSummary) -> ExploreSummary:
    """Copy what people liked on the swipe page into the folder of favourites, with a sheet; others leave it."""
    from curate.pile import picked

    folder = summary.folder / FAVOURITES
    liked = [path for path in picked(Workspace(summary.folder))["good"] if path.exists()]
    folder.mkdir(exist_ok=True)
    for old in {path.name for path in folder.glob("*.png")} - {path.name for path in liked}:
        (folder / old).unlink()
    for path in liked:
        shutil.copyfile(path, folder / path.name)
    if liked:
        write_sheet(folder, ((path.stem, path) for path in liked), {"faces": [path.name for path in liked]}, 128)
    return replace(summary, favourites=tuple(folder / path.name for path in liked))
