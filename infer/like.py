"""`generate images --like`: portraits by the recipes of pictures, to the byte, or of small faces by these options."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from curate.errors import UserError
from curate.progress import Meter, note
from curate.set_index import points
from curate.workspace import Workspace
from infer.config import GenerateImagesOptions
from infer.images import GenerateSummary, checked_settings, common_request, remove_stale, write_sheet
from infer.landmarks import Placed
from infer.paint import PaintSettings
from infer.portrait import Portrait, Small, Studio, draw_face
from infer.recipe import NoRecipe, is_finished, read_recipe, swipegan, understood
from infer.spots import Spot, of_request
from infer.third import Printer, printer_for, second_size
from infer.torch_net import ONNX, Loaded, network_path, open_critic, open_generator

BY_HAND = "by hand"  # the source of landmarks that a person moved


class OtherWeights(UserError):
    """A picture was made by another run than the one named, or by the same run before it learned more."""


@dataclass(frozen=True)
class Networks:
    """The networks of both stages, and the run that may have a critic."""

    lowres: Loaded
    upres: Loaded
    upres_run: Path
    device: str = "auto"

    @classmethod
    def open(cls, workspace: Workspace, lowres: str, upres: str, device: str = "auto") -> Networks:
        """Open the runs or ONNX files that options name."""
        upres_run = network_path(workspace, upres)
        small = open_generator(network_path(workspace, lowres), "lowres", device)
        return cls(small, open_generator(upres_run, "upres", device), upres_run, device)

    @property
    def length(self) -> int:
        """How many numbers a z has."""
        return int(self.lowres.card["network"]["z"])

    def critic(self, settings: PaintSettings) -> Loaded | None:
        """The critic, where the settings need one."""
        return self._critic if settings.needs_critic else None

    @cached_property
    def _critic(self) -> Loaded:
        return open_critic(self.upres_run, self.device)

    def check(self, path: Path, request: dict[str, Any]) -> None:
        """Raise OtherWeights where a picture's networks are not these."""
        for stage, loaded in (("lowres", self.lowres), ("upres", self.upres)):
            if request.get(stage, loaded.digest) != loaded.digest:
                raise OtherWeights(
                    f"{path} was made by another --{stage} than the one named, or before that run learned more: "
                    "name the run it is from"
                )


@dataclass(frozen=True)
class Task:
    """One portrait to make: the face, its landmarks if a person moved them, and how it is painted."""

    spot: Spot
    settings: PaintSettings
    size: int | None
    truncation: float | None = None
    require_face: bool = False
    draws: int = 1
    landmarks: tuple[tuple[float, float], ...] | None = None

    def studio(self, networks: Networks, batch: int) -> tuple[Studio, dict[str, Any]]:
        """Who paints it, and the request for its recipe."""
        critic = networks.critic(self.settings)
        studio = Studio(networks.upres, self.settings, size=self.size, critic=critic, batch=batch)
        used = (networks.lowres, networks.upres, critic)
        request = common_request(studio, used, self.truncation, self.require_face) | self.spot.request
        return studio, request if self.landmarks is None else request | {"landmarks": [list(p) for p in self.landmarks]}

    def small(self, networks: Networks, studio: Studio) -> Small:
        """The small face with its landmarks, found or as a person placed them."""
        face = draw_face(networks.lowres, self.spot.z)
        by_hand = self.landmarks
        placed = studio.find(face) if by_hand is None else Placed(np.asarray(by_hand, np.float64), BY_HAND)
        return Small(self.spot.name, face, placed, self.draws)


def run(workspace: Workspace, options: GenerateImagesOptions) -> GenerateSummary:
    """Make the portraits that are not there yet, then the sheet of all."""
    started = time.monotonic()
    networks = Networks.open(workspace, options.lowres, options.upres, options.device)
    folder = options.output or workspace.renders / networks.upres_run.name.removesuffix(ONNX)
    paths = list(pictures(options.like))
    printer = printer_for(workspace, options, networks.upres, _third_critic(networks, options))
    tasks = [(folder / f"{path.stem}{printer.suffix}", task_of(path, options, networks, printer)) for path in paths]
    if len({target for target, _ in tasks}) < len(tasks):
        raise UserError("two of the pictures have the same name, and so would their portraits: rename one")
    remove_stale(folder)
    made = 0
    with Meter("generate", len(tasks), "portraits") as meter:
        for target, task in tasks:
            made += make(target, task, networks, printer, options.batch)
            meter.advance(1, target.name)
    targets = [target for target, _ in tasks]
    named = {"pictures": [target.name for target in targets]}
    sheet = write_sheet(folder, ((target.stem, target) for target in targets), named) if options.sheet else None
    return GenerateSummary.of(targets, made, sheet, started)


def pictures(named: tuple[Path, ...]) -> Iterator[Path]:
    """The pictures themselves, and those of one face in folders, by name."""
    for path in named:
        inside = sorted(path.glob("*.png")) if path.is_dir() else [path]
        found = [one for one in inside if not path.is_dir() or _is_of_one_face(one)]
        if not found:
            raise NoRecipe(f"{path} holds no picture of a face made by swipegan")
        yield from found


def _is_of_one_face(path: Path) -> bool:
    try:
        return read_recipe(path).request.get("kind") in ("portrait", "small")
    except NoRecipe:
        return False


def _third_critic(networks: Networks, options: GenerateImagesOptions) -> Loaded | None:
    """The critic that a third stage with candidates needs; None without a third stage."""
    return networks.critic(checked_settings(options, networks.upres)) if options.stages == 3 else None


def task_of(path: Path, options: GenerateImagesOptions, networks: Networks, printer: Printer) -> Task:
    """What a picture's recipe asks for; a small face leaves all but the face to the options."""
    with understood(path):
        return _task_of(path, options, networks, printer)


def _task_of(path: Path, options: GenerateImagesOptions, networks: Networks, printer: Printer) -> Task:
    recipe = read_recipe(path)
    request = recipe.request
    kind = request.get("kind")
    if kind not in ("portrait", "small"):
        raise NoRecipe(f"{path} is no portrait and no small face from noise, so there is no face to make again")
    networks.check(path, request)
    spot = of_request(request, recipe.result, networks.length, path.stem)
    if kind == "small":
        settings = checked_settings(options, networks.upres)
        return Task(spot, settings, second_size(options), request["truncation"])
    if request["swipegan"] != swipegan():
        note(f"{path} was made by version {request['swipegan']}: this one may paint a little differently")
    printed = {key: request[key] for key in ("third", "file") if key in request}
    if printed and printed != json.loads(json.dumps(printer.request())):
        raise OtherWeights(f"{path} is a print: give --stages, --size, --format and --dpi as when it was made")
    paint = dict(request["paint"])
    if "weights" in paint:
        paint["weights"] = tuple((name, weight) for name, weight in paint["weights"])
    by_hand = request.get("landmarks")
    return Task(
        spot,
        PaintSettings(**paint),
        request["size"],
        request["truncation"],
        request["require_face"],
        int(recipe.result.get("draws", 1)),
        None if by_hand is None else tuple((float(x), float(y)) for x, y in points(by_hand)),
    )


def make(target: Path, task: Task, networks: Networks, printer: Printer, batch: int) -> int:
    """Make one portrait unless it is there; returns how many were made."""
    studio, request = task.studio(networks, batch)
    request |= printer.request()
    if is_finished(target, request):
        return 0
    portrait: Portrait = next(studio.portraits([task.small(networks, studio)]))
    printer.write(target, portrait, request)
    return 1
