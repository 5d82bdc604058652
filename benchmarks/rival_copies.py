"""Copies of portraits found by imagededup's hashes and by our faces: the ways to copy are those of benchmarks.copies.

    SWIPEGAN_PHOTOS=... python -m benchmarks.rival_copies --portraits 200 --python /tmp/dedup/bin/python

Every portrait and its copies lie in one folder. Found: the copy and its portrait are named as duplicates. Wrong: pairs
of two portraits that are named so. imagededup at its defaults (distance 10 of 64 bits); its CNN is left out, as it
fetches weights.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
from pathlib import Path

import cv2
import numpy as np

from benchmarks.copies import chip_in, copies
from curate.duplicates import alike_faces, coarse_of, same_photo
from curate.pixels import BadImage, encode_jpeg, read_image

METHODS = ("PHash", "DHash", "WHash", "AHash")
CODE = """
import json, sys
from imagededup import methods
found = getattr(methods, sys.argv[2])(verbose=False).find_duplicates(
    image_dir=sys.argv[1], num_enc_workers=0, num_dist_workers=0)
print(json.dumps(found))
"""
Duplicates = dict[str, list[str]]


def main() -> None:
    """Write the pictures, ask everybody, print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--portraits", type=int, default=200)
    parser.add_argument("--python", type=Path, required=True, help="python of an environment with imagededup")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ways = write(folder, options.portraits)
        told = {f"imagededup {method}": theirs(options.python, folder, method) for method in METHODS}
        told = {"swipegan, faces": ours(folder), **told}
    print(f"| found of {len(next(iter(ways.values())))} | {' | '.join(ways)} | wrong pairs of portraits |")
    print(f"|---|{'---|' * (len(ways) + 1)}")
    for who, found in told.items():
        shares = [f"{np.mean([copy in found.get(own, []) for own, copy in pairs]):.3f}" for pairs in ways.values()]
        originals = {own for pairs in ways.values() for own, _ in pairs}
        wrong = sum(len(originals & set(found.get(own, []))) for own in originals) // 2
        print(f"| {who} | {' | '.join(shares)} | {wrong} |")


def write(folder: Path, most: int) -> dict[str, list[tuple[str, str]]]:
    """Portraits and their copies as JPEG files; (portrait, copy) by the way it was copied."""
    files = sorted((Path(os.environ["SWIPEGAN_PHOTOS"]) / "portraits").glob("*.jpg"))
    ways: dict[str, list[tuple[str, str]]] = {}
    for number in np.random.default_rng(0).permutation(len(files))[:most].tolist():
        try:
            picture = read_image(files[number])
        except BadImage:
            continue
        own = f"{number}.jpg"
        (folder / own).write_bytes(encode_jpeg(picture, 92))
        for way, copy in copies(picture).items():
            name = f"{number}-{way.replace(' ', '')}.jpg"
            (folder / name).write_bytes(encode_jpeg(copy, 92))
            ways.setdefault(way, []).append((own, name))
    return ways


def theirs(python: Path, folder: Path, method: str) -> Duplicates:
    """What imagededup says, by file."""
    command = [str(python), "-W", "ignore", "-c", CODE, str(folder), method]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: Duplicates = json.loads(done.stdout.splitlines()[-1])
    return found


def ours(folder: Path) -> Duplicates:
    """What `filter --no-duplicates` says of the faces, by file."""
    chips = {path.name: chip for path in sorted(folder.iterdir()) if (chip := chip_in(read_image(path))) is not None}
    names, each = list(chips), list(chips.values())
    found: Duplicates = {}
    for first, second in alike_faces(np.stack([coarse_of(chip) for chip in each])).tolist():
        if same_photo(each[first], each[second]):
            found.setdefault(names[first], []).append(names[second])
            found.setdefault(names[second], []).append(names[first])
    return found


if __name__ == "__main__":
    main()
