"""The third stage: prints of portraits, killed and begun again; memory that does not grow with the height."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from infer_runs import bicubic, drawn_face, painter, workspace_with_runs, write_runs
from set_fixtures import LANDMARKS

from cli.main import call
from curate.errors import UsageProblem
from curate.guides import draw_guide, lowres_input
from curate.pixels import read_image
from curate.workspace import Workspace
from infer.config import GenerateImagesOptions
from infer.images import run
from infer.landmarks import Placed
from infer.paint import PaintSettings
from infer.portrait import Small, Studio
from infer.recipe import AI_MADE, read_recipe
from infer.third import Printer, Third

ROOT = Path(__file__).parent.parent
TILES = PaintSettings(tile=16, overlap=5)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory) -> Workspace:
    return workspace_with_runs(tmp_path_factory.mktemp("workspace"))


def options(tmp_path: Path, **values) -> GenerateImagesOptions:
    given = {"lowres": "faces", "upres": "large", "count": 1, "output": tmp_path / "out", "device": "cpu"} | values
    return GenerateImagesOptions(**given)


def test_the_portrait_is_made_smaller_and_its_guide_drawn_at_its_size():
    third = Third(painter(bicubic), TILES, 1024)
    portrait = drawn_face(3, 384)
    stack = third.stack(portrait, Placed(LANDMARKS, "detector"))
    np.testing.assert_array_equal(stack, lowres_input(portrait, draw_guide(LANDMARKS, 384, "rgb"), 128))
    empty = third.stack(portrait, Placed(LANDMARKS, "none"))
    assert (empty[3:] == -1).all()


def test_a_print_agrees_with_its_portrait(tmp_path):
    studio = Studio(painter(bicubic), TILES)
    portrait = next(studio.portraits([Small("7", drawn_face(3, 64), Placed(LANDMARKS, "detector"))]))
    printer = Printer(Third(painter(bicubic), TILES, 512))
    path = tmp_path / "print.png"
    printer.write(path, portrait, {"seed": 7})
    large = read_image(path)
    assert large.shape == (512, 512, 3)
    cells = large.reshape(64, 8, 64, 8, 3).mean(axis=(1, 3)).transpose(2, 0, 1)
    seen = printer.third.stack(portrait.picture, portrait.placed)[:3]
    assert np.abs(cells / 127.5 - 1 - seen).mean() < 0.002
    assert read_recipe(path).result["third"]["lowres_psnr"] > 55


@pytest.mark.parametrize(("kind", "suffix"), [("png", ".png"), ("tiff", ".tif")])
def test_prints_are_written_in_the_format_and_resolution_asked_for(workspace, tmp_path, kind, suffix):
    given = options(tmp_path, stages=3, size=256, format=kind, dpi=300.0, steps=True)
    summary = run(workspace, given)
    path = summary.folder / f"000000{suffix}"
    recipe = read_recipe(path)
    assert read_image(path).shape == (256, 256, 3)
    assert recipe.request["size"] == 384  # what the second stage paints
    assert recipe.request["third"]["size"] == 256
    assert recipe.request["file"] == {"format": kind, "dpi": 300.0}
    assert recipe.result["third"]["tiles"] == 9
    assert AI_MADE.encode() in path.read_bytes()
    assert {path.name for path in summary.folder.iterdir()} == {path.name, "000000-steps.png", "sheet.png"}
    assert run(workspace, given).made == 0


def test_the_side_of_a_print_is_eight_times_two_thirds_of_the_portrait(workspace, tmp_path):
    from infer.third import printer_for
    from infer.torch_net import open_generator

    upres = open_generator(workspace.runs / "large", "upres", "cpu")
    assert printer_for(workspace, options(tmp_path, stages=3), upres, None).third.side == 2048  # 384 -> 256 -> 2048
    full = upres.card | {"stacked": 96, "tile": 32}
    loaded = type(upres)(upres.net, full, upres.digest)
    assert printer_for(workspace, options(tmp_path, stages=3), loaded, None).third.side == 4096
    with pytest.raises(UsageProblem, match="third stage"):
        printer_for(workspace, options(tmp_path, stages=3, size=64), upres, None)


def test_another_run_may_serve_the_third_stage(workspace, tmp_path):
    write_runs(tmp_path / "other", seed=5)
    other = str(tmp_path / "other" / "runs" / "large")
    summary = run(workspace, options(tmp_path, stages=3, size=256, third_run=other, sheet=False))
    recipe = read_recipe(summary.folder / "000000.png")
    assert recipe.request["third"]["run"] != recipe.request["upres"]
    with pytest.raises(ValueError, match="--stages 3"):
        options(tmp_path, third_run=other)


def test_candidates_are_chosen_in_the_third_stage_too(workspace, tmp_path):
    given = options(tmp_path, stages=3, size=256, candidates="flip", sheet=False)
    found = read_recipe(run(workspace, given).folder / "000000.png").result
    assert len(found["third"]["candidates"]) == found["third"]["tiles"] == 9


def test_killed_in_the_middle_of_a_print_no_half_file_stands_there_and_the_same_command_finishes(workspace, tmp_path):
    command = ["-w", str(workspace.root), "generate", "images", "--lowres", "faces", "--upres", "large", "--count", "1"]
    command += ["--device", "cpu", "--no-sheet", "--stages", "3", "--size", "640", "--format", "tiff", "--output"]
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    program = [sys.executable, "-c", "import torch; torch.set_num_threads(1); from cli.main import main; main()"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen([*program, *command, str(killed)], **quiet, env={**os.environ, "OMP_NUM_THREADS": "1"})
    deadline = time.monotonic() + 120
    while not any(path.stat().st_size > 1000 for path in killed.glob(".*.tmp")):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert list(killed.glob("0*")) == []

    assert call([*command, str(killed)]) == 0
    assert call([*command, str(whole)]) == 0

    assert (killed / "000000.tif").read_bytes() == (whole / "000000.tif").read_bytes()


def test_memory_does_not_grow_with_the_height():
    def peak(height: int) -> float:
        asked = [sys.executable, "-m", "benchmarks.prints", "job", "128", str(height), "png", "none"]
        told = subprocess.run(asked, check=True, stdout=subprocess.PIPE, cwd=ROOT).stdout
        return json.loads(told)["peak"]

    assert peak(12288) < 1.1 * peak(1536)  # seven sums a pixel for all of it would be 44 MB
