"""What two processes must not do at once: the second is refused in words, writes nothing, and goes on afterwards."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fault_kit import FULL, Zygote, is_whole, tree
from fault_road import COMMANDS

from curate.alone import alone

LOCKS = {"guides": "sets/.small.lock", "train lowres": "runs/one/.lock", "train upres": "runs/two/.lock"}
EACH = [pytest.param(command, id=command.name) for command in COMMANDS if command.name in LOCKS]
QUICK = EACH if FULL else [one for one, name in zip(EACH, LOCKS, strict=True) if name == "guides"]


@pytest.mark.parametrize("command", QUICK)
def test_what_another_process_writes_is_left_alone_and_the_command_goes_on_after_it(
    command: Any, place: Path, zygote: Zygote, record_property: Callable[[str, object], None]
) -> None:
    lock = place / LOCKS[command.name]
    with alone(lock, "", ""):
        before = tree(place, ".json", ".jsonl", ".png", ".jpeg", ".pt", ".safetensors")
        refused = zygote.run(place, *command.on(place))
        assert refused.code == 1
        assert f"(pid {os.getpid()}, since " in refused.errors
        assert "wait for it" in refused.errors
        assert tree(place, ".json", ".jsonl", ".png", ".jpeg", ".pt", ".safetensors") == before

    again = zygote.run(place, *command.on(place))

    assert again.code == 0, again.errors
    assert is_whole(place)
    record_property("tried", 1)
