"""Each command is killed at steps drawn at random, meets a full disk and a disk that takes nothing, and goes on."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fault_kit import FULL, KILLED, Command, Disk, Ended, Zygote, is_whole, labels, refresh, rounds
from fault_road import COMMANDS, places

EACH = [pytest.param(command, id=command.name.replace(" ", "-")) for command in COMMANDS]
QUICK = EACH if FULL else [one for one, command in zip(EACH, COMMANDS, strict=True) if not command.slow]
STEP = 1 if FULL else 2  # `make test` tries every second one on a full disk, the others where nothing can be written
FIRST: dict[str, tuple[int, Any]] = {}  # steps and truth of a command that nothing happened to


@pytest.fixture
def fresh(place: Path, template: Path) -> Callable[[], Path]:
    """The workspace as it was, as often as wanted."""

    def again() -> Path:
        refresh(place, template)
        return place

    return again


def undisturbed(command: Command, fresh: Callable[[], Path], zygote: Zygote) -> tuple[int, Any]:
    """How many steps the command takes, and what is then true."""
    if command.name not in FIRST:
        root = fresh()
        ended = zygote.run(root, *command.on(root))
        assert ended.code == 0, ended.errors
        FIRST[command.name] = ended.steps, command.truth(root)
    return FIRST[command.name]


@pytest.mark.parametrize("command", QUICK)
def test_killed_at_any_step_the_same_command_goes_on(
    command: Command, fresh: Callable[[], Path], zygote: Zygote, record_property: Callable[[str, object], None]
) -> None:
    steps, truth = undisturbed(command, fresh, zygote)
    tried = places(command, steps, rounds(1, 40))

    for last in tried:
        root = fresh()
        said = labels(root)
        killed = zygote.run(root, *command.on(root), last=last)
        assert killed.code == KILLED, (last, killed.errors)
        assert is_whole(root), last
        if command.name not in {"import labels", "forget"}:
            assert labels(root) == said, f"labels are lost after a kill at step {last}"

        again = zygote.run(root, *command.on(root))

        assert again.code in {0, *command.done}, (last, again.errors)
        assert command.truth(root) == truth, f"killed at step {last} of {steps}"
    record_property("tried", len(tried))
    record_property("seen", f"{len(tried)} of {steps} steps")


@pytest.mark.parametrize("command", QUICK[::STEP])
def test_on_a_full_disk_the_message_says_what_to_do_and_the_same_command_goes_on(
    command: Command,
    fresh: Callable[[], Path],
    zygote: Zygote,
    disk: Disk | None,
    record_property: Callable[[str, object], None],
) -> None:
    _, truth = undisturbed(command, fresh, zygote)
    amounts = [0, 4096, 20_000, 70_000, 200_000, 700_000][: rounds(1, 6)]

    refused = 0
    for free in amounts:
        root = fresh()
        said = labels(root)
        with little_room(disk, free) as limit:
            ended = zygote.run(root, *command.on(root), **limit)
        refused += is_refused(ended, "room|space")
        assert is_whole(root)
        assert set(said) <= set(labels(root)) or command.name == "forget"

        again = zygote.run(root, *command.on(root))

        assert again.code in {0, *command.done}, again.errors
        assert command.truth(root) == truth
    assert refused, "the disk was never full"
    record_property("tried", len(amounts))
    record_property("seen", f"refused {refused} times, the others found room enough")


@contextlib.contextmanager
def little_room(disk: Disk | None, free: int) -> Iterator[dict[str, int]]:
    """While the disk has so little room; where there is none to fill, no file may grow beyond that."""
    if disk is None:
        yield {"bytes": max(free, 1)}
        return
    with disk.full(free):
        yield {}


@pytest.mark.parametrize("command", QUICK[STEP - 1 :: STEP])
def test_where_nothing_can_be_written_the_message_says_what_to_do(
    command: Command,
    fresh: Callable[[], Path],
    zygote: Zygote,
    disk: Disk | None,
    record_property: Callable[[str, object], None],
) -> None:
    if disk is None:
        pytest.skip("needs a disk of its own: root, and the right to mount")
    _, truth = undisturbed(command, fresh, zygote)
    root = fresh()
    said = labels(root)

    with disk.read_only():
        ended = zygote.run(root, *command.on(root))

    assert is_refused(ended, "written|read-only"), ended
    assert labels(root) == said
    again = zygote.run(root, *command.on(root))
    assert again.code == 0, again.errors
    assert command.truth(root) == truth
    record_property("tried", 1)


def is_refused(ended: Ended, words: str) -> bool:
    """Whether a command ended with a message for people; anything but that and success is a bug."""
    assert ended.code in {0, 1}, ended.errors
    if ended.code == 0:
        return False
    last = ended.errors.strip().splitlines()[-1]
    assert "Traceback" not in ended.errors, ended.errors
    assert last.startswith("Error: "), ended.errors
    assert "/" in last, f"no file is named: {last}"
    assert re.search(words, last, re.IGNORECASE), last
    return True
