"""`upres`: faces of photos found, aligned, and enlarged; pictures without a face refused unless asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from infer_runs import bicubic, painter, write_runs

from cli.main import call
from curate.align import align
from curate.drawing import draw_portrait
from curate.errors import UserError
from curate.faces import find_faces
from curate.guides import lowres_input, small_face
from curate.pixels import read_image, write_png
from curate.workspace import Workspace
from infer.config import UpresPhotoOptions
from infer.paint import PaintSettings
from infer.portrait import Studio
from infer.recipe import AI_EDITED, chunks, read_recipe
from infer.upres_photo import names_for, run, small_from

PHOTO = draw_portrait(np.random.default_rng(3), 300).image


@pytest.fixture(scope="module")
def workspace(tmp_path_factory) -> Workspace:
    torch.set_num_threads(1)
    root = tmp_path_factory.mktemp("workspace")
    write_runs(root)
    write_png(root / "face.png", PHOTO)
    write_png(root / "wall.png", np.full((90, 60, 3), 200, np.uint8))
    return Workspace(root)


def options(workspace: Workspace, *names: str, **values) -> UpresPhotoOptions:
    photos = tuple(workspace.root / name for name in names)
    return UpresPhotoOptions(**{"photos": photos, "upres": "large", "device": "cpu"} | values)


def test_a_photo_becomes_a_large_portrait_marked_as_edited_by_ai(workspace, tmp_path):
    given = options(workspace, "face.png", output=tmp_path, steps=True)
    summary = run(workspace, given)
    assert summary.pictures == [tmp_path / "face.png"]
    assert read_image(tmp_path / "face.png").shape == (384, 384, 3)
    assert read_image(tmp_path / "face-steps.png").shape[1] > 1000
    assert read_recipe(tmp_path / "face.png").result["landmarks"] == "detector"
    assert AI_EDITED.encode() in dict(chunks((tmp_path / "face.png").read_bytes()))[b"iTXt"]
    assert run(workspace, given).made == 0


def test_the_small_face_goes_the_way_of_training_to_the_bit():
    studio = Studio(painter(bicubic), PaintSettings(tile=16, overlap=5))
    face = find_faces(PHOTO)[0]
    aligned = align(PHOTO, face.landmarks, 384)
    small = small_from(PHOTO, studio, guided=True)
    made, guide, stack = studio.prepare(small)
    np.testing.assert_array_equal(made, small_face(aligned.face, 64))
    np.testing.assert_array_equal(small.placed.points, aligned.landmarks)
    np.testing.assert_array_equal(stack, lowres_input(made, guide, 48))


def test_a_picture_without_a_face_is_refused_and_the_others_are_done(workspace, tmp_path):
    with pytest.raises(UserError, match="1 of 2") as failed:
        run(workspace, options(workspace, "wall.png", "face.png", output=tmp_path))
    assert "--whole" in str(failed.value)
    assert "wall.png" in str(failed.value)
    assert [path.name for path in tmp_path.glob("*.png")] == ["face.png"]


def test_without_a_guide_the_middle_square_is_taken_and_the_guide_is_black(workspace, tmp_path):
    run(workspace, options(workspace, "wall.png", output=tmp_path, guide=False))
    assert read_image(tmp_path / "wall.png").shape == (384, 384, 3)
    assert read_recipe(tmp_path / "wall.png").result["landmarks"] == "none"
    studio = Studio(painter(bicubic), PaintSettings(tile=16, overlap=5))
    assert (studio.prepare(small_from(PHOTO, studio, guided=False))[1] == 0).all()


@pytest.mark.parametrize(("longest", "shape"), [(256, (720, 480, 3)), (45, (360, 240, 3))])
def test_a_whole_picture_is_enlarged_eight_times_in_its_own_shape(workspace, tmp_path, longest, shape):
    run(workspace, options(workspace, "wall.png", output=tmp_path, whole=True, longest=longest))
    large = read_image(tmp_path / "wall.png")
    assert large.shape == shape
    assert np.abs(large.astype(int) - 200).mean() < 10


def test_missing_and_broken_files_are_named(workspace, tmp_path):
    (workspace.root / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n and nothing more")
    with pytest.raises(UserError, match=r"missing\.png: cannot be read") as failed:
        run(workspace, options(workspace, "missing.png", "broken.png", output=tmp_path))
    assert "broken.png" in str(failed.value)


def test_results_never_take_the_name_of_a_photo_or_of_each_other():
    photos = (Path("/a/x.png"), Path("/b/x.jpg"), Path("/b/X.webp"))
    assert list(names_for(photos, Path("/out")).values()) == ["x", "b-x", "X-2"]
    assert names_for(photos, Path("/a"))[photos[0]] != "x"


def test_the_command_needs_a_picture_and_fails_with_code_1_where_one_fails(workspace, tmp_path):
    base = ["-w", str(workspace.root), "upres", "--upres", "large", "--output", str(tmp_path)]
    assert call(base) == 2
    assert call([*base, str(workspace.root / "wall.png")]) == 1
    assert call([*base, str(workspace.root / "face.png")]) == 0
