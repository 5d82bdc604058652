"""What docs/benchmarks.md quotes, one command after the other: `make bench`, or python -m benchmarks."""

from __future__ import annotations

import os
import subprocess
import sys

ALWAYS = [
    ["benchmarks/swipe_wait.py"],
    ["benchmarks/swipe_once.py"],
    ["benchmarks/swipe_scale.py", "--images", "100000"],
    ["benchmarks/flicker.py"],
    ["benchmarks/train.py", "--rounds", "4", "--steps", "1"],
    ["benchmarks/streaming.py", "--faces", "1000", "10000"],
    ["-m", "benchmarks.prints"],
    ["-m", "benchmarks.million", "--images", "100000"],
]
WITH_PHOTOS = [
    ["-m", "benchmarks.curation", "suite", "--clean", "200", "--spoiled", "40"],
    ["-m", "benchmarks.copies"],
]
WITH_CLEANVISION = ["-m", "benchmarks.curation", "speed", "--clean", "200", "--cleanvision"]


def main() -> int:
    """Run each benchmark in a process of its own; the exit code tells how many failed."""
    commands = list(ALWAYS)
    if os.environ.get("SWIPEGAN_PHOTOS"):
        commands += WITH_PHOTOS
        if rival := os.environ.get("CLEANVISION_PYTHON"):  # python of an environment that has cleanvision
            commands.append([*WITH_CLEANVISION, rival])
    else:
        print("SWIPEGAN_PHOTOS names no folder of real photos: what needs them is left out", file=sys.stderr)
    failed = 0
    for command in commands:
        print(f"\n== python {' '.join(command)}", flush=True)
        failed += subprocess.run([sys.executable, *command], check=False).returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(main())
