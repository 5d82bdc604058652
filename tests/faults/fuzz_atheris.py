"""Fuzzing that looks at which branches an input takes, of what is parsed in Python: `pip install atheris`, then

    python tests/faults/fuzz_atheris.py TARGET -runs=100000      one of those in fuzz_targets.py
    python tests/faults/fuzz_atheris.py --all FOLDER -runs=...   one after another, each writes FOLDER/TARGET.txt

It is no test: libFuzzer ends the process at the first crash, and the input lies in a file beside it.
"""

from __future__ import annotations

import contextlib
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).parent.parent))  # the fixtures of all tests

with atheris.instrument_imports(include=["curate", "swipeweb", "infer"]):
    from fuzz_targets import TARGETS, mutated


def fuzz(name: str, options: list[str]) -> None:
    """Fuzz one of the targets until libFuzzer has had enough."""
    target = TARGETS[name]

    def once(data: bytes) -> None:
        with contextlib.suppress(*target.refusals):
            target.run(data)

    def change(data: bytes, most: int, seed: int) -> bytes:
        return mutated(data, random.Random(seed), lambda part: bytes(atheris.Mutate(part, max(len(part), 8) + 8)))[
            :most
        ]

    seeds = Path(tempfile.mkdtemp(prefix="seeds"))
    for number, data in enumerate(target.seeds()):
        (seeds / str(number)).write_bytes(data)
    atheris.Setup([sys.argv[0], *options, str(seeds)], once, custom_mutator=change)
    atheris.Fuzz()


def fuzz_all(folder: Path, options: list[str]) -> int:
    """Fuzz all targets, each in a process of its own; returns how many found something."""
    folder.mkdir(parents=True, exist_ok=True)
    found = 0
    for name in TARGETS:
        command = [sys.executable, __file__, name, f"-artifact_prefix={folder}/{name}-", *options]
        with (folder / f"{name}.txt").open("w") as log:
            found += subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, check=False).returncode != 0
    return found


if __name__ == "__main__":
    if sys.argv[1] == "--all":
        raise SystemExit(fuzz_all(Path(sys.argv[2]), sys.argv[3:]))
    fuzz(sys.argv[1], sys.argv[2:])
