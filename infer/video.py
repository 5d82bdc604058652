"""`generate video`: a way through faces as a clip that holds still, made in closed segments that are never redone."""

from __future__ import annotations

import time
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from curate.errors import UsageProblem
from curate.progress import clock, note
from curate.workspace import Workspace
from infer.clip import Clip, ClipRequest, Explained
from infer.clip_parts import Parts
from infer.clip_preview import write_preview
from infer.clip_script import Script, kept_script, write_script
from infer.config import GenerateVideoOptions
from infer.film import av, is_finished_film
from infer.images import checked_settings, common_request
from infer.like import Networks
from infer.portrait import Studio
from infer.spots import Spot, of_text
from infer.stabilise import SteadySettings
from infer.torch_net import ONNX


@dataclass(frozen=True)
class VideoSummary:
    """What `generate video` did. landmarks: where they came from, and how many frames so; explained: with --explain."""

    clip: Path
    frames: int
    fps: int
    landmarks: dict[str, int]
    seconds: float
    preview: Path | None = None
    would_take: float | None = None
    explained: Explained | None = None

    def text(self) -> str:
        """For people."""
        where = ", ".join(f"{source} {count}" for source, count in self.landmarks.items())
        of = f"{self.frames} frames at {self.fps} a second"
        if self.preview is not None and self.would_take is not None:
            return f"preview: {self.preview}\nthe clip, {of}, would take about {clock(self.would_take)}"
        lines = [f"{of}: {self.clip}"]
        lines += [f"made in {clock(self.seconds)}; landmarks from: {where}"] if where else ["it was finished before"]
        if self.explained is not None:
            lines += [self.explained.verdict.text(), f"side by side: {self.explained.beside}"]
        return "\n".join(lines)


def run(workspace: Workspace, options: GenerateVideoOptions) -> VideoSummary:
    """Make the clip, or go on with it; with --preview only a sheet of stills."""
    started = time.monotonic()
    av()  # an error now rather than after the painting
    networks = Networks.open(workspace, options.lowres, options.upres, options.device)
    settings = checked_settings(options, networks.upres)
    if settings.whole and settings.candidates != "none":
        raise UsageProblem("--whole-at-once has no tiles to choose candidates for in a clip: leave one of the two out")
    critic = networks.critic(settings)
    studio = Studio(networks.upres, settings, size=options.size, critic=critic, batch=options.batch)
    spots = [of_text(text, networks.length, options.truncation, networks.lowres.digest) for text in options.keys]
    request = request_of(options, studio, spots, (networks.lowres, networks.upres, critic))
    path = options.output or default_path(workspace, options, networks.upres_run.name.removesuffix(ONNX))
    if is_finished_film(path, request.whole) and not options.preview:
        explained = Explained.read(path, request) if options.explain else None
        if explained is not None or not options.explain:
            return VideoSummary(path, request.frames, options.fps, {}, time.monotonic() - started, explained=explained)
    parts = Parts(path.with_name(path.name + ".parts"))
    with parts.alone(path):
        script = kept_script(parts, request.script, lambda: _script(options, request, spots, networks, studio))
        clip = Clip(studio, script, request, parts, path, Fraction(options.fps))
        if options.preview:
            preview, seconds = write_preview(clip)
            return VideoSummary(
                path, request.frames, options.fps, script.counted, time.monotonic() - started, preview, seconds
            )
        explained = clip.make(options.explain)
        if not options.keep_parts:
            parts.remove()
        took = time.monotonic() - started
        return VideoSummary(path, request.frames, options.fps, script.counted, took, explained=explained)


def request_of(
    options: GenerateVideoOptions, studio: Studio, spots: list[Spot], networks: tuple[Any, Any, Any]
) -> ClipRequest:
    """All that decides how the clip looks, by stage."""
    frames = options.fps * len(spots) * 2 if options.seconds is None else round(options.fps * options.seconds)
    if frames < 2:
        raise UsageProblem(f"--seconds {options.seconds} at --fps {options.fps} is less than two frames")
    common = common_request(studio, networks, options.truncation)
    way = {"keys": [spot.request for spot in spots], "frames": frames, "fps": options.fps, "loop": options.loop}
    steady = SteadySettings(carried=options.carried if options.steady else 0.0)
    return ClipRequest(
        common={**common, **way, "kind": "clip", "even_pace": options.even_pace},
        every=options.every,
        interpolation=options.between,
        steady=steady,
        suffix=(options.output or Path("clip.mp4")).suffix,
        crf=options.crf,
    )


def default_path(workspace: Workspace, options: GenerateVideoOptions, run_name: str) -> Path:
    """Where a clip goes that was given no name: its keys are its name."""
    names = "-".join(Path(key).stem for key in options.keys[:6]) + ("-and-more" if len(options.keys) > 6 else "")
    return workspace.renders / run_name / f"clip-{names}.mp4"


def _script(
    options: GenerateVideoOptions, request: ClipRequest, spots: list[Spot], networks: Networks, studio: Studio
) -> Script:
    keys = np.stack([spot.z for spot in spots])
    note(f"drawing {request.frames} small faces on the way through {len(spots)} keys")
    return write_script(keys, request.frames, options.fps, options.loop, options.even_pace, networks.lowres, studio)
