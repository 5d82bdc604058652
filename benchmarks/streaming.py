"""Training on sets larger than memory: what opening, reading and memory cost as the set grows.

Faces are a few drawn ones under many names (hard links in a folder, copies in tar files): what is measured is the way
from the disk's cache to the batch, as a set that has just been written is read.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from curate.config import ExportSetOptions  # noqa: E402 - after the path is set
from curate.export_set import run as export_set  # noqa: E402 - as above
from curate.files import read_json  # noqa: E402 - as above
from curate.progress import be_quiet  # noqa: E402 - as above
from curate.sets import INFO, Entry, FaceSet, open_set, seal  # noqa: E402 - as above
from curate.workspace import Workspace  # noqa: E402 - as above

DRAWN = 16  # different faces
COPIED = 1024  # names after which a file is copied, a multiple of DRAWN
BATCH, TILE = 16, 16


def main() -> None:
    """Print the tables of docs/benchmarks.md."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--faces", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    arguments.add_argument("--side", type=int, default=192, help="of a face in pixels, at least 128")
    arguments.add_argument("--seconds", type=float, default=10, help="of training in each cell")
    arguments.add_argument("--workers", type=int, default=2)
    arguments.add_argument("--once", type=Path, help=argparse.SUPPRESS)
    arguments.add_argument("--stage", default="lowres", help=argparse.SUPPRESS)
    options = arguments.parse_args()
    be_quiet()
    if options.once:
        print(json.dumps(once(options.once, options.stage, options.seconds, options.workers)))
        return
    print("| faces | form | stage | opened in | images/s | waiting for faces | peak memory | held, faces would add |")
    print("|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for count in options.faces:
            for form, path in sets(Path(folder) / str(count), count, options.side):
                for stage in ("lowres", "upres"):
                    print(row(count, form, stage, path, options), flush=True)
    print()
    reading(options.workers)


def row(count: int, form: str, stage: str, path: Path, options: argparse.Namespace) -> str:
    """One training in a process of its own, as a line of the table."""
    more = ["--once", str(path), "--stage", stage, "--seconds", str(options.seconds)]
    command = [sys.executable, __file__, *more, "--workers", str(options.workers)]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    held = count * (128**2 * 3 if stage == "lowres" else options.side**2 * 3 + (options.side // 8) ** 2 * 36)
    return (
        f"| {count:,} | {form} | {stage} | {found['opened']:.1f} s | {found['rate']:.0f} | {found['waits']:.0%} | "
        f"{found['peak'] / 1e6:,.0f} MB | {held / 1e6:,.0f} MB |"
    )


def once(path: Path, stage: str, seconds: float, workers: int) -> dict[str, float]:
    """Open a set, train a tiny network on it for some seconds, and say how that went."""
    from train import lowres, upres
    from train.config import LowresOptions, UpresOptions
    from train.device import place_for

    common: dict[str, Any] = {"set": str(path), "width": 0.06, "batch": BATCH, "threads": 1, "device": "cpu"}
    common |= {"stream": True, "workers": workers}
    began = time.monotonic()
    faces = open_set(path)
    opened = time.monotonic() - began
    if stage == "lowres":
        options: Any = LowresOptions(**common, extent=128)
        made: Any = lowres.LowresStage(faces, options, place_for(options))
    else:
        options = UpresOptions(**common, tile=TILE, preset="residual")
        made = upres.UpresStage(faces, options, place_for(options))
    made.step(0)
    waited = watched(made.data._ahead)
    seen, began = BATCH, time.monotonic()
    while time.monotonic() - began < seconds:
        made.step(seen)
        seen += BATCH
    took = time.monotonic() - began
    return {"opened": opened, "rate": (seen - BATCH) / took, "waits": sum(waited) / took, "peak": peak()}


def watched(ahead: Any) -> list[float]:
    """Seconds that each batch is waited for, filled as training goes on."""
    waited: list[float] = []
    get = ahead.get

    def timed(keys: Any) -> Any:
        began = time.monotonic()
        found = get(keys)
        waited.append(time.monotonic() - began)
        return found

    ahead.get = timed
    return waited


def peak() -> int:
    """The most memory that this process had at one time, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def reading(workers: int) -> None:
    """How many faces a second threads give to a batch, by the size of the faces."""
    import torch

    from train.stream import StreamedFaces, StreamedTiles

    print("| a face of | format | threads | stage 1, small faces/s | stage 2, crops/s |")
    print("|---|---|---|---|---|")
    for side, form in ((128, "webp"), (768, "webp"), (768, "jpeg")):
        with tempfile.TemporaryDirectory() as folder:
            faces = drawn(Path(folder), side, form)
            for count in sorted({1, workers}):
                small = StreamedFaces(faces, faces.train, 128, count)
                crops = StreamedTiles(faces, faces.train, 128, TILE, count)
                rates = [
                    rate(lambda n: small.take(*_drawn(small, n))),  # noqa: B023 - called before the next turn
                    rate(lambda n: crops.crop(crops.draw(0, n, BATCH), torch.device("cpu"))),  # noqa: B023 - as above
                ]
                print(f"| {side} px | {form} | {count} | {rates[0]:.0f} | {rates[1]:.0f} |", flush=True)


def _drawn(small: Any, seen: int) -> tuple[Any, Any]:
    import numpy as np

    from train.counters import order

    return order(0, seen, BATCH, len(small)), np.zeros(BATCH, np.bool_)


def rate(batch: Any, seconds: float = 4.0) -> float:
    """Images a second of batches that are asked for one after the other."""
    batch(0)
    seen, began = BATCH, time.monotonic()
    while time.monotonic() - began < seconds:
        batch(seen)
        seen += BATCH
    return (seen - BATCH) / (time.monotonic() - began)


def drawn(folder: Path, side: int, form: str = "webp") -> FaceSet:
    """A set of a few drawn faces."""
    from set_fixtures import small_set

    return small_set(folder, count=DRAWN + 1, size=side, format=form).faces


def sets(folder: Path, count: int, side: int) -> Iterator[tuple[str, Path]]:
    """A set of `count` faces as a folder, then as tar files."""
    faces = drawn(folder / "few", side)
    many = folder / "sets" / "many"
    (many / "faces").mkdir(parents=True)
    entries = [linked(faces, faces.train[number % DRAWN], number, many) for number in range(count)]
    seal(many, {**read_json(faces.path / INFO), "name": "many"}, entries)
    yield "folder", many
    workspace = Workspace(folder)
    yield "tar", export_set(workspace, ExportSetOptions(set="many", output=folder / "tar", form="webdataset")).folder


def linked(faces: FaceSet, entry: Entry, number: int, many: Path) -> Entry:
    """One of the faces under another name; a file may have 65,000 names, so there is a new copy every so often."""
    name = f"{number:016x}"
    source = many / "faces" / f"{number - number % COPIED + number % DRAWN:016x}.webp"
    target = many / "faces" / f"{name}.webp"
    if number % COPIED < DRAWN:
        target.write_bytes(faces.face_bytes(entry))
    else:
        target.hardlink_to(source)
    face = f"faces/{name}.webp"
    digest = entry.face_sha256
    return dataclasses.replace(entry, id=name, face=face, guide="", guide_sha256="", face_sha256=digest, held_out=False)


if __name__ == "__main__":
    main()
