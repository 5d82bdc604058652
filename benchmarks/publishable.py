"""Which generated portraits may be shown: those whose nearest training face is not the same person.

    python -m benchmarks.publishable SET PORTRAITS SHEET

A portrait that is nearer to a training face than two photos of one person are (aligned correlation, or dlib descriptor)
is dropped and counted; the others go on a sheet of at most 500 KB.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from curate.faces import find_faces
from curate.files import write_atomically
from curate.guides import in_square
from curate.nearest import gallery
from curate.pixels import encode_jpeg, read_image
from curate.sets import open_set
from infer.sheet import contact_sheet

MOST = 500_000  # bytes of the sheet


def main() -> None:
    """Compare, print a line a portrait and the counts, write the sheet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("set", type=Path)
    parser.add_argument("portraits", type=Path)
    parser.add_argument("sheet", type=Path)
    parser.add_argument("--cell", type=int, default=320)
    options = parser.parse_args()
    faces = open_set(options.set)
    known = gallery(faces)
    same = known.same_person()
    print(f"two photos of one person: {len(same.correlations)} pairs")
    print(f"too near from a correlation of {same.correlation_limit:.3f} or a distance of {same.distance_limit:.3f}")
    kept = []
    for path in sorted(path for path in options.portraits.glob("*.png") if path.name != "sheet.png"):
        picture = read_image(path)
        found = find_faces(picture)
        landmarks = in_square(found[0].landmarks, picture.shape[0]) if found else np.array(faces.info.mean_landmarks)
        nearest = known.nearest(picture, landmarks)
        near = same.is_too_near(nearest)
        line = {"file": path.name, "face": bool(found), "too_near": near}
        print(json.dumps({**line, "correlation": nearest.correlation, "distance": nearest.distance}))
        if not near:
            kept.append((path.stem, picture))
    print(f"{len(kept)} may be shown")
    sheet = contact_sheet(kept, options.cell)
    quality = next(q for q in range(90, 20, -5) if len(encode_jpeg(sheet, q)) <= MOST)
    write_atomically(options.sheet, encode_jpeg(sheet, quality))


if __name__ == "__main__":
    main()
