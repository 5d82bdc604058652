"""The stages of the demo: each calls a command's body with the options that suit drawn portraits and a CPU."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import cast

from sqlalchemy import select as select_rows

from cli.config import DemoOptions
from curate.config import FilterOptions, GuidesOptions, ReportOptions, SamplesOptions, ScanOptions
from curate.errors import UserError
from curate.progress import Meter
from curate.workspace import Workspace
from infer.config import GenerateImagesOptions
from infer.images import GenerateSummary
from train.config import LowresOptions, UpresOptions
from train.summary import TrainSummary

PHOTO = 512  # pixels; a drawn face then fills the set's pixels without being enlarged much
FACE = 384
LOWRES_EXTENT: int = 64
TILE: int = 16
NAME = "clean"
BATCH = 40  # verdicts sent at once
PORTRAITS = 12


class NothingDone(UserError):
    """A stage ended without an error and without a result."""


def draw(photos: Path, options: DemoOptions) -> None:
    """Draw portraits, a third of them spoiled."""
    from curate.samples import run

    run(SamplesOptions(folder=photos, count=options.count, seed=options.seed, size=PHOTO, processes=options.processes))


def scan(workspace: Workspace, photos: Path, options: DemoOptions) -> None:
    """Scan them into the database."""
    from curate.scan import run

    run(workspace, ScanOptions(folders=(photos,), processes=options.processes))


def truth(photos: Path) -> dict[str, str]:
    """File name -> good or bad, as drawn."""
    with (photos / "truth.csv").open(newline="", encoding="utf-8") as file:
        return {row["file"]: row["label"] for row in csv.DictReader(file)}


def label(workspace: Workspace, photos: Path) -> int:
    """Label every image through the swipe app's own HTTP interface, as a phone would, from the truth."""
    from swipeweb.client import SwipeClient, verdict
    from swipeweb.config import SwipeOptions
    from swipeweb.server import SwipeServer

    said = truth(photos)
    names = _names(workspace)
    labeled = 0
    options = SwipeOptions(port=0, repeats=0, gold=0, order="random")
    with SwipeServer(workspace, options) as server, Meter("swiping", len(names)) as meter:
        phone = SwipeClient(server.link("Demo"))
        while shown := phone.next(BATCH):
            answer = phone.send([verdict(image.id, said[names[image.sha256]], milliseconds=400) for image in shown])
            labeled += len(answer["stored"])
            meter.advance(len(shown))
            if not answer["stored"]:
                raise NothingDone(f"the swipe app refused verdicts: {answer}")
    return labeled


def _names(workspace: Workspace) -> dict[str, str]:
    """SHA-256 -> file name of each image; of equal files any one, they are labeled alike."""
    from curate.models import File, Image

    with workspace.open()() as session:
        rows = session.execute(select_rows(Image.sha256, File.path).join(File, File.image_id == Image.id))
        return {sha256: Path(path).name for sha256, path in rows}


def select(workspace: Workspace) -> None:
    """Keep what was labeled good and shows one face."""
    from curate.filters import FilterSummary, run

    made = run(workspace, FilterOptions(name=NAME, labels=("good",), one_face=True, duplicates=False))
    if not isinstance(made, FilterSummary) or made.kept < 8:
        raise NothingDone("the filter kept next to nothing")


def make_set(workspace: Workspace, options: DemoOptions) -> None:
    """Align the kept faces and draw their guides."""
    from curate.make_set import run

    run(
        workspace,
        GuidesOptions(selection=NAME, size=FACE, max_upscale=1.5, held_out=0.1, processes=options.processes),
    )


def train_lowres(workspace: Workspace, options: DemoOptions) -> TrainSummary:
    """Train stage 1 small, for as long as the demo allows."""
    from train.lowres import run

    summary = run(
        workspace,
        LowresOptions(
            set=NAME,
            extent=LOWRES_EXTENT,  # type: ignore[arg-type] # a constant of the demo, one of the choices
            enlarge="resize",
            width=0.5,
            batch=32,
            max_seconds=options.lowres_seconds,
            average_half_life=2_000,
        ),
    )
    return cast(TrainSummary, summary)


def train_upres(workspace: Workspace, options: DemoOptions) -> TrainSummary:
    """Train stage 2 small, in the preset that is sharp after minutes."""
    from train.upres import run

    summary = run(
        workspace,
        UpresOptions(
            set=NAME,
            preset="residual",
            tile=TILE,  # type: ignore[arg-type] # a constant of the demo, one of the choices
            lowres_extent=LOWRES_EXTENT,
            guide_fade=1.0,
            width=0.25,
            batch=8,
            learning_rate=4e-4,
            max_seconds=options.upres_seconds,
            average_half_life=1_000,
        ),
    )
    return cast(TrainSummary, summary)


def generate(workspace: Workspace, options: DemoOptions) -> GenerateSummary:
    """Portraits from noise."""
    from infer.images import run

    return run(
        workspace,
        GenerateImagesOptions(
            lowres=f"{NAME}-lowres",
            upres=f"{NAME}-upres-residual",
            count=PORTRAITS,
            seed=options.seed,
            truncation=1.5,
            output=options.folder / "portraits",
        ),
    )


def report(workspace: Workspace) -> Path:
    """The workspace as a page."""
    from curate.report import run

    page = run(workspace, ReportOptions()).page
    if page is None:
        raise NothingDone("no report was written")
    return page
