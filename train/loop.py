"""The bookkeeping that both stages share, in the order in which it happens."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from curate.alone import alone
from curate.errors import UserError
from curate.files import write_json
from curate.progress import Meter, note
from curate.run_page import RunPage
from curate.sets import FaceSet
from curate.workspace import Workspace
from train import checkpoint, sheet
from train.board import open_board
from train.config import TrainingOptions
from train.device import Place
from train.disk import writable
from train.distributed import highest, is_writer
from train.export import export
from train.fitting import step_that_fits
from train.health import Diverged, Health, check_weights
from train.records import Records
from train.signals import Stop, stopping
from train.state import State
from train.summary import TrainSummary, version

STATS_EVERY = 3.0  # seconds
ENDS = ("", "time", "SIGTERM", "SIGINT")  # why a sitting ends early; where processes differ, the last one counts


class Stage(Protocol):
    """What the loop needs to know of a stage."""

    name: str
    state: State
    place: Place

    def step(self, seen: int) -> dict[str, Tensor]:
        """Train on the batch that comes after `seen` images; losses stay on the device."""
        ...

    def settle(self) -> None:
        """Bring the norms of the averaged generator up to date, before it is looked at or written."""
        ...

    def sheet(self) -> NDArray[np.uint8]:
        """Samples of the averaged generator, (H, W, 3)."""
        ...

    def scores(self, final: bool) -> dict[str, Any]:
        """Scores of the averaged generator; thorough ones if `final`."""
        ...

    def card(self) -> dict[str, Any]:
        """What the cards of both networks say beside the network."""
        ...


@dataclass
class Progress:
    """How far a run is."""

    seen: int = 0
    seconds: float = 0.0  # of training, over all sittings
    scores: dict[str, Any] | None = None


def run_folder(workspace: Workspace, options: TrainingOptions, default: str, preset: str) -> Path:
    """The folder of the run: a name lies in the workspace's runs/, anything with a separator is a path."""
    name = options.run or (default if preset == "faithful" else f"{default}-{preset}")
    return Path(name) if len(Path(name).parts) > 1 else workspace.runs / name


def training_of(stage: str, options: TrainingOptions, faces: FaceSet) -> dict[str, Any]:
    """What must be equal for a run to go on."""
    kind = {"size": faces.info.size, "guide": faces.info.guide}
    return {"stage": stage, "set": faces.digest, "faces": kind, "options": options.fixed()}


def find_checkpoint(run: Path, options: TrainingOptions, training: dict[str, Any]) -> dict[str, Any] | None:
    """The checkpoint to go on from, None to start; raises where there is one that does not fit."""
    if not options.resume and checkpoint.checkpoints(run):
        raise UserError(f"{run} has checkpoints, and --no-resume would lose them: choose another --run")
    found = checkpoint.newest(run)
    if found is not None:
        checkpoint.same_training(run, found["training"], training, options.defaults())
    return found


@contextmanager
def one_writer(run: Path) -> Iterator[None]:
    """Within, no other training reads or writes the run; of processes that train it together, one holds the lock."""
    if not is_writer():
        yield
        return
    advice = "wait for it or stop it (Ctrl-C lets it write a checkpoint), then call this again; or choose another --run"
    with ExitStack() as lock:
        with writable(run):
            lock.enter_context(alone(run / ".lock", f"training {run}", advice))
        yield


