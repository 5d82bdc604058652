"""`generate video`: whole clips by tiny networks, killed and gone on with, compared, previewed."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from infer_runs import workspace_with_runs, write_runs
from set_fixtures import LANDMARKS

from cli.main import call
from curate.alone import Taken
from curate.errors import UsageProblem
from curate.pixels import read_image
from curate.workspace import Workspace
from infer import clip as clip_module
from infer.clip_parts import Parts
from infer.config import GenerateImagesOptions, GenerateVideoOptions
from infer.film import read_film_recipe, read_frames
from infer.images import run as make_images
from infer.landmarks import Placed
from infer.portrait import Studio
from infer.recipe import AI_MADE, NoRecipe, read_recipe
from infer.spots import OtherNetwork
from infer.video import run


@pytest.fixture(scope="module")
def workspace(tmp_path_factory) -> Workspace:
    return workspace_with_runs(tmp_path_factory.mktemp("workspace"))


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Landmarks as if the detector had found them: a search costs more than all else here."""
    monkeypatch.setattr(Studio, "find", lambda self, face: Placed(LANDMARKS, "detector"))
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    yield
    cv2.setNumThreads(before)


def options(path: Path, *keys: str, **values) -> GenerateVideoOptions:
    given = {"lowres": "faces", "upres": "large", "size": 192, "fps": 4, "seconds": 3, "device": "cpu"} | values
    return GenerateVideoOptions(keys=keys or ("3", "17"), output=path, **given)


@pytest.fixture(scope="module")
def made(workspace, tmp_path_factory) -> Path:
    """A clip of 12 frames in 3 segments, with its comparison."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Studio, "find", lambda self, face: Placed(LANDMARKS, "detector"))
        return run(workspace, options(tmp_path_factory.mktemp("made") / "clip.mkv", explain=True)).clip


def test_a_clip_has_its_frames_its_recipe_and_no_parts_left(workspace, made):
    frames = list(read_frames(made))
    assert [frame.shape for frame in frames] == [(192, 192, 3)] * 12
    recipe = read_film_recipe(made)
    assert recipe.source == AI_MADE
    assert recipe.request["keys"] == [{"seed": 3}, {"seed": 17}]
    assert recipe.result["landmarks"] == {"detector": 12}
    assert not made.with_name("clip.mkv.parts").exists()


def test_a_loop_closes_the_last_frame_is_as_near_to_the_first_as_any_to_the_next(made):
    frames = [frame.astype(float) for frame in read_frames(made)]
    steps = [np.sqrt(np.square(b - a).mean()) for a, b in pairwise([*frames, frames[0]])]
    assert steps[-1] <= 1.3 * np.median(steps)


def test_the_comparison_is_in_figures_and_side_by_side(workspace, made, capsys):
    summary = run(workspace, options(made, explain=True))  # finished: read again, not made again
    assert summary.explained is not None
    assert summary.explained.verdict.pairs == 11
    assert 0 < summary.explained.verdict.flicker < 1
    assert "flicker" in summary.text()
    noted = json.loads(made.with_name("clip-explain.json").read_text())
    assert noted["verdict"]["lowres_psnr_least"] > 45
    both = list(read_frames(made.with_name("clip-beside.mp4")))
    assert len(both) == 12
    assert both[0].shape == (192 + 24, 384, 3)


def test_the_same_command_again_makes_nothing(workspace, made, monkeypatch):
    written = made.stat().st_mtime_ns
    monkeypatch.setattr(clip_module, "write_segment", None)
    assert "finished before" in run(workspace, options(made)).text()
    assert made.stat().st_mtime_ns == written


@pytest.mark.parametrize("moment", [2, 5])
def test_interrupted_at_any_segment_the_same_command_makes_the_same_bytes(
    workspace, made, tmp_path, monkeypatch, moment
):
    """Segments 1 to 3 are painted, 4 to 6 steadied."""
    given, done = options(tmp_path / "clip.mkv"), []
    real = clip_module.write_segment

    def failing(path, frames, *rest):
        if len(done) + 1 == moment:
            next(iter(frames))
            raise KeyboardInterrupt
        real(path, frames, *rest)
        done.append(path)

    monkeypatch.setattr(clip_module, "write_segment", failing)
    with pytest.raises(KeyboardInterrupt):
        run(workspace, given)
    moment, before = 0, [path.stat().st_mtime_ns for path in done]
    finished = list(done)
    monkeypatch.setattr(clip_module, "write_segment", lambda *given: (done.append(given[0]), real(*given)))
    run(workspace, options(tmp_path / "clip.mkv", keep_parts=True))

    assert [path.stat().st_mtime_ns for path in finished] == before
    assert len(done) == 6
    assert list_equal(tmp_path / "clip.mkv", made)


def list_equal(first: Path, second: Path) -> bool:
    pairs = zip(read_frames(first), read_frames(second), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


KILLER = """
import os, signal, sys
import cv2, numpy, torch
torch.set_num_threads(1); cv2.setNumThreads(1)
from infer import clip
from infer.landmarks import Placed
from infer.portrait import Studio
points = numpy.load(sys.argv[1])
Studio.find = lambda self, face: Placed(points, "detector")
real, calls = clip.write_segment, []
def killed(path, frames, *rest):
    calls.append(path)
    def some():
        for number, frame in enumerate(frames):
            if len(calls) == 5 and number == 2:
                os.kill(os.getpid(), signal.SIGKILL)
            yield frame
    real(path, some(), *rest)
