"""How well and how fast the curation sees: the defect suite on portraits, and images per second beside cleanvision.

    SWIPEGAN_PHOTOS=... python -m benchmarks.curation suite [--only DEFECT]
    SWIPEGAN_PHOTOS=... python -m benchmarks.curation cost
    SWIPEGAN_PHOTOS=... python -m benchmarks.curation speed --cleanvision /tmp/cv/bin/python

The portraits are of other people than those that the detectors were fitted on. cleanvision belongs into an environment
of its own: python -m venv /tmp/cv && /tmp/cv/bin/pip install cleanvision==0.3.7
"""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from benchmarks import defects as make
from benchmarks.curation_cost import costs_of
from benchmarks.detector_rows import portraits, values_of
from curate.faces import find_faces
from curate.pixels import decode, encode_jpeg

Pixels = NDArray[np.uint8]
Values = dict[str, float | None]
Spoil = Callable[[Pixels, make.Points, np.random.Generator], Pixels | bytes]

# name -> the score that should see it, how it is done, what was aimed at
SUITE: dict[str, tuple[str, Spoil, str]] = {
    "blur sigma 2": ("blur", lambda i, p, d: make.gaussian(i, 2), "TPR .99"),
    "blur sigma 4": ("blur", lambda i, p, d: make.gaussian(i, 4), "TPR .99"),
    "blur sigma 8": ("blur", lambda i, p, d: make.gaussian(i, 8), "TPR .99"),
    "blur sigma 4, noise 12": ("blur", lambda i, p, d: make.noisy(make.gaussian(i, 4), 12, d), "AUC .99"),
    "blur sigma 4, face only": ("blur", lambda i, p, d: make.face_only(i, p, 4), "AUC .99"),
    "motion 15 px": ("motion_blur", lambda i, p, d: make.motion(i, 15, d.uniform(0, np.pi)), "AUC .99"),
    "motion 31 px": ("motion_blur", lambda i, p, d: make.motion(i, 31, d.uniform(0, np.pi)), "AUC .99"),
    "half-tone grey, 4 px": ("halftone", lambda i, p, d: make.halftone(i, 4, False), "TPR .99"),
    "half-tone grey, 10 px": ("halftone", lambda i, p, d: make.halftone(i, 10, False), "TPR .99"),
    "half-tone CMY, 6 px": ("halftone", lambda i, p, d: make.halftone(i, 6, True), "TPR .99"),
    "half-tone CMY, 6 px, q40": ("halftone", lambda i, p, d: make.jpeg(make.halftone(i, 6, True), 40), "TPR .99"),
    "half-tone CMY, 6 px, 40 %": ("halftone", lambda i, p, d: make.halftone(i, 6, True, 0.4), "TPR .95"),
    "JPEG q10": ("jpeg", lambda i, p, d: make.jpeg(i, 10), "TPR .97"),
    "JPEG q20": ("jpeg", lambda i, p, d: make.jpeg(i, 20), "TPR .97"),
    "JPEG q20, again q95": ("jpeg", lambda i, p, d: make.jpeg(i, 20, 95), "TPR .97"),
    "upscaled x4": ("upscaled", lambda i, p, d: make.upscaled(i, 4), "TPR .99"),
    "upscaled x2": ("upscaled", lambda i, p, d: make.upscaled(i, 2), "TPR .95"),
    "grey": ("grey", lambda i, p, d: make.grey(i), "TPR 1.00"),
    "sepia": ("grey", lambda i, p, d: make.grey(i, (1, 0.85, 0.65)), "TPR 1.00"),
    "dark x0.2": ("bad_exposure", lambda i, p, d: make.exposed(i, 0.2), "-"),
    "over-exposed 2.2x + 60": ("bad_exposure", lambda i, p, d: make.exposed(i, 2.2, 60), "-"),
    "drawing": ("drawing", lambda i, p, d: make.spoiled("drawing", i, p, d), "-"),
    "occlusion": ("occlusion", lambda i, p, d: make.spoiled("occlusion", i, p, d), "-"),
}
FALSE_ALARMS = {"grey": 0.005}  # of clean portraits; 1 % for the others


