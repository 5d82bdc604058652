"""Faces: boxes, 68 landmarks, pose and descriptor: the one place that knows dlib, loaded on first use."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from curate.errors import UserError
from curate.pose import pose_of
from curate.resize import resized

Pixels = NDArray[np.uint8]
Points = NDArray[np.float64]
Box = tuple[int, int, int, int]

PREDICTOR = "shape_predictor_68_face_landmarks.dat"
RECOGNIZER = "dlib_face_recognition_resnet_model_v1.dat"
MOST_ENLARGED = 2  # times a picture is enlarged to look for faces
SMALLEST = 128  # a shorter side that is searched all the same
LONGEST = 4  # a strip is searched at no more than this many times the step's extent


class MissingModel(UserError):
    """A model file of dlib's that is not there, or is not what it should be."""


@dataclass(frozen=True, slots=True)
class Found:
    """A face: its box, how sure the detector is, 68 landmarks and where it looks.

    box: left, top, right, bottom in pixels, right and bottom outside, parts of it may lie beyond the picture.
    score: the detector's, about -0.5..3, above 0 is sure. landmarks: (68, 2), x then y, dlib's order.
    detector: the step that found it. yaw, pitch, roll: degrees, see `curate.pose`.
    """

    box: Box
    score: float
    landmarks: Points
    detector: str
    yaw: float
    pitch: float
    roll: float

    @property
    def size(self) -> int:
        """The side of the box in pixels."""
        return self.box[2] - self.box[0]


class Step(NamedTuple):
    """One look at the picture: its shorter side brought to `extent`, a border round it, scores above `threshold`."""

    extent: int
    border: float
    threshold: float

    @property
    def name(self) -> str:
        """As it stands in the database, such as hog-256 or hog-256-border."""
        return f"hog-{self.extent}" + ("-border" if self.border else "")


# Cheapest first, and the first that finds something ends the search. 256 takes 3 ms and finds faces of a quarter of the
# shorter side. The border is for faces that fill the picture, with a lower threshold: 24 of 61 masked faces were found
# instead of 11, and in 3 of 354 parts of portraits that show no face something was. The last step is for small faces.
STEPS = (Step(256, 0, 0), Step(512, 0, 0), Step(256, 0.4, -0.5), Step(512, 0.4, -0.3), Step(1024, 0, 0))


def find_faces(image: Pixels, steps: Sequence[Step] = STEPS) -> list[Found]:
    """The faces of an RGB or grey picture, the main one (largest and surest) first; empty if none is found.

    Of faces that only the lowered threshold shows, the best one counts.
    """
    grey = image if image.ndim == 2 else cast(Pixels, cv2.cvtColor(image, cv2.COLOR_RGB2GRAY))
    for step in steps:
        if step.extent > MOST_ENLARGED * max(min(grey.shape), SMALLEST):
            continue  # enlarging shows nothing new
        boxes = _search(grey, step)
        if boxes:
            return [_described(grey, box, score, step.name) for box, score in boxes]
    return []


def _search(grey: Pixels, step: Step) -> list[tuple[Box, float]]:
    """Boxes in pixels of `grey` and their scores, the main face first."""
    scale = min(step.extent / min(grey.shape), LONGEST * step.extent / max(grey.shape))
    margin = round(step.border * step.extent)
    small = resized(grey, max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale)))
    if margin:
        small = cast(Pixels, cv2.copyMakeBorder(small, margin, margin, margin, margin, cv2.BORDER_REPLICATE))
    rectangles, scores, _ = _detector().run(small, 0, step.threshold)
    found = [(_box(r, margin, scale), float(score)) for r, score in zip(rectangles, scores, strict=True)]
    found.sort(key=lambda each: (each[0][2] - each[0][0]) ** 2 * (each[1] + 1), reverse=True)
    sure = [each for each in found if each[1] > 0]
    return sure or sorted(found, key=lambda each: -each[1])[:1]


