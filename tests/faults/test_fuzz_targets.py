"""Targets of the fuzzer that looks at branches: what they begin with is understood, what it found is refused."""

from __future__ import annotations

import contextlib
import json
import random
from typing import Any

import pytest
from fuzz_targets import LINE, TARGETS, Target, an_entry, mutated, some_cards

from curate.files import parsed


def runs(target: Target, data: bytes) -> None:
    with contextlib.suppress(*target.refusals):
        target.run(data)


@pytest.mark.filterwarnings("ignore")  # as for people: Pillow tells of odd tags
@pytest.mark.parametrize("name", TARGETS)
def test_seeds_are_understood_and_changes_of_them_too_or_refused(name: str) -> None:
    target, dice = TARGETS[name], random.Random(1)
    for seed in target.seeds():
        if seed != b"\x89PNG\r\n\x1a\n":  # a start to build on
            target.run(seed)
        for _ in range(60):
            runs(target, mutated(seed, dice, lambda data: data[: dice.randint(0, len(data))] + dice.randbytes(2)))


@pytest.mark.parametrize(
    ("name", "seed", "way"),
    [("index", an_entry()[0], ["landmarks", 3, 0]), ("card", some_cards()[0], ["mean_box", 1])],
)
def test_a_number_of_400_digits_is_refused(name: str, seed: bytes, way: list[Any]) -> None:
    content = parsed(seed)
    inner = content
    for step in way[:-1]:
        inner = inner[step]
    inner[way[-1]] = 10**400

    with pytest.raises(LINE):
        TARGETS[name].run(json.dumps(content).encode())