def main() -> None:
    """One of the benchmarks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("which", choices=["suite", "speed", "cost"])
    parser.add_argument("--clean", type=int, default=150, help="clean portraits")
    parser.add_argument("--spoiled", type=int, default=40, help="portraits that each defect is done to")
    parser.add_argument("--only", action="append", choices=list(SUITE), help="a defect of the suite; may be repeated")
    parser.add_argument("--cleanvision", type=Path, help="python of an environment with cleanvision")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    photos = Path(os.environ.get("SWIPEGAN_PHOTOS", "../shared/photos"))
    lines = {
        "suite": lambda: suite(photos, arguments.clean, arguments.spoiled, arguments.only),
        "speed": lambda: speed(photos, arguments.cleanvision, arguments.clean, arguments.rounds),
        "cost": lambda: cost(photos, arguments.clean),
    }
    for line in lines[arguments.which]():
        print(line, flush=True)


def cost(photos: Path, count: int) -> Iterator[str]:
    """A line of a Markdown table per part of a scan: median milliseconds of the processor for a 1024-pixel JPEG."""
    spent: dict[str, list[float]] = {}
    for path in portraits(photos, half=1)[:count]:
        for part, milliseconds in costs_of(encode_jpeg(at(decode(path.read_bytes()), 1024), 92)):
            spent.setdefault(part, []).append(milliseconds)
    yield f"| part of a scan ({count} portraits of 1024 px) | ms |"
    yield "|---|---|"
    for part, each in spent.items():
        yield f"| {part} | {np.median(each):.2f} |"


def suite(photos: Path, clean: int, spoiled: int, only: Sequence[str] | None) -> Iterator[str]:
    """A line of a Markdown table per defect: share found at 1 % false alarms on clean portraits, and AUC."""
    images = [at(decode(path.read_bytes()), 1024) for path in portraits(photos, half=1)[:clean]]
    base = [values_of(encode_jpeg(image, 92))[0] for image in images]
    faces = [find_faces(image)[0].landmarks for image in images[:spoiled]]
    yield f"| defect ({len(base)} clean, {len(faces)} spoiled) | score | found at 1 % false alarms | AUC | aim |"
    yield "|---|---|---|---|---|"
    for name in only or SUITE:
        score, spoil, aim = SUITE[name]
        done = [
            spoil(image, points, dice(name, k)) for k, (image, points) in enumerate(zip(images, faces, strict=False))
        ]
        bad = scores(score, [values_of(d if isinstance(d, bytes) else encode_jpeg(d, 92))[0] for d in done])
        good = scores(score, base)
        limit = np.quantile(good, 1 - FALSE_ALARMS.get(score, 0.01))
        auc = roc_auc_score([0] * len(good) + [1] * len(bad), [*good, *bad])
        yield f"| {name} | {score} | {np.mean(np.array(bad) > limit):.3f} | {auc:.4f} | {aim} |"
    if not only:
        yield f"same verdict on blur at 512, 1024 and 2048: {steadiness(images[:spoiled]):.3f}"


def scores(name: str, measured: list[Values]) -> list[float]:
    """A score of each picture; one that is not known counts as 0.5."""
    return [0.5 if (value := values[name]) is None else value for values in measured]


def steadiness(images: list[Pixels]) -> float:
    """Share of pictures, clean and blurred by 3 pixels of 1024, of which three sizes get the same verdict on blur."""
    same = []
    for image in images:
        for picture in (image, make.gaussian(image, 3)):
            found = [values_of(encode_jpeg(at(picture, side), 92))[0]["blur"] for side in (512, 1024, 2048)]
            same.append(len({value is not None and value > 0.5 for value in found}) == 1)
    return float(np.mean(same))


def at(image: Pixels, side: int) -> Pixels:
    """A square picture at that many pixels."""
    how = cv2.INTER_AREA if side < image.shape[0] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, (side, side), interpolation=how), np.uint8)


def dice(name: str, number: int) -> np.random.Generator:
    """The same chances on every run."""
    return np.random.default_rng(zlib.crc32(f"{name} {number}".encode()))


def speed(photos: Path, cleanvision: Path, count: int, rounds: int) -> Iterator[str]:
    """Scan and cleanvision in turns on the same 1024-pixel JPEG files, each with as many processes as processors."""
    with tempfile.TemporaryDirectory() as folder:
        pictures = Path(folder) / "pictures"
        pictures.mkdir()
        for path in portraits(photos, half=1)[:count]:
            (pictures / path.name).write_bytes(encode_jpeg(at(decode(path.read_bytes()), 1024), 92))
        count = len(list(pictures.iterdir()))
        processors = len(os.sched_getaffinity(0))
        code = (
            "from cleanvision import Imagelab; import sys; "
            f"Imagelab(data_path=sys.argv[1]).find_issues(n_jobs={processors}, verbose=False)"
        )
        ratios = []
        for number in range(rounds):
            workspace = str(Path(folder) / f"workspace{number}")
            ours = timed([sys.executable, "-m", "cli", "-q", "-w", workspace, "scan", str(pictures)])
            theirs = timed([str(cleanvision), "-W", "ignore", "-c", code, str(pictures)])
            ratios.append((theirs[0] / ours[0], theirs[1] / ours[1]))
            yield f"round {number + 1}, start included, {processors} processors: " + "; ".join(
                f"{who} {count / wall:.1f} images/s, {count / cpu:.1f} per CPU second"
                for who, (wall, cpu) in (("swipegan", ours), ("cleanvision", theirs))
            )
        wall, cpu = np.median(ratios, axis=0)
        yield f"ratio, median of {rounds}: {wall:.2f} by the clock, {cpu:.2f} by CPU time"
        yield f"of each round: {np.round(ratios, 2).tolist()}"


def timed(command: list[str]) -> tuple[float, float]:
    """Seconds by the clock, and of the processors, that a command and all processes of its session took."""
    began, used = time.perf_counter(), dict[int, int]()
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    while running.poll() is None:
        used |= ticks_of(running.pid)  # workers of a fork server are nobody's children, so they are looked at meanwhile
        time.sleep(0.05)
    if running.returncode:
        raise subprocess.CalledProcessError(running.returncode, command)
    return time.perf_counter() - began, sum(used.values()) / os.sysconf("SC_CLK_TCK")


def ticks_of(session: int) -> dict[int, int]:
    """Processor time so far of each process of a session, in clock ticks (Linux)."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[3]) == session:
                found[int(stat.parent.name)] = int(fields[11]) + int(fields[12])
    return found


if __name__ == "__main__":
    main()