def _box(rectangle: Any, margin: int, scale: float) -> Box:
    edges = (rectangle.left(), rectangle.top(), rectangle.right() + 1, rectangle.bottom() + 1)
    left, top, right, bottom = (round((edge - margin) / scale) for edge in edges)
    return left, top, right, bottom


def _described(grey: Pixels, box: Box, score: float, detector: str) -> Found:
    landmarks = landmarks_in_box(grey, box)
    yaw, pitch, roll = pose_of(landmarks)
    return Found(box, score, landmarks, detector, yaw, pitch, roll)


def landmarks_in_box(image: Pixels, box: Box) -> Points:
    """The 68 landmarks (68, 2) of the face that fills `box` of an RGB or grey picture, whether there is one or not."""
    import dlib

    left, top, right, bottom = box
    parts = _predictor()(np.ascontiguousarray(image), dlib.rectangle(left, top, right - 1, bottom - 1)).parts()
    return np.array([(point.x, point.y) for point in parts], np.float64)


def descriptor(image: Pixels, landmarks: Points) -> NDArray[np.float32]:
    """What tells a person in an RGB picture from others, (128,): over 0.6 apart is somebody else; takes 55 ms."""
    import dlib

    points = dlib.points([dlib.point(round(x), round(y)) for x, y in landmarks])
    (left, top), (right, bottom) = landmarks.min(0), landmarks.max(0)
    shape = dlib.full_object_detection(dlib.rectangle(round(left), round(top), round(right), round(bottom)), points)
    return np.array(_recognizer().compute_face_descriptor(np.ascontiguousarray(image), shape), np.float32)


def whispered(count: int, pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """A number for each of `count` faces, the same for those that dlib's Chinese Whispers joins over pairs (n, 2).

    The same each time: its dice start from a fixed seed.
    """
    import dlib

    if not count:
        return np.empty(0, np.int64)
    edges = [*map(tuple, pairs.tolist()), (count - 1, count - 1)]  # the last one says how many there are
    return np.array(dlib.chinese_whispers(edges), np.int64)


def use_landmark_model(path: Path | None) -> None:
    """Predict landmarks by the model in `path` from now on (None: by the one that comes with the installation)."""
    _chosen.clear()
    if path is not None:
        _chosen.append(path)
    _predictor.cache_clear()
    _predictor()  # now, so that a wrong file is an error before a long run


def check_models(people: bool = False) -> None:
    """Raise MissingModel if a model file is not there; loads none."""
    if not _chosen:
        _installed(PREDICTOR)
    if people:
        _installed(RECOGNIZER)


def warm_up() -> None:
    """Load the detector and the landmark model now rather than at the first face: 100 MB, half a second."""
    _detector()
    _predictor()


def landmark_model() -> Path:
    """The file of the landmark predictor in use."""
    return _chosen[0] if _chosen else _installed(PREDICTOR)


_chosen: list[Path] = []


@cache
def _detector() -> Any:
    import dlib

    return dlib.get_frontal_face_detector()


@cache
def _predictor() -> Any:
    import dlib

    path = landmark_model()
    try:
        predictor = dlib.shape_predictor(str(path))
    except RuntimeError as error:
        raise MissingModel(f"{path} is not a landmark model of dlib's ({error}); see --landmark-model") from error
    blank = np.zeros((64, 64), np.uint8)
    count = predictor(blank, dlib.rectangle(8, 8, 55, 55)).num_parts
    if count != 68:
        raise MissingModel(f"{path} predicts {count} landmarks; --landmark-model needs one of 68")
    return predictor


@cache
def _recognizer() -> Any:
    import dlib

    return dlib.face_recognition_model_v1(str(_installed(RECOGNIZER)))


def _installed(name: str) -> Path:
    """A model file of face_recognition_models; the package is never imported, since that needs an old setuptools."""
    package = importlib.util.find_spec("face_recognition_models")
    for folder in package.submodule_search_locations or [] if package else []:
        path = Path(folder) / "models" / name
        if path.is_file():
            return path
    raise MissingModel(f"dlib's model {name} is missing; install it with: pip install face_recognition_models")
