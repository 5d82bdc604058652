"""Copies of portraits, found by their faces: recall for five ways to copy, and what is taken for a copy wrongly.

    SWIPEGAN_PHOTOS=... nice python -m benchmarks.copies --portraits 420

Every pair of portraits is compared, and each of some portraits with its copies: cut to 80 %, mirrored, with a border of
5 %, turned by 3 degrees, made 128 pixels small and saved at JPEG quality 50.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from curate.duplicates import alike_faces, chip_of, coarse_of, same_photo
from curate.faces import find_faces
from curate.pixels import BadImage, decode, encode_jpeg, read_image

Pixels = NDArray[np.uint8]


def main() -> None:
    """Compare, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--portraits", type=int, default=420, help="of which copies are made")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    folder = Path(os.environ["SWIPEGAN_PHOTOS"]) / "portraits"
    files = sorted(path for path in folder.iterdir() if path.suffix in {".jpg", ".png"})
    copied = set(np.random.default_rng(0).permutation(len(files))[: options.portraits].tolist())
    chips: dict[str, Pixels] = {}
    found: dict[str, list[tuple[bool, bool]]] = {}
    for number, path in enumerate(files):
        picture = _read(path)
        chip = None if picture is None else chip_in(picture)
        if picture is None or chip is None:
            continue
        chips[path.name] = chip
        for way, copy in copies(picture).items() if number in copied else ():
            found.setdefault(way, []).append(_found(chip, chip_in(copy)))
    for way, said in found.items():
        coarse, both = np.mean(said, axis=0)
        print(f"{way:12} {len(said):4} copies: alike {coarse:.3f}, and one photo {both:.3f}")
    _all_pairs(chips)


def _read(path: Path) -> Pixels | None:
    try:
        return read_image(path)
    except BadImage:
        return None


def chip_in(picture: Pixels) -> Pixels | None:
    """The main face's chip, or None without a face."""
    grey = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)
    faces = find_faces(grey)
    return chip_of(grey, faces[0].landmarks) if faces else None


def copies(picture: Pixels) -> dict[str, Pixels]:
    """A picture as it comes back from elsewhere."""
    height, width = picture.shape[:2]
    top, left, border = height // 15, width // 10, width // 20
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), 3, 1)
    scale = 128 / min(height, width)
    small = cv2.resize(picture, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
    white = (255, 255, 255)
    made = {
        "crop 80 %": picture[top : top + height * 4 // 5, left : left + width * 4 // 5],
        "mirror": picture[:, ::-1],
        "border 5 %": cv2.copyMakeBorder(picture, border, border, border, border, cv2.BORDER_CONSTANT, value=white),
        "3 degrees": cv2.warpAffine(picture, turn, (width, height), borderMode=cv2.BORDER_REPLICATE),
        "128 px, q50": decode(encode_jpeg(np.asarray(small, np.uint8), 50)),
    }
    return {way: np.ascontiguousarray(copy, np.uint8) for way, copy in made.items()}


def _found(chip: Pixels, other: Pixels | None) -> tuple[bool, bool]:
    """Whether the search of all pairs finds a copy, and whether the closer look agrees."""
    if other is None:
        return False, False
    alike = len(alike_faces(np.stack([coarse_of(chip), coarse_of(other)]))) > 0
    return alike, alike and same_photo(chip, other)


def _all_pairs(chips: dict[str, Pixels]) -> None:
    names, each = list(chips), list(chips.values())
    alike = alike_faces(np.stack([coarse_of(chip) for chip in each])).tolist()
    sure = [(first, second) for first, second in alike if same_photo(each[first], each[second])]
    sitting = sum(names[first].replace("neutral", "smile") == names[second] for first, second in alike)
    still = sum(names[first].replace("neutral", "smile") == names[second] for first, second in sure)
    print(
        f"{len(names)} portraits, {len(names) * (len(names) - 1) // 2:,} pairs: {len(alike)} alike, {sitting} of them"
    )
    print(f"the neutral and the smiling photo of one sitting; {len(sure)} taken for one photo, {still} of them so:")
    for first, second in sure:
        print(f"  {names[first]}, {names[second]}")


if __name__ == "__main__":
    main()
