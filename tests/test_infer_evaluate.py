"""Runs and folders are scored, and what is better scores better."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from infer_runs import drawn_face, write_runs
from set_fixtures import LANDMARKS, small_set

from cli.main import call
from curate.errors import MissingExtra, UserError
from curate.guides import REGIONS
from curate.pixels import encode_png
from curate.workspace import Workspace
from infer.config import EvaluateOptions
from infer.crowd import Crowd, compare
from infer.evaluate import picture_files, run
from infer.inception import Pictures, inception_scores
from infer.looks import at_size, landmark_error, look, region_agreement, region_masks
from infer.pairs import Pairs, Truth

SIZE = 192


@pytest.fixture(scope="module")
def faces() -> list[np.ndarray[Any, Any]]:
    return [drawn_face(seed, SIZE) for seed in range(4)]


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with the untrained runs `faces` and `large`, and the set `small` of 384 px."""
    folder = tmp_path_factory.mktemp("scored")
    write_runs(folder)
    small_set(folder, count=4, size=384)
    return Workspace(folder)


def folder_of(path: Path, pictures: list[np.ndarray[Any, Any]]) -> Path:
    path.mkdir()
    for place, picture in enumerate(pictures):
        (path / f"{place:03d}.png").write_bytes(encode_png(picture))
    return path


def blurred(picture: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 3), np.uint8)


def options(**values: Any) -> EvaluateOptions:
    return EvaluateOptions(**({"count": 2, "real": 4, "tiles": 8, "faces": False, "device": "cpu"} | values))


def test_a_stage_2_is_scored_beside_bicubic_on_people_it_never_saw(place: Workspace) -> None:
    summary = run(place, options(run="large", set="small"))
    scores = summary.scores
    assert scores["scored_on"] == "held-out"
    assert scores["tiles"]["score_tiles"] == 8
    assert scores["pairs"]["pictures"] == scores["bicubic"]["pictures"] == 1
    assert scores["lr_psnr_after_projection"] > scores["lr_psnr_before_projection"]
    assert set(scores["pairs"]["swd_regions"]) <= set(REGIONS)
    assert "pattern locked to the place in the tile" in summary.text()


@pytest.mark.parametrize(
    ("values", "stage"), [({"run": "faces"}, "lowres"), ({"run": "large", "lowres": "faces"}, "both")]
)
def test_what_is_painted_from_noise_is_scored_as_a_crowd(place: Workspace, values: dict[str, str], stage: str) -> None:
    summary = run(place, options(set="small", **values))
    assert summary.scores["stage"] == stage
    assert (summary.scores["pictures"], summary.scores["real_pictures"]) == (2, 4)
    assert summary.scores["swd"]["mean"] > summary.scores["swd_floor"]["mean"] > 0


def test_blurred_pictures_score_worse_than_the_same_pictures(tmp_path: Path, faces: list[np.ndarray[Any, Any]]) -> None:
    real = folder_of(tmp_path / "real", faces)
    found = {}
    for name, change in (("same", np.asarray), ("blurred", blurred)):
        pictures = folder_of(tmp_path / name, [change(face) for face in faces])
        found[name] = run(Workspace(tmp_path), options(pictures=pictures, against=str(real), count=9)).scores
    assert found["same"]["hf_ratio"] == 1
    assert found["blurred"]["hf_ratio"] < 0.5
    assert found["blurred"]["swd"]["mean"] > found["same"]["swd"]["mean"]
    assert found["same"]["pairs"]["lr_psnr"] > 100 > found["blurred"]["pairs"]["lr_psnr"]


def test_a_true_picture_is_looked_at_once(monkeypatch: pytest.MonkeyPatch, faces: list[np.ndarray[Any, Any]]) -> None:
    looked: list[int] = []
    monkeypatch.setattr("infer.pairs.look", lambda picture: looked.append(id(picture)))
    truth = Truth(faces[0], LANDMARKS)
    for painted in faces[1:3]:
        Pairs().add(painted, truth)
    assert looked.count(id(truth.picture)) == 1


def test_pictures_of_other_names_are_no_pairs(tmp_path: Path, faces: list[np.ndarray[Any, Any]]) -> None:
    real = folder_of(tmp_path / "real", faces[:2])
    pictures = folder_of(tmp_path / "painted", faces[2:])
    for path in pictures.iterdir():
        path.rename(path.with_name("x" + path.name))
    assert "pairs" not in run(Workspace(tmp_path), options(pictures=pictures, against=str(real))).scores


def test_sheets_are_no_portraits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("000001.png", "000001-steps.png", "sheet.png", "notes.txt"):
        (tmp_path / name).write_bytes(b"")
    assert [path.name for path in picture_files(tmp_path)] == ["000001.png"]
    assert "2 sheets" in capsys.readouterr().err


