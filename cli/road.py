"""The whole road on drawn portraits: what `swipegan demo` does, stage after stage."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from cli import demo_stages as do
from cli.config import DemoOptions
from cli.demo_sheet import Judgement, check, write_sheet
from curate.errors import UserError
from curate.progress import clock, note
from curate.workspace import Workspace

Result = TypeVar("Result")
STAGES = 9


class DemoFailed(UserError):
    """A stage of the demo did not do its work."""


@dataclass(frozen=True)
class DemoSummary:
    """Where everything is, how long each stage took in seconds, and what became of the held-out faces."""

    folder: Path
    sheet: Path
    report: Path
    seconds: float
    stages: dict[str, float]
    judgement: Judgement

    def text(self) -> str:
        """A short message: what there is to look at, and how to go on with one's own photos."""
        return "\n".join(
            [
                f"Done in {clock(self.seconds)}. Look at",
                f"  {self.sheet}: held-out faces beside what became of them, and portraits from noise",
                f"  {self.report}: the workspace as a page",
                self.judgement.text(),
                "",
                "Your own photos, with the phone in the same network:",
                "  swipegan -w faces scan ~/Pictures/people",
                "  swipegan -w faces swipe --lan",
            ]
        )


@dataclass
class Road:
    """The stages that were walked, and the seconds that each took."""

    seconds: dict[str, float] = field(default_factory=dict)

    def stage(self, title: str, body: Callable[[], Result]) -> Result:
        """Run one stage, announced and timed; an error for people says in which it arose."""
        note(f"[{len(self.seconds) + 1}/{STAGES}] {title}")
        started = time.monotonic()
        try:
            result = body()
        except UserError as error:
            raise DemoFailed(f"the demo stopped where it was to {title}: {error}") from error
        self.seconds[title] = round(time.monotonic() - started, 1)
        return result


def run(options: DemoOptions) -> DemoSummary:
    """Walk the road in `options.folder`; the same command after an interruption goes on where it stopped.

    Raises:
        DemoFailed: a stage failed or did nothing, or stage 2 is not good enough (see `cli.demo_sheet.check`).
    """
    workspace, road, started = Workspace(options.folder), Road(), time.monotonic()
    photos = options.folder / "photos"
    road.stage("draw portraits, a third of them spoiled", lambda: do.draw(photos, options))
    road.stage("scan them", lambda: do.scan(workspace, photos, options))
    road.stage("label them through the swipe app", lambda: do.label(workspace, photos))
    road.stage("filter", lambda: do.select(workspace))
    road.stage("align faces and draw guides", lambda: do.make_set(workspace, options))
    lowres = road.stage("train stage 1, noise to small faces", lambda: do.train_lowres(workspace, options))
    upres = road.stage("train stage 2, small faces to large ones", lambda: do.train_upres(workspace, options))
    made = road.stage("generate portraits", lambda: do.generate(workspace, options))
    trained = f"stage 1 saw {lowres.images:,} faces, stage 2 {upres.images:,} tiles"

    def finish() -> tuple[Path, Judgement]:
        judgement = write_sheet(workspace, made, upres.scores, trained, options.folder / "sheet.png")
        return do.report(workspace), judgement

    page, judgement = road.stage("judge and report", finish)
    problems = check(judgement)
    if problems or len(road.seconds) != STAGES:
        raise DemoFailed(f"the demo is not good enough: {'; '.join(problems) or 'a stage was skipped'}")
    seconds = time.monotonic() - started
    return DemoSummary(options.folder, options.folder / "sheet.png", page, seconds, road.seconds, judgement)
