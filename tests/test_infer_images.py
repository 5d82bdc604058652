"""`generate images`: by seed, with recipes, resumed after a kill, and only what is missing."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from infer_fixtures import lowres_picture
from infer_runs import bicubic, card, drawn_face, painter, workspace_with_runs
from set_fixtures import LANDMARKS

from cli.main import call
from curate.errors import UsageProblem, UserError
from curate.pixels import read_image
from curate.workspace import Workspace
from infer.config import GenerateImagesOptions
from infer.images import Images, run
from infer.landmarks import Placed
from infer.paint import PaintSettings
from infer.recipe import AI_MADE, NoRecipe, Recipe, chunks, is_finished, read_recipe, write_picture
from infer.torch_net import Loaded, on_arrays, open_generator


@pytest.fixture(scope="module")
def workspace(tmp_path_factory) -> Workspace:
    return workspace_with_runs(tmp_path_factory.mktemp("workspace"))


@pytest.fixture(scope="module")
def plain(workspace, tmp_path_factory) -> Path:
    """A folder with one portrait of the default options."""
    return run(workspace, options(tmp_path_factory.mktemp("plain"), count=1)).folder


def options(tmp_path: Path, **values) -> GenerateImagesOptions:
    given = {"lowres": "faces", "upres": "large", "count": 2, "output": tmp_path / "out", "device": "cpu"} | values
    return GenerateImagesOptions(**given)


def pictures(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.png"))}


def test_portraits_come_with_a_sheet_a_recipe_and_the_mark_of_ai(workspace, tmp_path):
    summary = run(workspace, options(tmp_path, count=3, seed=7))

    assert summary.made == 3
    assert list(pictures(summary.folder)) == ["000007.png", "000008.png", "000009.png", "sheet.png"]
    assert read_image(summary.folder / "000007.png").shape == (384, 384, 3)
    recipe = read_recipe(summary.folder / "000008.png")
    assert recipe.request["seed"] == 8
    assert len(recipe.request["lowres"]) == len(recipe.request["upres"]) == 64
    assert recipe.request["paint"]["overlap"] == 5
    assert recipe.result["landmarks"] in {"detector", "detector with border", "mean box", "mean landmarks"}
    assert recipe.result["tiles"] == 16
    assert recipe.result["lowres_psnr"] > 40
    for name in pictures(summary.folder):
        xmp = dict(chunks((summary.folder / name).read_bytes()))[b"iTXt"]
        assert xmp.startswith(b"XML:com.adobe.xmp\0")
        assert AI_MADE.encode() in xmp
    assert "3 portraits made" in summary.text()


def test_the_same_command_again_makes_only_what_is_missing(workspace, tmp_path):
    given = options(tmp_path, count=3)
    folder = run(workspace, given).folder
    before = pictures(folder)
    written = (folder / "000001.png").stat().st_mtime_ns
    (folder / "000000.png").unlink()
    (folder / "000002.png").write_bytes(before["000002.png"][:-2000])  # cut off, as by a full disk

    again = run(workspace, given)

    assert (again.made, again.finished_before) == (2, 1)
    assert (folder / "000001.png").stat().st_mtime_ns == written
    assert pictures(folder) == before  # the same to the byte


@pytest.mark.parametrize(
    "change",
    [{"truncation": 0.5}, {"size": 256}, {"projections": 0}, {"overlap": 8}, {"bands": 1}, {"whole_at_once": True},
     {"candidates": "flip"}, {"candidates": "flip", "pick": "contrast"}, {"faithful": True}, {"require_face": False}],
    ids=str,
)  # fmt: skip
def test_every_option_that_changes_the_picture_makes_it_anew_and_others_do_not(workspace, plain, tmp_path, change):
    shutil.copytree(plain, tmp_path / "out")
    changed = run(workspace, options(tmp_path, count=1, sheet=False, batch=3, **change))
    if change == {"require_face": False}:
        assert changed.made == 0
    else:
        assert changed.made == 1
        assert pictures(changed.folder)["000000.png"] != pictures(plain)["000000.png"]


def test_pictures_beside_the_portrait_are_made_where_they_are_missing(workspace, plain, tmp_path):
    shutil.copytree(plain, tmp_path / "out")
    given = options(tmp_path, count=1, steps=True, candidates="article", pick="laplacian", candidate_sheets=True)
    summary = run(workspace, given)
    assert list(pictures(summary.folder)) == ["000000-candidates.png", "000000-steps.png", "000000.png", "sheet.png"]
    assert read_recipe(summary.folder / "000000.png").result["candidates"]
    assert run(workspace, given).made == 0
    (summary.folder / "000000-steps.png").unlink()
    assert run(workspace, given).made == 1


def test_candidate_sheets_without_candidates_are_a_usage_error(tmp_path):
    with pytest.raises(ValueError, match="--candidates"):
        options(tmp_path, candidate_sheets=True)
    options(tmp_path, candidate_sheets=True, faithful=True)


@pytest.mark.parametrize("size", [100, 380])
def test_a_size_that_is_no_multiple_of_eight_is_a_usage_error(tmp_path, size):
    with pytest.raises(ValueError, match="multiple of 8"):
        options(tmp_path, size=size)


@pytest.mark.parametrize(("overlap", "said"), [(0, True), (1, False)])
def test_tiles_that_share_nothing_are_said_to_show_seams(workspace, tmp_path, capsys, overlap, said):
    run(workspace, options(tmp_path, count=1, overlap=overlap))
    assert ("seams are cut hard" in capsys.readouterr().err) == said


def test_a_size_under_one_tile_and_an_overlap_of_a_whole_tile_are_usage_errors(workspace, tmp_path):
    with pytest.raises(UsageProblem, match="the least is 128"):
        run(workspace, options(tmp_path, size=64))
    with pytest.raises(UsageProblem, match="--overlap 16"):
        run(workspace, options(tmp_path, overlap=16))


def test_a_run_of_the_wrong_stage_is_refused(workspace, tmp_path):
    with pytest.raises(UserError, match="needs one of `train lowres`"):
        run(workspace, options(tmp_path, lowres="large"))
    with pytest.raises(UserError, match="no run 'nothing'"):
        run(workspace, options(tmp_path, upres="nothing"))


def test_a_seed_without_a_face_is_drawn_again_when_a_face_is_required(tmp_path):
    drawn = iter([np.full((64, 64, 3), 128, np.uint8), drawn_face(3, 64)])

    def lowres(z):
        return np.asarray(next(drawn), np.float32).transpose(2, 0, 1)[None] / 127.5 - 1

    faces = Loaded(lowres, card("lowres"), "1" * 64)
    given = options(tmp_path, count=1, require_face=True)
    job = Images(given, PaintSettings(tile=16, overlap=5), faces, painter(bicubic), None, tmp_path)
    assert job.make() == 1
    result = read_recipe(tmp_path / "000000.png").result
    assert result["draws"] == 2
    assert result["landmarks"].startswith("detector")


def test_where_no_draw_shows_a_face_the_error_says_what_to_do(tmp_path, monkeypatch):
    grey = Loaded(lambda z: np.zeros((1, 3, 64, 64), np.float32), card("lowres"), "1" * 64)
    given = options(tmp_path, count=1, require_face=True)
    job = Images(given, PaintSettings(tile=16, overlap=5), grey, painter(bicubic), None, tmp_path)
    monkeypatch.setattr(
        job.studio, "find", lambda face: Placed(LANDMARKS, "mean box")
    )  # what a grey square gives, faster
    with pytest.raises(UserError, match="--require-face"):
        job.make()


def test_killed_in_the_middle_the_same_command_goes_on_and_finished_pictures_stay_whole(workspace, tmp_path):
    command = [
        "-w",
        str(workspace.root),
        "generate",
        "images",
        "--lowres",
        "faces",
        "--upres",
        "large",
        "--device",
        "cpu",
    ]
    command += ["--count", "10", "--no-sheet", "--output"]
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    program = [sys.executable, "-c", "import torch; torch.set_num_threads(1); from cli.main import main; main()"]
    process = subprocess.Popen(
        [*program, *command, str(killed)],
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    deadline = time.monotonic() + 120
    while len(list(killed.glob("0*.png"))) < 3:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    finished = {path: path.stat().st_mtime_ns for path in killed.glob("0*.png")}
    assert 3 <= len(finished) < 10
    for path in finished:
        read_recipe(path)

    assert call([*command, str(killed)]) == 0
    assert call([*command, str(whole)]) == 0

    assert {path: path.stat().st_mtime_ns for path in finished} == finished
    assert pictures(killed) == pictures(whole)


def test_the_command_prints_its_summary_as_json(workspace, tmp_path, capsys):
    arguments = ["--lowres", "faces", "--upres", "large", "--count", "1", "--json", "--output", str(tmp_path)]
    assert call(["-w", str(workspace.root), "generate", "images", *arguments]) == 0
    assert json.loads(capsys.readouterr().out)["made"] == 1


def test_a_recipe_comes_back_from_the_picture_and_damage_anywhere_is_seen(tmp_path):
    path, picture = tmp_path / "a.png", np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    recipe = Recipe({"kind": "portrait", "seed": 3, "name": "Gänsefüßchen"}, {"tiles": 16})
    write_picture(path, picture, recipe)
    assert read_recipe(path) == recipe
    assert is_finished(path, recipe.request)
    assert not is_finished(path, {**recipe.request, "seed": 4})
    np.testing.assert_array_equal(read_image(path), picture)
    whole = path.read_bytes()
    for place in range(0, len(whole), max(1, len(whole) // 60)):
        path.write_bytes(whole[:place])
        assert not is_finished(path, recipe.request)
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert not is_finished(path, recipe.request)
    (tmp_path / "b.png").write_bytes(b"no png")
    with pytest.raises(NoRecipe, match=r"b\.png"):
        read_recipe(tmp_path / "b.png")
    with pytest.raises(NoRecipe, match="cannot be read"):
        read_recipe(tmp_path / "missing.png")


def test_networks_of_torch_are_functions_of_arrays(workspace):
    upres = open_generator(workspace.runs / "large", "upres", "cpu")
    batch = np.stack([lowres_picture(16, seed, channels=6) for seed in range(3)])
    painted = upres.net(batch)
    assert painted.shape == (3, 3, 128, 128)
    assert painted.dtype == np.float32
    np.testing.assert_allclose(painted[1:2], upres.net(batch[1:2]), atol=1e-5)


def test_memory_that_torch_lacks_is_a_memory_error_and_a_lost_gpu_says_that_work_is_kept():
    def failing(message: str, kind: type[RuntimeError] = RuntimeError):
        class Failing(torch.nn.Module):
            def forward(self, crop):
                raise kind(message)

        return on_arrays(Failing(), torch.device("cpu"))

    crop = np.zeros((1, 6, 16, 16), np.float32)
    with pytest.raises(MemoryError):
        failing("full", torch.OutOfMemoryError)(crop)
    with pytest.raises(MemoryError):
        failing("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")(crop)
    with pytest.raises(UserError, match="finished pictures are kept"):
        failing("CUDA error: unspecified launch failure\nand more")(crop)
    with pytest.raises(RuntimeError, match="something else"):
        failing("something else")(crop)