clip.write_segment = killed
from cli.main import call
sys.exit(call(sys.argv[2:]))
"""


def test_killed_in_the_middle_of_a_segment_the_clip_is_the_same(workspace, made, tmp_path):
    np.save(tmp_path / "points.npy", LANDMARKS)
    path = tmp_path / "clip.mkv"
    command = ["-w", str(workspace.root), "generate", "video", "3", "17", "--lowres", "faces", "--upres", "large"]
    command += ["--size", "192", "--fps", "4", "--seconds", "3", "--device", "cpu", "--output", str(path)]
    killed = subprocess.run(
        [sys.executable, "-c", KILLER, str(tmp_path / "points.npy"), *command],
        check=False, cwd=Path(__file__).parent.parent, capture_output=True,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    parts = path.with_name("clip.mkv.parts")
    finished = {p: p.stat().st_mtime_ns for p in (*parts.glob("painted-*.mkv"), parts / "steady-0000.mkv")}
    assert len(finished) == 4
    assert not path.exists()

    assert call([*command, "--keep-parts"]) == 0

    assert {p: p.stat().st_mtime_ns for p in finished} == finished
    assert list_equal(path, made)


def test_two_clips_into_one_file_do_not_take_each_others_parts(workspace, tmp_path):
    target = options(tmp_path / "clip.mkv")
    with Parts(tmp_path / "clip.mkv.parts").alone(tmp_path / "clip.mkv"):
        with pytest.raises(Taken, match=r"is making .*clip\.mkv: wait for it"):
            run(workspace, target)
        assert not (tmp_path / "clip.mkv").exists()

    assert run(workspace, target).clip.exists()


def test_a_damaged_part_is_made_again(workspace, made, tmp_path):
    given = options(tmp_path / "clip.mkv", keep_parts=True)
    run(workspace, given)
    whole, parts = (tmp_path / "clip.mkv").read_bytes(), tmp_path / "clip.mkv.parts"
    (tmp_path / "clip.mkv").unlink()
    for name in ("painted-0001.mkv", "steady-0001.mkv", "script.npz"):
        (parts / name).write_bytes((parts / name).read_bytes()[:-100])
    run(workspace, given)
    assert (tmp_path / "clip.mkv").read_bytes() == whole


def test_keys_may_be_portraits_and_give_the_same_clip(workspace, made, tmp_path):
    small = {"lowres": "faces", "upres": "large", "size": 128, "device": "cpu", "sheet": False}
    for seed in (3, 17):
        make_images(workspace, GenerateImagesOptions(seed=seed, count=1, output=tmp_path, **small))
    keys = (str(tmp_path / "000003.png"), str(tmp_path / "000017.png"))
    clip = run(workspace, options(tmp_path / "clip.mkv", *keys)).clip
    assert list_equal(clip, made)


def test_a_portrait_by_another_network_or_none_is_refused(workspace, tmp_path):
    other = Workspace(tmp_path / "other")
    write_runs(other.root, seed=5)
    small = {"lowres": "faces", "upres": "large", "size": 128, "device": "cpu", "sheet": False, "count": 1}
    make_images(other, GenerateImagesOptions(output=tmp_path, **small))
    with pytest.raises(OtherNetwork, match="name the run it is from"):
        run(workspace, options(tmp_path / "clip.mp4", "3", str(tmp_path / "000000.png")))
    with pytest.raises(NoRecipe):
        run(workspace, options(tmp_path / "clip.mp4", "3", str(tmp_path / "missing.png")))


def test_every_third_frame_painted_gives_all_frames_at_a_third_of_the_work(workspace, made, tmp_path, monkeypatch):
    asked = []
    real = clip_module.frames_painted
    monkeypatch.setattr(
        clip_module,
        "frames_painted",
        lambda s, script, numbers, c: (asked.extend(numbers), real(s, script, numbers, c))[1],
    )
    clips = {}
    for between in ("carried", "minterpolate"):
        asked.clear()
        clips[between] = run(workspace, options(tmp_path / f"{between}.mkv", every=3, between=between)).clip
        assert asked == [0, 3, 6, 9]
    frames = {name: list(read_frames(path)) for name, path in clips.items()}
    assert len(frames["carried"]) == len(frames["minterpolate"]) == 12
    truth = list(read_frames(made))
    assert np.mean([np.abs(a.astype(int) - b).mean() for a, b in zip(frames["carried"], truth, strict=True)]) < 8


def test_one_candidate_is_chosen_for_each_tile_of_the_whole_clip(workspace, tmp_path):
    given = options(tmp_path / "clip.mp4", candidates="flip", seconds=1, keep_parts=True)
    clip = run(workspace, given).clip
    noted = json.loads((tmp_path / "clip.mp4.parts" / "choice.json").read_text())
    assert len(noted["facts"]) == 4
    assert set(noted["facts"]) <= {0, 1}
    assert len(list(read_frames(clip))) == 4


def test_frames_that_are_not_steadied_are_those_that_generate_images_paints(workspace, tmp_path):
    clip = run(workspace, options(tmp_path / "clip.mkv", steady=False, loop=False, even_pace=False, seconds=0.5)).clip
    small = {"lowres": "faces", "upres": "large", "size": 192, "device": "cpu", "sheet": False, "count": 1}
    make_images(workspace, GenerateImagesOptions(seed=3, output=tmp_path, **small))
    np.testing.assert_array_equal(next(read_frames(clip)), read_image(tmp_path / "000003.png"))


def test_the_preview_is_a_sheet_and_says_how_long_the_clip_would_take(workspace, tmp_path, capsys):
    summary = run(workspace, options(tmp_path / "clip.mp4", preview=True))
    assert summary.preview == tmp_path / "clip-preview.png"
    assert read_image(summary.preview).shape[1] > 1000
    assert read_recipe(summary.preview).request["kind"] == "clip preview"
    assert "would take about" in summary.text()
    assert not (tmp_path / "clip.mp4").exists()


@pytest.mark.parametrize(
    ("keys", "values", "said"),
    [(("3",), {}, "at least two keys"), (("3", "4"), {"between": "minterpolate"}, "--every"),
     (("3", "4"), {"size": 100}, "multiple of 8")],
)  # fmt: skip
def test_what_cannot_work_is_a_usage_error(tmp_path, keys, values, said):
    with pytest.raises(ValueError, match=said):
        options(tmp_path / "clip.mp4", *keys, **values)


def test_a_name_that_is_no_video_is_a_usage_error(tmp_path):
    with pytest.raises(ValueError, match=r"\.mkv"):
        options(tmp_path / "clip.gif")


def test_a_clip_of_one_frame_and_candidates_without_tiles_are_usage_errors(workspace, tmp_path):
    with pytest.raises(UsageProblem, match="two frames"):
        run(workspace, options(tmp_path / "clip.mp4", seconds=0.2))
    with pytest.raises(UsageProblem, match="whole-at-once"):
        run(workspace, options(tmp_path / "clip.mp4", whole_at_once=True, candidates="flip"))
