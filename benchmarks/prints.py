"""Memory and time of prints: pictures of one width and very unlike heights, by a network that costs nothing.

python -m benchmarks.prints             2048 x 8192 and 2048 x 65536, each format
python -m benchmarks.prints portrait    4096 x 4096 by an untrained network of half the channels, all three stages
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

HEIGHTS = (8192, 65536)
KINDS = (("png", "none"), ("tiff", "none"), ("bigtiff", "none"), ("png", "flip"))


def bicubic(crops: np.ndarray) -> np.ndarray:
    """The cheapest network: (B, 6, T, T) -> (B, 3, 8T, 8T)."""
    from infer.project import enlarge

    return np.stack([enlarge(crop[:3]) for crop in crops])


def job(width: int, height: int, kind: str, candidates: str) -> dict[str, float]:
    """Paint and write one picture in this process; its peak memory and time."""
    import cv2

    from infer.engine import TileEngine
    from infer.paint import Painter, PaintSettings, quantised
    from infer.prints import Layout, write_print
    from infer.recipe import Recipe
    from infer.stream import Source, Stream

    cv2.setNumThreads(1)
    before = peak()
    small = np.random.default_rng(0).integers(0, 256, (height // 8, width // 8, 3), dtype=np.uint8)
    settings = PaintSettings(candidates=candidates, weights=(("contrast", 1.0),))
    stream = Stream(Painter(TileEngine(bicubic), settings), Source.of_pixels(small, blank=3))
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "print"
        bands = (quantised(band, np.dtype(np.uint8)) for band in stream.bands())
        write_print(path, bands, Layout(width, height), lambda: Recipe({}, stream.result()), kind)
        seconds, size = time.perf_counter() - started, path.stat().st_size
    return {"peak": peak(), "grown": peak() - before, "seconds": seconds, "bytes": size}


def peak() -> float:
    """Most memory that this process ever held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measured(width: int, height: int, kind: str, candidates: str = "none") -> dict[str, float]:
    """`job` in a process of its own, so that nothing else counts."""
    asked = [sys.executable, "-m", "benchmarks.prints", "job", str(width), str(height), kind, candidates]
    done = subprocess.run(asked, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def compare(width: int = 2048) -> None:
    """Print the table, and whether the tall pictures took at most a tenth more memory."""
    print("| format | candidates | size | peak MB | grown MB | seconds | file MB | memory, tall to short |")
    print("|---|---|---|---|---|---|---|---|")
    held = True
    for kind, candidates in KINDS:
        short, tall = (measured(width, height, kind, candidates) for height in HEIGHTS)
        for height, found in zip(HEIGHTS, (short, tall), strict=True):
            ratio = f"{tall['peak'] / short['peak']:.3f}" if found is tall else ""
            print(
                f"| {kind} | {candidates} | {width} x {height} | {found['peak']:.0f} | {found['grown']:.0f} "
                f"| {found['seconds']:.0f} | {found['bytes'] / 1e6:.0f} | {ratio} |",
                flush=True,
            )
        held = held and tall["peak"] <= 1.1 * short["peak"]
    print(f"The aim, at most 1.100, is {'met' if held else '**missed**'}.")


def portrait() -> bool:
    """A portrait of 4096 by an untrained network; whether it took at most 2 GB."""
    import torch

    from infer.engine import TileEngine
    from infer.landmarks import Placed
    from infer.paint import PaintSettings, quantised
    from infer.prints import Layout, write_print
    from infer.recipe import Recipe
    from infer.third import Third
    from infer.torch_net import Loaded, on_arrays
    from train.networks import build

    network = build(
        {"kind": "jnet", "channels": 6, "tile": 32, "width": 0.5, "encoder": "text", "preset": "residual"}
    ).eval()
    card = {"lowres_extent": 128, "stacked": 96, "tile": 32, "guide": "rgb"}
    third = Third(Loaded(on_arrays(network, torch.device("cpu")), card, "0" * 64), PaintSettings(), 4096)
    assert isinstance(third.painter.engine, TileEngine)
    rng = np.random.default_rng(0)
    face = rng.integers(0, 256, (768, 768, 3), dtype=np.uint8)
    stream = third.stream(face, Placed(rng.random((68, 2)), "detector"))
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        bands = (quantised(band, np.dtype(np.uint8)) for band in stream.bands())
        write_print(Path(folder) / "a.png", bands, Layout(4096, 4096), lambda: Recipe({}, stream.result()))
    print(f"4096 x 4096, 529 tiles: {time.perf_counter() - started:.0f} s, peak memory {peak():.0f} MB")
    return peak() <= 2000


def main() -> int:
    """What the arguments ask for; the exit code tells whether a portrait kept to its memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="?", default="compare", choices=["compare", "job", "portrait"])
    parser.add_argument("job", nargs="*", help="for job: width, height, format, candidates")
    given = parser.parse_args()
    if given.what == "job":
        width, height, kind, candidates = given.job
        print(json.dumps(job(int(width), int(height), kind, candidates)))
        return 0
    if given.what == "compare":
        compare()
        return 0
    return 0 if portrait() else 1


if __name__ == "__main__":
    sys.exit(main())
