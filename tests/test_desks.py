"""What other machines ask of the code: spawned processes, names, encodings, signals, and a GPU that is not CUDA."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
import torch
from desk_work import pid_and_memory

from cli.options import options_from
from curate.errors import UserError
from curate.processes import mapped
from infer.config_walk import PainterOptions
from infer.torch_net import on_arrays
from train import device as place
from train.config import LowresOptions, UpresOptions

ROOT = Path(__file__).parent.parent
PACKAGES = ("curate", "swipeweb", "train", "infer", "cli", "migrations")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES}
RESERVED = {"con", "prn", "aux", "nul", *(f"{name}{n}" for name in ("com", "lpt") for n in range(1, 10))}
ONLY_POSIX = {"fcntl", "pwd", "grp", "termios", "resource", "posix"}
ELSEWHERE_MISSING = re.compile(
    r"\b(os\.(fork|symlink|mkfifo|getuid|geteuid|getloadavg|sched_getaffinity|sysconf|killpg|setsid)"
    r"|signal\.(SIGKILL|SIGHUP|SIGUSR1|SIGUSR2|SIGALRM|alarm)|\.(symlink_to|hardlink_to))\b"
)
TEXT = {"open", "read_text", "write_text"}


def tracked() -> list[str]:
    """The project's files, as git knows them, or as they lie there."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode == 0 and listed.stdout:
        return listed.stdout.splitlines()
    return [path.relative_to(ROOT).as_posix() for path in SOURCES]


def test_work_goes_to_spawned_processes_that_inherit_nothing() -> None:
    with patch.object(sys, "_swipegan_parent", True, create=True), patch.object(os, "fork", side_effect=AssertionError):
        found = list(mapped(pid_and_memory, range(4), processes=2, chunk=2))
    assert os.getpid() not in {pid for pid, _ in found}
    assert not any(inherited for _, inherited in found)


def test_no_two_files_differ_in_case_only() -> None:
    folded = Counter(name.casefold() for name in tracked())
    assert [name for name, count in folded.items() if count > 1] == []


def test_every_name_can_be_written_on_windows() -> None:
    for name in tracked():
        for part in PurePosixPath(name).parts:
            assert part.partition(".")[0].lower() not in RESERVED, name
            assert not re.search(r'[<>:"\\|?*\x00-\x1f]|[ .]$', part), name
        assert len(name) < 150, name


def test_no_package_needs_a_file_that_is_a_link() -> None:
    assert [name for name in tracked() if (ROOT / name).is_symlink()] == []


def calls() -> Iterator[tuple[Path, ast.Call]]:
    for path, tree in TREES.items():
        yield from ((path, node) for node in ast.walk(tree) if isinstance(node, ast.Call))


def test_text_is_read_and_written_in_utf_8() -> None:
    wrong = []
    for path, call in calls():
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        given = {word.arg for word in call.keywords}
        if name not in TEXT or "encoding" in given or ast.unparse(call.func) in ("os.open", "Image.open", "av.open"):
            continue
        if name == "open":
            mode = next((w.value for w in call.keywords if w.arg == "mode"), None)
            places = call.args[1:2] if isinstance(call.func, ast.Name) else call.args[:1]
            mode = mode or (places[0] if places else None)
            if not (isinstance(mode, ast.Constant) and isinstance(mode.value, str)) or "b" in mode.value:
                continue
        elif name == "read_text" and call.args:
            continue
        wrong.append(f"{path.relative_to(ROOT)}:{call.lineno} {ast.unparse(call)[:60]}")
    assert wrong == []


def test_what_only_some_systems_have_is_asked_for_first() -> None:
    wrong = []
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        for number, line in enumerate(text.splitlines(), 1):
            found = ELSEWHERE_MISSING.search(line.partition("#")[0])
            short = found.group().rpartition(".")[2] if found else ""
            if found and not re.search(rf'hasattr\([a-z]+, "{short}"\)|{short}_names', text):
                wrong.append(f"{path.relative_to(ROOT)}:{number} {found.group()}")
    assert wrong == []


def test_no_module_of_posix_alone_is_imported() -> None:
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names]
                assert not set(names) & ONLY_POSIX, path


def test_no_path_begins_with_tmp() -> None:
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert not node.value.startswith(("/tmp", "/var/tmp")), f"{path}:{node.lineno}"


def test_files_are_put_in_place_by_what_replaces_on_windows_too() -> None:
    assert [path.name for path, call in calls() if ast.unparse(call.func) == "os.rename"] == []


@pytest.fixture
def apple(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


@pytest.mark.usefixtures("apple")
def test_an_apple_gpu_is_taken_when_asked_for_and_only_then() -> None:
    assert place.choose_device("mps").type == "mps"
    assert place.choose_device("auto").type == "cpu"
    found = place.place_for(LowresOptions(set="x", device="mps"))
    assert (found.device.type, found.precision, str(found)) == ("mps", torch.float32, "mps, float32")


def test_without_an_apple_gpu_the_message_says_what_to_do() -> None:
    if torch.backends.mps.is_available():
        pytest.skip("this machine has one")
    with pytest.raises(UserError, match="--device cpu"):
        place.choose_device("mps")


@pytest.mark.usefixtures("apple")
def test_an_apple_gpu_trains_in_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place, "size", lambda: 2)
    with pytest.raises(UserError, match="one process"):
        place.choose_device("mps")


def test_an_apple_gpu_that_runs_out_of_memory_halves_the_batch() -> None:
    class Full(torch.nn.Module):
        def forward(self, _: torch.Tensor) -> torch.Tensor:
            raise RuntimeError("MPS backend out of memory (MPS allocated: 5 GB)")

    with pytest.raises(MemoryError):
        on_arrays(Full(), torch.device("cpu"))(np.zeros((1, 3, 4, 4), np.float32))


def test_an_onnx_file_does_not_run_on_an_apple_gpu() -> None:
    from infer.onnx import _providers

    with pytest.raises(UserError, match="--device cpu"):
        _providers(["CPUExecutionProvider"], "mps")


@pytest.mark.parametrize("options", [LowresOptions, UpresOptions, PainterOptions])
def test_every_command_with_a_device_offers_mps(options: Any) -> None:
    import click

    command = click.command()(options_from(options)(lambda options: None))
    [device] = [option for option in command.params if option.name == "device"]
    assert isinstance(device.type, click.Choice)
    assert list(device.type.choices) == ["auto", "cpu", "cuda", "mps"]
