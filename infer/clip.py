"""Making a clip from its script: frames painted, then steadied, in closed segments, then joined."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from curate.files import read_json, write_json
from curate.progress import Meter
from infer.choose import Choice
from infer.clip_between import Keys, carried_frame, interpolated
from infer.clip_judge import Judge, Verdict, verdict
from infer.clip_paint import choose_for_clip, frames_alone, frames_painted
from infer.clip_parts import Parts
from infer.clip_script import Script
from infer.film import is_finished_film, join, read_frames, write_segment
from infer.portrait import Studio, to_pixels
from infer.recipe import AI_MADE, Recipe
from infer.sheet import PAPER, write
from infer.stabilise import Steadier, SteadySettings

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]
State = dict[str, NDArray[Any]]

LAP = 48  # frames of a loop's end that are carried through before its first: what is older has faded away
HELD = 4  # segments of painted frames in memory
CAPTION = 24  # px above the frames that are shown side by side
BESIDE_CRF = 20
TITLES = {"painted": "paint", "naive": "paint one by one"}


@dataclass(frozen=True)
class ClipRequest:
    """All that decides how a clip looks; `script`, `painted` and `whole` are what its stages depend on."""

    common: dict[str, Any]
    every: int
    interpolation: str
    steady: SteadySettings
    suffix: str
    crf: int

    @property
    def frames(self) -> int:
        """How many frames the clip has."""
        return int(self.common["frames"])

    @property
    def script(self) -> dict[str, Any]:
        """What the small faces and their landmarks depend on."""
        return {key: value for key, value in self.common.items() if key not in ("paint", "critic", "size")}

    def painted(self, every: int) -> dict[str, Any]:
        """What painted frames depend on, where every so-many-th is painted."""
        return {**self.common, "every": every}

    @property
    def whole(self) -> dict[str, Any]:
        """What the finished clip depends on."""
        quality = {"crf": self.crf} if self.suffix == ".mp4" else {}
        between = {"between": self.interpolation} if self.every > 1 else {}
        return {**self.painted(self.every), **between, "steady": self.steady.as_request(), **quality}


@dataclass(frozen=True)
class Explained:
    """How a clip compares with frames painted one by one, and where both are shown side by side."""

    verdict: Verdict
    beside: Path

    @classmethod
    def read(cls, clip: Path, request: ClipRequest) -> Explained | None:
        """What was found before for this clip; None where that is missing or of another."""
        notes, beside = notes_path(clip), beside_path(clip)
        try:
            noted = read_json(notes)
            if noted["request"] != request.whole or not is_finished_film(beside, beside_request(request)):
                return None
            return cls(Verdict(**noted["verdict"]), beside)
        except (OSError, ValueError, KeyError, TypeError):
            return None


def notes_path(clip: Path) -> Path:
    """Where --explain writes its figures."""
    return clip.with_name(f"{clip.stem}-explain.json")


def beside_path(clip: Path) -> Path:
    """Where --explain writes both versions side by side."""
    return clip.with_name(f"{clip.stem}-beside.mp4")


def beside_request(request: ClipRequest) -> dict[str, Any]:
    """The request of the film that shows both versions."""
    return {**request.whole, "kind": "clip beside"}


class Clip:
    """One clip on its way. Each second is a segment; a segment that is done stays done."""

    source = AI_MADE
    sound: Path | None = None  # a film whose sound the clip gets

    def __init__(
        self, studio: Studio, script: Script, request: ClipRequest, parts: Parts, path: Path, fps: Fraction
    ) -> None:
        self.studio, self.script, self.request, self.parts = studio, script, request, parts
        self.path, self.fps = path, fps
        length = max(1, round(fps))
        self.segments = [(a, min(a + length, len(script))) for a in range(0, len(script), length)]
        self.keys = Keys(len(script), request.every, script.loop)
        self.reel: OrderedDict[tuple[str, int], dict[int, Pixels]] = OrderedDict()

    def make(self, explain: bool = False) -> Explained | None:
        """Paint, steady and join what is not done yet; with `explain` frames are painted one by one too, to compare."""
        self._paint("painted")
        if explain:
            self._paint("naive")
        states = self._steady(explain)
        result: dict[str, Any] = {"landmarks": self.script.counted}
        if explain:
            found = verdict([frame for facts in states for frame in facts])
            result = {**result, "explained": asdict(found)}
        lengths = [end - start for start, end in self.segments]
        films = [self.parts.path(self._name("steady", k)) for k in range(len(lengths))]
        recipe = Recipe(self.request.whole, result, self.source)
        join(list(zip(films, lengths, strict=True)), self.path, self.fps, recipe, self.sound)
        if not explain:
            return None
        films = [self.parts.path(f"beside-{k:04d}.mp4") for k in range(len(lengths))]
        beside = Recipe(beside_request(self.request), result, self.source)
        join(list(zip(films, lengths, strict=True)), beside_path(self.path), self.fps, beside)
        write_json(notes_path(self.path), {"request": self.request.whole, "verdict": asdict(found)})
        return Explained(found, beside_path(self.path))

    def _name(self, kind: str, segment: int) -> str:
        return f"{kind}-{segment:04d}{self.path.suffix if kind == 'steady' else '.mkv'}"

    # painting

    def _numbers(self, kind: str, segment: int) -> list[int]:
        """The frames of a segment that are painted: the keys of the clip, or all of the naive version."""
        return [frame for frame in range(*self.segments[segment]) if kind == "naive" or frame in self.keys]

    def _paint(self, kind: str) -> None:
        request = self.request.painted(self.request.every if kind == "painted" else 1)
        todo = [k for k in range(len(self.segments)) if not self.parts.is_done(f"{kind}-{k:04d}", request)]
        if not todo:
            return
        choice = self._choice(request) if kind == "painted" else None
        with Meter(TITLES[kind], sum(len(self._numbers(kind, k)) for k in todo), "frames") as meter:
            for k in todo:
                numbers = self._numbers(kind, k)
                if numbers:
                    frames = (
                        frames_alone(self.studio, self.script, numbers)
                        if kind == "naive"
                        else frames_painted(self.studio, self.script, numbers, choice)
                    )
                    write_segment(self.parts.path(self._name(kind, k)), _counted(frames, meter), self.fps)
                files = [self._name(kind, k)] if numbers else []
                self.parts.finish(f"{kind}-{k:04d}", request, files, numbers)

    def _choice(self, request: Mapping[str, Any]) -> Choice | None:
        if len(self.studio.painter.changes) == 1:
            return None
        noted = self.parts.facts("choice", request)
        if noted is None:
            choice = choose_for_clip(self.studio, self.script)
            assert choice is not None
            self.parts.finish("choice", request, [], choice.labels.tolist())
            return choice
        return Choice(np.asarray(noted["facts"]), 0.0, None)

    def shown(self, frame: int, kind: str = "painted") -> Pixels:
        """A painted frame; frame N of a loop is frame 0."""
        frame = frame % len(self.script) if self.script.loop else frame
        segment = next(k for k, (start, end) in enumerate(self.segments) if start <= frame < end)
        if (kind, segment) not in self.reel:
            frames = read_frames(self.parts.path(self._name(kind, segment)))
            self.reel[kind, segment] = dict(zip(self._numbers(kind, segment), frames, strict=True))
            while len(self.reel) > HELD:
                self.reel.popitem(last=False)
        self.reel.move_to_end((kind, segment))
        return self.reel[kind, segment][frame]

    # steadying

    @property
    def _by_ffmpeg(self) -> bool:
        return self.request.every > 1 and self.request.interpolation == "minterpolate"

    def _lowres(self, frame: int) -> Floats:
        return self.script.lowres(frame, self.studio)

    def _steady(self, explain: bool) -> list[list[dict[str, float]]]:
        """Make the segments of the clip; returns what the judge found of each frame of each."""
        request = {**self.request.whole, "explain": explain, "suffix": self.path.suffix}
        noted = [self.parts.facts(f"steady-{k:04d}", request) for k in range(len(self.segments))]
        todo = sum(end - start for (start, end), done in zip(self.segments, noted, strict=True) if done is None)
        found: list[list[dict[str, float]]] = []
        state: State = {}
        with Meter("steady", todo, "frames") as meter:
            for k, ((start, end), done) in enumerate(zip(self.segments, noted, strict=True)):
                if done is not None:
                    state = {}
                    found.append(done["facts"])
                    continue
                state = state or self._state_before(k)
                frames = self._steadied(range(start, end), state)
                judged: list[dict[str, float]] = []
                files = [self._name("steady", k), f"state-{k:04d}.npz"]
                if explain:
                    frames = self._judged(frames, start, state, judged, k)
                    files.append(f"beside-{k:04d}.mp4")
                write_segment(self.parts.path(files[0]), _counted(frames, meter), self.fps, self.request.crf)
                self.parts.save(f"state-{k:04d}.npz", state)
                self.parts.finish(f"steady-{k:04d}", request, files, judged)
                found.append(judged)
        return found

    def _state_before(self, segment: int) -> State:
        """What is remembered at the start of a segment; before the first of a loop, a lap through its end."""
        if segment > 0:
            return self.parts.load(f"state-{segment - 1:04d}.npz")
        state: State = {}
        if self.script.loop and not self._by_ffmpeg and self.request.steady.carried > 0:
            count = len(self.script)
            for _ in self._steadied(range(max(0, count - LAP), count), state):
                pass
        return state

    def _steadied(self, numbers: range, state: State) -> Iterator[Pixels]:
        """Frames of the clip; `state` is what was remembered before, and after them what is remembered then."""
        if self._by_ffmpeg:
            yield from interpolated(numbers.start, numbers.stop, self.keys, self.shown, self.fps)
            return
        steadier = Steadier(self.request.steady)
        steadier.detail, steadier.lowres = state.get("detail"), state.get("lowres")
        for frame in numbers:
            lowres = self._lowres(frame)
            picture = carried_frame(frame, self.keys, self.shown, self._lowres)
            yield self.finished(frame, steadier(picture, lowres) if self.request.steady.carried else picture)
        if steadier.detail is not None and steadier.lowres is not None:
            state.update(detail=steadier.detail, lowres=steadier.lowres)

    def finished(self, _frame: int, picture: Floats) -> Pixels:
        """A frame as it goes into the film, of its steady picture (3, 8S, 8S)."""
        return to_pixels(picture)

    def _judged(
        self, frames: Iterator[Pixels], start: int, state: State, judged: list[dict[str, float]], segment: int
    ) -> Iterator[Pixels]:
        seen = {name.removeprefix("seen "): array for name, array in state.items() if name.startswith("seen ")}
        judge, both = Judge(seen), []
        for frame, steady in enumerate(frames, start):
            naive = self.shown(frame, "naive")
            judged.append(judge(naive, steady, self._lowres(frame)))
            both.append(side_by_side(naive, steady))
            yield steady
        write_segment(self.parts.path(f"beside-{segment:04d}.mp4"), both, self.fps, BESIDE_CRF)
        state.update({f"seen {name}": array for name, array in judge.seen.items()})


def _counted(frames: Iterator[Pixels], meter: Meter) -> Iterator[Pixels]:
    for frame in frames:
        yield frame
        meter.advance()


def side_by_side(naive: Pixels, steady: Pixels) -> Pixels:
    """Two frames beside each other under their captions."""
    height, width = naive.shape[:2]
    sheet = np.full((height + CAPTION, 2 * width, 3), PAPER, np.uint8)
    sheet[CAPTION:, :width], sheet[CAPTION:, width:] = naive, steady
    write(sheet, "each frame painted by itself", 4, 2, width)
    write(sheet, "the same, held still", width + 4, 2, width)
    return sheet