class Loop:
    """One sitting of one run."""

    def __init__(
        self,
        stage: Stage,
        options: TrainingOptions,
        run: Path,
        faces: FaceSet,
        training: dict[str, Any],
        found: dict[str, Any] | None,
        began: float,
    ) -> None:
        self.stage, self.options, self.run, self.faces = stage, options, run, faces
        self.training, self.began = training, began
        self.progress = Progress()
        if found is not None:
            stage.state.restore(found["state"])
            self.progress = Progress(found["images"], found["seconds"])
            note(f"going on from {self.progress.seen} images in {run}")
        self.writes = is_writer()
        self.first = self.progress.seen
        self.saved = self.first if found is not None else -1

    def train(self) -> TrainSummary:
        """Step until the length, the time or a signal ends it, and say so where the disk is full."""
        with writable(self.run):
            return self._train()

    def _train(self) -> TrainSummary:
        """Step until the length, the time or a signal ends it; write everything; say how it went."""
        if self.writes:
            self._write_config()
            (self.run / "finished.json").unlink(missing_ok=True)
            self.records = Records(self.run, self.first)
        self.losses: dict[str, float] = {}
        self.health = Health(self.stage, self.options.batch)
        self.page = RunPage(self.run, self.options.save_every)
        self.board = open_board(self.run, self.first) if self.options.tensorboard and self.writes else None
        self.started = self.stats_at = self.saved_at = time.monotonic()
        self.before = self.progress.seconds
        with (
            stopping() as stop,
            Meter(f"train {self.stage.name}", self.options.images, "images", self.options.max_seconds) as meter,
        ):
            meter.start_at(self.first, self.before)
            try:
                reason = self._steps(stop, meter)
                self._save(final=reason in ("length", "time"))
            except Diverged as error:
                self._write({**self._moment(), **self.health.diverged(error)})
                self.page.write(stopped=True)
                raise
        if self.writes:
            if reason == "length":
                write_json(self.run / "finished.json", {"images": self.progress.seen, "seconds": self.progress.seconds})
            self.page.write(stopped=True)
        return self._summary(reason)

    def _steps(self, stop: Stop, meter: Meter) -> str:
        batch = self.options.batch
        while self.progress.seen < self.options.images:
            # One step
            losses = step_that_fits(self.stage, self.options, self.progress.seen)
            self.progress.seen += batch

            # What is due now
            now = time.monotonic()
            if self.writes:
                self.records.add(losses, self.progress.seen)
                self._due(now, meter)

            # Whether to go on, which several processes decide together
            timed_out = self.options.max_seconds is not None and now - self.began >= self.options.max_seconds
            reason = ENDS[highest(ENDS.index(stop.reason or ("time" if timed_out else "")))]
            if reason:
                return reason
        return "length"

    def _due(self, now: float, meter: Meter) -> None:
        if now - self.stats_at >= STATS_EVERY:
            self._stats(now)
            self._look(saving=False)
        if now - self.saved_at >= self.options.save_every:
            self._save(final=False)
        meter.advance(self.options.batch, ", ".join(f"{name} {value:.3f}" for name, value in self.losses.items()))

    def _stats(self, now: float) -> None:
        means = self.records.means()
        if not means:
            return
        self.losses = means
        self.health.add(means)
        self.progress.seconds = self.before + now - self.started
        self._write({**self._moment(), **means})
        self.stats_at = time.monotonic()

    def _look(self, saving: bool, final: bool = False) -> None:
        """A verdict on the run's health, when one is due."""
        if final or self.health.due(time.monotonic(), saving):
            moment = self._moment()
            self._write({**moment, **self.health.look(self.progress.seen, moment["images_per_second"])})

    def _write(self, line: dict[str, Any]) -> None:
        self.records.write(line)
        if self.board is not None:
            self.board.write(line)

    def _moment(self) -> dict[str, Any]:
        seconds = self.progress.seconds - self.before
        rate = (self.progress.seen - self.first) / max(seconds, 1e-9)
        return {
            "images": self.progress.seen,
            "seconds": round(self.progress.seconds, 2),
            "images_per_second": round(rate, 3),
        }

    def _save(self, final: bool) -> None:
        """Checkpoint, scores, samples and networks; nothing is written of a run that is no longer sound."""
        if not self.writes:
            return
        self._stats(time.monotonic())
        state = self.stage.state
        check_weights({"generator": state.generator, "discriminator": state.critic}, self.progress.seen)
        self._look(saving=True, final=final)
        if self.saved != self.progress.seen:
            self._write_checkpoint()
        self._write_results(final)
        self.saved, self.saved_at = self.progress.seen, time.monotonic()

    def _write_checkpoint(self) -> None:
        contents = {
            "images": self.progress.seen,
            "seconds": self.progress.seconds,
            "training": self.training,
            "state": self.stage.state.contents(),
        }
        checkpoint.write(self.run, contents)

    def _write_results(self, final: bool) -> None:
        seen, state = self.progress.seen, self.stage.state
        self.stage.settle()
        self.progress.scores = self.stage.scores(final)
        if self.progress.scores:
            self._write({**self._moment(), "scored": True, **self.progress.scores})
        samples = self.stage.sheet()
        sheet.write(samples, self.run / "samples" / f"{seen:09d}.png", self.run / "samples" / "latest.png")
        if self.board is not None:
            self.board.picture(samples, seen)
        common = {**self.stage.card(), "images": seen, "scores": self.progress.scores, "swipegan": version()}
        for role, network in (("generator", state.average.network), ("critic", state.critic)):
            card = {**common, "network": network.spec, "average": role == "generator"}
            export(self.run, role, network, card, half=self.options.half, max_file=self.options.max_file)  # type: ignore[arg-type] # role is one of the two
        self.page.write()

    def _write_config(self) -> None:
        info = self.faces.info
        write_json(
            self.run / "config.json",
            {
                "format": 1,
                "stage": self.stage.name,
                "options": asdict(self.options),
                "training": self.training,
                "set": {"name": info.name, "digest": self.faces.digest, "faces": len(self.faces), "size": info.size},
                "selection": info.selection,
                "parameters": self.stage.state.counts(),
                "networks": {"generator": self.stage.state.generator.spec, "critic": self.stage.state.critic.spec},
                "device": str(self.stage.place),
                "torch": torch.__version__,
                "swipegan": version(),
            },
        )

    def _summary(self, reason: str) -> TrainSummary:
        moment = self._moment()
        return TrainSummary(
            run=str(self.run),
            stage=self.stage.name,
            device=str(self.stage.place),
            images=self.progress.seen,
            images_now=self.progress.seen - self.first,
            seconds=moment["seconds"],
            images_per_second=moment["images_per_second"],
            ended_by=reason,
            losses=self.losses,
            scores=self.progress.scores or {},
            health=self.health.verdict.text(),
        )
