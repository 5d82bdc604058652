"""What a clip shows: the small face of every frame and its landmarks, before anything is painted large."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from curate.progress import track
from infer.clip_landmarks import steadied
from infer.clip_parts import Parts
from infer.landmarks import Placed
from infer.portrait import Small, Studio, draw_face
from infer.spline import Path, even_pace
from infer.torch_net import Loaded

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]
SCRIPT = "script"


@dataclass(frozen=True)
class Script:
    """faces (N, E, E, 3); points (N, 68, 2), 0..1 of the square; sources: where each frame's landmarks are from.

    raw: the landmarks as they were found frame by frame.
    """

    faces: Pixels
    points: NDArray[np.float64]
    sources: tuple[str, ...]
    loop: bool
    raw: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.faces)

    @property
    def counted(self) -> dict[str, int]:
        """How many frames have their landmarks from where."""
        return {source: self.sources.count(source) for source in sorted(set(self.sources))}

    def small(self, frame: int, raw: bool = False) -> Small:
        """The small face of a frame with its landmarks; on a looped clip frame N is frame 0."""
        k = frame % len(self) if self.loop else frame
        return Small(f"frame {k + 1}", self.faces[k], Placed((self.raw if raw else self.points)[k], self.sources[k]))

    def stack(self, frame: int, studio: Studio, raw: bool = False) -> Floats:
        """What the network sees of a frame, (3 + C, S, S), -1..1."""
        return studio.prepare(self.small(frame, raw))[2]

    def lowres(self, frame: int, studio: Studio) -> Floats:
        """The lowres picture of a frame, (3, S, S), -1..1."""
        return self.stack(frame, studio)[:3]


def write_script(
    keys: Floats, frames: int, fps: float, loop: bool, pace: bool, lowres: Loaded, studio: Studio
) -> Script:
    """The script of a way through key z (K, length): faces drawn, landmarks found in all, then calmed."""
    path = Path(keys, loop)

    def look(z: Floats) -> Pixels:
        return draw_face(lowres, z)

    places = even_pace(path, frames, look) if pace else path.places_for(frames)
    return script_of([look(z) for z in path.at(places)], fps, loop, studio, studio.find)


def script_of(
    faces: Sequence[Pixels], fps: float, loop: bool, studio: Studio, find: Callable[[Pixels], Placed]
) -> Script:
    """The script of faces that are there, each a square."""
    if studio.geometry.guide.encoding == "none":
        found = [Placed(np.zeros((68, 2)), "none")] * len(faces)
        points = np.stack([placed.points for placed in found])
        return Script(np.stack(faces), points, ("none",) * len(faces), loop, points)
    found = [find(face) for face in track(faces, total=len(faces), title="landmarks", unit="frames")]
    calm = steadied(found, fps, loop)
    return Script(np.stack(faces), calm.points, calm.sources, loop, np.stack([placed.points for placed in found]))


def kept_script(parts: Parts, request: dict[str, Any], make: Callable[[], Script]) -> Script:
    """The script from the folder of parts, or made now and kept there."""
    if not parts.is_done(SCRIPT, request):
        script = make()
        sources, loop = np.array(script.sources), np.array(script.loop)
        points = {"points": script.points, "raw": script.raw}
        parts.save("script.npz", {"faces": script.faces, **points, "sources": sources, "loop": loop})
        parts.finish(SCRIPT, request, ["script.npz"])
    kept = parts.load("script.npz")
    named = tuple(str(source) for source in kept["sources"])
    return Script(kept["faces"], kept["points"], named, bool(kept["loop"]), kept["raw"])
