"""`ablate`: a claim of the article's as paired trainings, resumed arm by arm; says effect, interval and verdict."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from curate.errors import UserError
from curate.files import read_json, write_json
from curate.progress import note
from curate.sets import FaceSet, open_set
from curate.workspace import Workspace
from train import lowres, upres
from train.ablate_scores import Half, lowres_scores, upres_scores
from train.ablate_sets import drawn_set, with_guides
from train.claims import CLAIMS, Arm, Claim, Effect, Ruling, effect, seeds_needed, verdict
from train.config import LowresOptions, UpresOptions
from train.config_ablate import AblateOptions

NOISE_SEEDS = (1000, 1001, 1002)  # never used for the test itself
CHOICE_SEED = 2000


class Size(NamedTuple):
    """How large the arms of a scale are."""

    faces: int  # clean ones to train on
    held_out: int
    size: int  # pixels of a face
    tile: int
    width: float
    batch: int
    tiles: int  # shown to stage 2
    smalls: int  # faces shown to stage 1
    extent: int  # of stage 1's faces
    judged: int  # tiles or small faces that are scored


SIZES = {
    "tiny": Size(8, 4, 192, 16, 0.06, 4, 8, 8, 32, 16),
    "brief": Size(120, 32, 192, 16, 0.125, 8, 3_000, 9_000, 32, 256),
    "small": Size(240, 48, 384, 16, 0.25, 16, 50_000, 60_000, 64, 512),
    "full": Size(2000, 200, 768, 32, 1.0, 16, 400_000, 600_000, 64, 2048),
}
SPOILED = 0.3  # share of the dirty set
LARGER = 3  # times as many faces in the dirty set


@dataclass(frozen=True)
class AblateSummary:
    """A claim, the effects of its arms, and the verdict; `seeds` a side, `missing` arms still to be trained."""

    claim: str
    says: str
    scale: str
    score: str
    seeds: int
    missing: int
    weights: dict[str, float]
    means: dict[str, float]
    effects: list[Effect]
    verdict: Ruling | None

    def text(self) -> str:
        """The table for people."""
        lines = [f"{self.claim}: {self.says}", f"score {self.score}, less is better; {self.seeds} paired seeds"]
        if self.missing:
            return "\n".join([*lines, f"{self.missing} trainings are missing: the same command goes on"])
        lines += [f"  {name:<10} {value:.4g}{self._weight(name)}" for name, value in self.means.items()]
        for one in self.effects:
            interval = f"{one.mean:.3g} [{one.low:.3g}, {one.high:.3g}]"
            lines.append(f"  better than {one.arm} by {interval} ({one.share:.1%}): {one.ruling}")
        lines.append(f"verdict at scale {self.scale}: {self.verdict}")
        return "\n".join(lines)

    def _weight(self, name: str) -> str:
        return f"   pixel weight {self.weights[name]:g}" if name in self.weights else ""


class OutOfTime(Exception):
    """The time for this call is over; what was trained is kept."""


def run(workspace: Workspace, options: AblateOptions) -> AblateSummary:
    """Train and score what is missing, then say what all of it says."""
    return Ablation(workspace, options).run()


class Ablation:
    """One claim at one scale, in a folder of its own: plan.json, sets, and a run a training."""

    def __init__(self, workspace: Workspace, options: AblateOptions) -> None:
        self.workspace, self.options = workspace, options
        self.claim: Claim = CLAIMS[options.claim]
        self.size = SIZES[options.scale]
        home = Path(options.folder or f"ablate-{options.claim}-{options.scale}")
        self.home = home if len(home.parts) > 1 else workspace.runs / home
        self.ends = math.inf if options.max_seconds is None else time.monotonic() + options.max_seconds
        self.weights: dict[str, float] = {}
        self._sets: dict[str, FaceSet] = {}

    def run(self) -> AblateSummary:
        """Weights, then the number of seeds, then the test; whatever was done before is not done again."""
        seeds = 0
        try:
            self._choose_weights()
            seeds = self._seeds()
            for seed in range(seeds):
                for arm in self.claim.arms:
                    self.score(arm, seed)
        except OutOfTime:
            note("the time is over; finished trainings are kept")
        return self._summary(seeds)

    def _choose_weights(self) -> None:
        """For each arm that has a pixel loss the weight that scores best on people kept for choosing."""
        for arm in self.claim.arms:
            if self.claim.weights and "pixel_weight" not in arm.options:
                found = {w: self.score(arm, CHOICE_SEED, "choose", w)[self.claim.score] for w in self.claim.weights}
                self.weights[arm.name] = min(found, key=lambda weight: found[weight])

    def _seeds(self) -> int:
        """The number of paired seeds, fixed once: as asked for, or from the spread of a noise run."""
        plan = self.home / "plan.json"
        if plan.exists():
            return self._agreed(read_json(plan))
        seeds, spread = self.options.seeds, {}
        if not seeds:
            first, other = self.claim.arms[0], self._arm(self.claim.against[0])
            spread = {
                arm.name: [self.score(arm, seed)[self.claim.score] for seed in NOISE_SEEDS] for arm in (first, other)
            }
            seeds = seeds_needed(*spread.values())
        write_json(plan, {**self._tested(), "seeds": seeds, "noise": spread, "weights": self.weights})
        return seeds

    def _agreed(self, plan: dict[str, Any]) -> int:
        """The seeds of a plan; a test that was begun in one way goes on in no other."""
        seeds, tested = int(plan["seeds"]), self._tested()
        differs = [name for name, value in tested.items() if name in plan and plan[name] != value]
        if self.options.seeds not in (0, seeds):
            differs.append("seeds")
        if differs:
            raise UserError(
                f"{self.home} holds a test with another {' and '.join(differs)}; name another --folder, or remove it"
            )
        return seeds

    def _tested(self) -> dict[str, Any]:
        """What all arms have in common."""
        options = self.options
        return {"claim": options.claim, "scale": options.scale, "preset": options.preset, "set": options.set}

    def _arm(self, name: str) -> Arm:
        return next(arm for arm in self.claim.arms if arm.name == name)

    def score(self, arm: Arm, seed: int, half: Half = "judge", weight: float | None = None) -> dict[str, float]:
        """The scores of one training, from its folder or trained now."""
        weight = self.weights.get(arm.name) if weight is None else weight
        folder = self._folder(arm, seed, weight)
        place = folder / f"scores-{half}.json"
        if not place.exists():
            if time.monotonic() >= self.ends:
                raise OutOfTime
            note(f"{self.options.claim}: arm {arm.name}, seed {seed}" + (f", weight {weight:g}" if weight else ""))
            seconds = self._train(arm, seed, folder, weight)
            write_json(place, {**self._judge(arm, folder, half), "seconds": seconds})
        scores: dict[str, float] = read_json(place)
        return scores

    def _folder(self, arm: Arm, seed: int, weight: float | None) -> Path:
        return self.home / (f"{arm.name}-seed{seed}" + ("" if weight is None else f"-weight{weight:g}"))

    def _train(self, arm: Arm, seed: int, folder: Path, weight: float | None) -> float:
        faces, size = self.set_of(arm.data), self.size
        values: dict[str, Any] = {
            "set": str(faces.path), "run": str(folder.resolve()), "seed": seed, "width": size.width,
            "batch": size.batch, "device": self.options.device, "threads": self.options.threads, "save_every": 300.0,
        }  # fmt: skip
        if self.claim.stage == "lowres":
            return lowres.run(
                self.workspace,
                LowresOptions(**values, extent=size.extent, images=size.smalls),  # type: ignore[arg-type] # one of the extents
            ).seconds
        chosen = {} if weight is None else {"pixel_weight": weight}
        values |= {"tile": size.tile, "images": size.tiles, "preset": self.options.preset}
        return upres.run(self.workspace, UpresOptions(**(values | chosen | arm.options))).seconds

    def _judge(self, arm: Arm, folder: Path, half: Half) -> dict[str, float]:
        if self.claim.stage == "lowres":
            return lowres_scores(folder, self.set_of("clean"), half, self.size.judged)
        return upres_scores(folder, self.set_of(arm.data), self.set_of("given"), half, self.size.judged)

    def set_of(self, data: str) -> FaceSet:
        """The set that an arm sees, made when it is first asked for."""
        if data not in self._sets:
            self._sets[data] = self._make(data)
        return self._sets[data]

    def _make(self, data: str) -> FaceSet:
        folder, size = self.home / "sets" / data, self.size
        if data in ("zero", "shuffled"):
            return with_guides(self.set_of("given"), folder, data)
        if data == "given" and self.options.set:
            return open_set(self.workspace.set_path(self.options.set))
        count = size.faces * (LARGER if data == "dirty" else 1)
        return drawn_set(folder, count, size.held_out, size.size, SPOILED if data in ("dirty", "random") else 0.0)

    def _summary(self, seeds: int) -> AblateSummary:
        table = {arm.name: [self._known(arm, seed) for seed in range(seeds)] for arm in self.claim.arms}
        missing = sum(one is None for rows in table.values() for one in rows) if seeds else 1
        summary: dict[str, Any] = {"means": {}, "effects": [], "verdict": None}
        if not missing:
            summary = self._ruling({name: [one for one in rows if one] for name, rows in table.items()})
        return AblateSummary(
            claim=self.options.claim, says=self.claim.says, scale=self.options.scale, score=self.claim.score,
            seeds=seeds, missing=missing, weights=self.weights, **summary,
        )  # fmt: skip

    def _known(self, arm: Arm, seed: int) -> dict[str, float] | None:
        place = self._folder(arm, seed, self.weights.get(arm.name)) / "scores-judge.json"
        return read_json(place) if place.exists() else None

    def _ruling(self, table: dict[str, list[dict[str, float]]]) -> dict[str, Any]:
        column: Callable[[str, str], list[float]] = lambda name, score: [one[score] for one in table[name]]  # noqa: E731 - two words for one look
        first, score = self.claim.arms[0].name, self.claim.score
        effects = [
            effect(self.claim, name, column(first, score), column(name, score)) for name in table if name != first
        ]
        lost = None
        if self.claim.most_psnr_lost is not None:
            other = self.claim.against[0]
            lost = float(np.mean(column(other, "lr_psnr")) - np.mean(column(first, "lr_psnr")))
        means = {name: float(np.mean(column(name, score))) for name in table}
        return {"means": means, "effects": effects, "verdict": verdict(self.claim, effects, lost)}