def test_a_folder_without_pictures_and_a_broken_picture_are_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no pictures"):
        picture_files(tmp_path)
    (tmp_path / "broken.png").write_bytes(b"no picture")
    with pytest.raises(UserError, match=r"broken.png cannot be read"):
        run(Workspace(tmp_path), options(pictures=tmp_path, against=str(tmp_path)))


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "name a RUN and a SET"),
        (["--pictures", "."], "needs --against"),
        (["run", "set", "--against", "x"], "go with --pictures"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(["evaluate", *arguments]) == 2
    assert complaint in capsys.readouterr().err


def test_json_holds_the_scores(
    tmp_path: Path, faces: list[np.ndarray[Any, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    real = folder_of(tmp_path / "real", faces)
    assert call(["evaluate", "--pictures", str(real), "--against", str(real), "--no-faces", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["scores"]["hf_ratio"] == 1


def test_a_drawn_face_is_found_where_it_is(faces: list[np.ndarray[Any, Any]]) -> None:
    seen = look(faces[0])
    assert seen is not None
    assert seen.descriptor.shape == (128,)
    assert landmark_error(seen.points, seen.points) == 0
    assert look(np.full((SIZE, SIZE, 3), 128, np.uint8)) is None


def test_faces_are_counted_and_features_compared(faces: list[np.ndarray[Any, Any]]) -> None:
    nothing = np.full((SIZE, SIZE, 3), 128, np.uint8)
    painted, real = Crowd(SIZE), Crowd(SIZE)
    for crowd, pictures in ((painted, [faces[0], nothing]), (real, faces[1:3])):
        crowd.take(pictures, 2, "pictures")
    assert compare(painted, real)["faces_found"] == 0.5

    pairs = Pairs()
    pairs.add(faces[0], Truth(faces[0]))
    result = pairs.result()
    assert result["landmark_error"] < 1e-6
    assert set(result["region_agreement"].values()) == {1.0}


def test_moved_landmarks_are_off_by_what_they_were_moved() -> None:
    eyes = LANDMARKS[42:48].mean(0) - LANDMARKS[36:42].mean(0)
    moved = np.add(LANDMARKS, [0.1 * float(np.hypot(*eyes)), 0])
    assert landmark_error(moved, LANDMARKS) == pytest.approx(0.1)
    agreement = region_agreement(moved, LANDMARKS)
    assert 0 < agreement["eye"] < agreement["face"] < 1


def test_regions_do_not_overlap() -> None:
    masks = region_masks(LANDMARKS, 128)
    assert sum(mask.astype(int) for mask in masks.values()).max() == 1  # type: ignore[union-attr] # an array


@pytest.mark.parametrize("side", [64, 192, 300])
def test_pictures_are_brought_to_one_size(side: int, faces: list[np.ndarray[Any, Any]]) -> None:
    assert at_size(faces[0][:, 10:], side).shape == (side, side, 3)


def test_inception_needs_its_file_and_its_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = Pictures([], 8)
    with pytest.raises(UserError, match="there is no file"):
        inception_scores(nothing, nothing, tmp_path / "weights.pth")
    (tmp_path / "weights.pth").write_bytes(b"")
    monkeypatch.setitem(sys.modules, "torch_fidelity", None)
    with pytest.raises(MissingExtra, match=r"swipegan\[fid\]"):
        inception_scores(nothing, nothing, tmp_path / "weights.pth")


@pytest.mark.parametrize(("count", "most"), [(3, 4), (9, 2)])
def test_inception_scores_are_those_of_torch_fidelity_of_the_pictures_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, faces: list[np.ndarray[Any, Any]], count: int, most: int
) -> None:
    asked: dict[str, Any] = {}

    def calculate(**values: Any) -> dict[str, float]:
        asked.update(values)
        return {
            "frechet_inception_distance": 12.0,
            "kernel_inception_distance_mean": 0.01,
            "kernel_inception_distance_std": 0.001,
        }

    module: Any = type(sys)("torch_fidelity")
    module.calculate_metrics = calculate
    monkeypatch.setitem(sys.modules, "torch_fidelity", module)
    (tmp_path / "weights.pth").write_bytes(b"")
    painted = folder_of(tmp_path / "painted", [*faces, blurred(faces[0])])
    real = folder_of(tmp_path / "real", [np.repeat(np.repeat(face, 2, 0), 2, 1) for face in faces])
    given = options(pictures=painted, against=str(real), count=count, real=most, inception=tmp_path / "weights.pth")
    assert run(Workspace(tmp_path), given).scores["inception"]["fid"] == 12
    assert (len(asked["input1"]), len(asked["input2"])) == (min(count, 5), most)
    assert asked["kid_subset_size"] == min(count, most)
    for side in ("input1", "input2"):
        np.testing.assert_array_equal(asked[side][1].permute(1, 2, 0).numpy(), faces[1])
    assert asked["feature_extractor_weights_path"] == str(tmp_path / "weights.pth")
    assert asked["cuda"] is False
