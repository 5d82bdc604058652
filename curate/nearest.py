"""The nearest training face of a generated picture, and how near two photos of one person are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import cv2
import numpy as np
from numpy.typing import NDArray

from curate.guides import in_pixels
from curate.progress import track
from curate.sets import Entry, FaceSet

SIDE = 32  # pixels at which faces are correlated

# For a set without two photos of one person: what 66 pairs among 804 portraits gave.
USUAL_CORRELATION = 0.92
USUAL_DISTANCE = 0.45

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Nearest:
    """The training faces nearest to a picture by two measures."""

    id: str  # the face that correlates most
    correlation: float  # -1..1; of a face with itself or its mirror image 1
    lookalike: str | None  # the face of the nearest descriptor; None without descriptors
    distance: float | None  # between dlib's descriptors; it takes below 0.6 for the same person


@dataclass(frozen=True, slots=True)
class SamePerson:
    """How near two real photos of one person are, a number per pair."""

    correlations: tuple[float, ...]
    distances: tuple[float, ...]  # empty without descriptors

    @property
    def correlation_limit(self) -> float:
        """The median pair's: two people correlate by 0.79 as well, so that only much agreement tells something."""
        return float(np.median(self.correlations)) if self.correlations else USUAL_CORRELATION

    @property
    def distance_limit(self) -> float:
        """What 95 of 100 pairs are within: descriptors know people apart."""
        return float(np.quantile(self.distances, 0.95)) if self.distances else USUAL_DISTANCE

    def is_too_near(self, nearest: Nearest) -> bool:
        """Whether a picture is as near to a training face as two photos of one person are."""
        alike = nearest.distance is not None and nearest.distance <= self.distance_limit
        return alike or nearest.correlation >= self.correlation_limit


@dataclass(frozen=True, slots=True)
class Gallery:
    """The faces of a set, made comparable once."""

    entries: Sequence[Entry]
    window: tuple[float, float, float, float]  # the part of the square that is compared, 0..1
    patches: Vectors  # (n, 1024), of mean 0 and length 1
    descriptors: Vectors | None  # (n, 128)

    def nearest(self, picture: NDArray[np.uint8], landmarks: NDArray[np.floating] | None = None) -> Nearest:
        """The nearest faces of an aligned picture (S, S, 3); the descriptor needs its `landmarks`, (68, 2) in 0..1."""
        patch = patch_of(picture, self.window)
        scores = np.maximum(self.patches @ patch, self.patches @ _mirrored(patch))
        best = int(scores.argmax())
        found = Nearest(self.entries[best].id, float(scores[best]), None, None)
        if self.descriptors is None or landmarks is None:
            return found
        away = np.linalg.norm(self.descriptors - descriptor_of(picture, landmarks), axis=1)
        closest = int(away.argmin())
        return Nearest(found.id, found.correlation, self.entries[closest].id, float(away[closest]))

    def same_person(self) -> SamePerson:
        """Compare all pairs of different photos of one person (`person` in the index)."""
        people: dict[str, list[int]] = defaultdict(list)
        for index, entry in enumerate(self.entries):
            people[entry.person].append(index)
        pairs = [pair for indices in people.values() for pair in combinations(indices, 2)]
        return SamePerson(
            tuple(self._correlation(a, b) for a, b in pairs),
            () if self.descriptors is None else tuple(self._distance(self.descriptors, a, b) for a, b in pairs),
        )

    def _correlation(self, first: int, second: int) -> float:
        one, other = self.patches[first], self.patches[second]
        return float(max(one @ other, one @ _mirrored(other)))

    @staticmethod
    def _distance(descriptors: Vectors, first: int, second: int) -> float:
        return float(np.linalg.norm(descriptors[first] - descriptors[second]))


def gallery(faces: FaceSet, *, descriptors: bool = True) -> Gallery:
    """Make the faces of a set comparable: 5 ms each, with dlib's descriptors 60 ms; both parts of the split."""
    window = faces.info.mean_box
    patches, found = [], []
    for entry in track(faces.entries, total=len(faces), title="training faces", unit="faces"):
        face = faces.face(entry)
        patches.append(patch_of(face, window))
        if descriptors:
            found.append(descriptor_of(face, faces.landmarks(entry)))
    return Gallery(faces.entries, window, np.stack(patches), np.stack(found) if found else None)


def patch_of(picture: NDArray[np.uint8], window: tuple[float, float, float, float]) -> Vectors:
    """The face in an aligned picture (S, S, 3) as 32x32 greys of mean 0 and length 1: shape (1024,)."""
    side = picture.shape[0]
    left, top, right, bottom = (round(min(max(edge, 0.0), 1.0) * side) for edge in window)
    grey = cv2.cvtColor(np.ascontiguousarray(picture[top:bottom, left:right]), cv2.COLOR_RGB2GRAY)
    small = np.asarray(cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.float32)
    centred: Vectors = (small - small.mean()).ravel()
    return centred / np.float32(max(float(np.linalg.norm(centred)), 1e-6))


def descriptor_of(picture: NDArray[np.uint8], landmarks: NDArray[np.floating]) -> Vectors:
    """dlib's descriptor of an aligned picture (S, S, 3), landmarks in 0..1: shape (128,)."""
    from curate.faces import descriptor

    return np.asarray(descriptor(picture, in_pixels(landmarks, picture.shape[0])), np.float32)


def _mirrored(patch: Vectors) -> Vectors:
    return patch.reshape(SIDE, SIDE)[:, ::-1].ravel()
