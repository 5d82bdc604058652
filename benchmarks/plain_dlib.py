"""Faces found, and the time it takes: dlib's detector as it comes, beside ours, on whole portraits and on small ones.

    SWIPEGAN_PHOTOS=... python -m benchmarks.plain_dlib --portraits 120

Plain: `dlib.get_frontal_face_detector()` on the picture as it is, or enlarged once (`upsample 1`), as its examples do.
Ours is the search of `scan`. All take turns on each picture; the processor's time, landmarks not included for plain.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import dlib
import numpy as np
from numpy.typing import NDArray

from benchmarks.detector_rows import portraits
from curate.faces import find_faces
from curate.pixels import read_image

Pixels = NDArray[np.uint8]
Search = Callable[[Pixels], int]


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--portraits", type=int, default=120)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    files = portraits(Path(os.environ["SWIPEGAN_PHOTOS"]), half=1)[: options.portraits]
    large = [np.asarray(cv2.cvtColor(read_image(path), cv2.COLOR_RGB2GRAY), np.uint8) for path in files]
    sides = [min(picture.shape) for picture in large]
    print(
        "| portraits | way | exactly one face | none | several | ms of a processor a picture | ours is so many times |"
    )
    print("|---|---|---|---|---|---|---|")
    rows(f"{len(large)} as they are, {min(sides)} to {max(sides)} px", large, options.rounds)
    rows("the same at 128 px", [shrunk(picture, 128) for picture in large], options.rounds)


def shrunk(picture: Pixels, side: int) -> Pixels:
    """A picture with that many pixels along its shorter edge."""
    scale = side / min(picture.shape)
    size = (round(picture.shape[1] * scale), round(picture.shape[0] * scale))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def rows(title: str, pictures: list[Pixels], rounds: int) -> None:
    """Each way on the same pictures, in turns; a line for each."""
    detector = dlib.get_frontal_face_detector()
    ways: dict[str, Search] = {
        "swipegan": lambda picture: len(find_faces(picture)),
        "plain dlib": lambda picture: len(detector(picture, 0)),
        "plain dlib, upsample 1": lambda picture: len(detector(picture, 1)),
    }
    counts = {name: [way(picture) for picture in pictures] for name, way in ways.items()}
    taken = {name: [seconds(way, pictures) for _ in range(rounds)] for name, way in ways.items()}
    for name, found in counts.items():
        one, none = np.mean(np.array(found) == 1), np.mean(np.array(found) == 0)
        ratios = [theirs / ours for theirs, ours in zip(taken[name], taken["swipegan"], strict=True)]
        ratio = (
            "1" if name == "swipegan" else f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
        )
        spent = 1000 * statistics.median(taken[name]) / len(pictures)
        print(
            f"| {title} | {name} | {one:.3f} | {none:.3f} | {1 - one - none:.3f} | {spent:.1f} | {ratio} |", flush=True
        )


def seconds(way: Search, pictures: list[Pixels]) -> float:
    """Of the processor, for all pictures."""
    began = time.process_time()
    for picture in pictures:
        way(picture)
    return time.process_time() - began


if __name__ == "__main__":
    main()
