"""`upres`: faces of photos painted and pasted back; whole pictures; what fails is listed and never stops the rest."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from infer_runs import bicubic, painter, textured, write_runs
from PIL import Image, ImageCms

from cli.main import call
from curate.align import align
from curate.drawing import draw_portrait
from curate.faces import find_faces
from curate.guides import lowres_input, small_face
from curate.photo import Enlargement, read_photo
from curate.pixels import read_image, write_png
from curate.workspace import Workspace
from infer.config import UpresPhotoOptions
from infer.face_patch import faces_of
from infer.images import checked_settings
from infer.paint import PaintSettings
from infer.portrait import Studio
from infer.recipe import AI_EDITED, chunks, read_recipe
from infer.third import Printer
from infer.upres_photo import Photos, run

PHOTO = draw_portrait(np.random.default_rng(3), 300).image
SMALL = np.asarray(Image.fromarray(PHOTO).resize((120, 120), Image.Resampling.BOX))
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.fixture(scope="module")
def workspace(tmp_path_factory) -> Workspace:
    torch.set_num_threads(1)
    root = tmp_path_factory.mktemp("workspace")
    write_runs(root)
    write_png(root / "face.png", SMALL)
    write_png(root / "wall.png", np.full((90, 60, 3), 200, np.uint8))
    return Workspace(root)


def options(workspace: Workspace, *names: str, **values) -> UpresPhotoOptions:
    photos = tuple(workspace.root / name for name in names)
    return UpresPhotoOptions(**{"photos": photos, "upres": "large", "device": "cpu"} | values)


def made(tmp_path, name: str, network=bicubic, kind="png", **values):
    """The photo that a network, given as a function, makes of `tmp_path / name`."""
    given = UpresPhotoOptions(**{"photos": (tmp_path / name,), "upres": "large"} | values)
    loaded = painter(network)
    studio = Studio(loaded, checked_settings(given, loaded))
    job = Photos(given, studio, Printer(kind=kind), (loaded, None))
    job.make(tmp_path / name, tmp_path / "out" / "result")
    return job.path(tmp_path / "out" / "result")


def nearest(crop):
    """Each pixel as 8 x 8 of the same: its averages are the picture, whatever its depth."""
    return crop[:3].repeat(8, axis=1).repeat(8, axis=2)


def cells(pixels):
    """Averages of 8 x 8."""
    height, width = pixels.shape[0] // 8, pixels.shape[1] // 8
    return pixels.reshape(height, 8, width, 8, -1).mean(axis=(1, 3))


def test_a_face_is_painted_and_pasted_back_into_its_enlarged_photo(workspace, tmp_path):
    given = options(workspace, "face.png", output=tmp_path, steps=True)
    summary = run(workspace, given)
    assert summary.pictures == [tmp_path / "face.png"]
    recipe = read_recipe(tmp_path / "face.png")
    large = read_image(tmp_path / "face.png")
    assert recipe.result["faces"][0]["landmarks"] == "detector"
    assert large.shape == (round(120 * recipe.result["scale"]),) * 2 + (3,)
    assert 1 < recipe.result["scale"] <= 384 / recipe.result["faces"][0]["square"]
    assert read_image(tmp_path / "face-steps.png").shape[1] > 1000
    assert AI_EDITED.encode() in dict(chunks((tmp_path / "face.png").read_bytes()))[b"iTXt"]
    assert run(workspace, given).made == 0


def test_the_small_face_goes_the_way_of_training_to_the_bit():
    studio = Studio(painter(bicubic), PaintSettings(tile=16, overlap=5))
    face = find_faces(PHOTO)[0]
    aligned = align(PHOTO, face.landmarks, 384)
    small = faces_of(PHOTO, studio, UpresPhotoOptions(photos=(Path("photo.png"),), upres="large"))[0].small
    made_small, guide, stack = studio.prepare(small)
    np.testing.assert_array_equal(made_small, small_face(aligned.face, 64))
    np.testing.assert_array_equal(small.placed.points, aligned.landmarks)
    np.testing.assert_array_equal(stack, lowres_input(made_small, guide, 48))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("grey", [False, True])
@pytest.mark.parametrize("kind", ["png", "tiff"])
def test_a_bicubic_network_gives_back_the_photo_with_its_depth_alpha_profile_and_resolution(
    tmp_path, dtype, grey, kind
):
    picture = (SMALL.astype(dtype) * (1 if dtype == np.uint8 else 257)) // 1
    alpha = np.full((120, 120, 1), np.iinfo(dtype).max, dtype)
    alpha[:20] //= 2
    full = np.concatenate([picture[..., :1] if grey else picture, alpha], axis=2)
    if dtype == np.uint8:
        Image.fromarray(full).save(tmp_path / "a.png", dpi=(300, 300), icc_profile=None if grey else PROFILE)
    elif grey:  # nobody else here writes deep grey with alpha
        from infer.prints import Layout, write_print
        from infer.recipe import Recipe

        layout = Layout(120, 120, 2, 16, (300.0, 300.0))
        write_print(tmp_path / "a.png", iter([full]), layout, lambda: Recipe({}))
    else:
        cv2.imwrite(str(tmp_path / "a.png"), full[..., [2, 1, 0, 3]])

    path = made(tmp_path, "a.png", kind=kind, scale=3)

    if kind == "tiff" and grey and dtype == np.uint16:
        return  # Pillow and OpenCV read no deep grey TIFF with alpha; test_infer_prints does
    large = read_photo(path)
    assert (large.pixels.dtype, large.grey) == (dtype, grey)
    assert large.pixels.shape == (360, 360, 3)
    top = np.iinfo(dtype).max
    expected = np.clip(Enlargement(read_photo(tmp_path / "a.png").pixels, 360, 360).rows(0, 360), 0, top)
    off = np.abs(large.pixels.transpose(2, 0, 1).astype(float) - expected) / top
    assert off.mean() < 0.004  # 1 of 255: bicubic is not Lanczos
    assert np.quantile(off, 0.99) < 0.05
    shift = (large.pixels.mean(axis=(0, 1)) - expected.mean(axis=(1, 2))) / top
    assert np.abs(shift).max() < 0.001
    enlarged = Enlargement(alpha, 360, 360).rows(0, 360)[0]
    np.testing.assert_array_equal(large.alpha, np.rint(np.clip(enlarged, 0, top)))
    if dtype == np.uint8:
        assert large.dpi == pytest.approx((300, 300), abs=0.1)
        assert large.profile == (None if grey else PROFILE)


@pytest.mark.parametrize("name", ["deep.png", "deep.tif", "palette.png", "cmyk.tif", "turned.jpg", "grey.png"])
def test_a_whole_picture_keeps_its_numbers_through_an_identity_network(tmp_path, name):
    rng = np.random.default_rng(0)
    colours = rng.integers(0, 256, (30, 20, 3)).astype(np.uint8)
    if name.startswith("deep"):
        cv2.imwrite(str(tmp_path / name), rng.integers(0, 65536, (30, 20, 3)).astype(np.uint16))
    elif name == "palette.png":
        Image.fromarray(colours).quantize(32).save(tmp_path / name)
    elif name == "cmyk.tif":
        Image.fromarray(colours).convert("CMYK").save(tmp_path / name)
    elif name == "grey.png":
        Image.fromarray(colours[..., 0]).save(tmp_path / name)
    else:
        exif = Image.Exif()
        exif[0x0112] = 6
        Image.fromarray(colours).save(tmp_path / name, exif=exif)
    photo = read_photo(tmp_path / name)

    large = read_photo(made(tmp_path, name, nearest, whole=True))

    assert (large.depth, large.grey) == (photo.depth, photo.grey)
    assert large.pixels.shape[:2] == tuple(8 * extent for extent in photo.pixels.shape[:2])
    np.testing.assert_array_equal(np.rint(cells(large.pixels)), photo.pixels)
    if name == "turned.jpg":
        assert large.pixels.shape[:2] == (160, 240)  # upright, and the tag is gone
        assert Image.open(tmp_path / "out" / "result.png").getexif().get(0x0112) is None


def test_the_pasted_face_agrees_with_its_photo_and_shows_no_edge(tmp_path):
    write_png(tmp_path / "a.png", SMALL)
    large = read_image(made(tmp_path, "a.png", textured, scale=4)).astype(float)
    plain = Enlargement(SMALL, 480, 480).rows(0, 480).transpose(1, 2, 0)
    added = large - np.clip(plain, 0, 255)
    assert np.abs(added).mean() > 0.5
    coarse = cv2.GaussianBlur(added, (0, 0), 6)
    assert np.abs(coarse).max() < 6  # no cast, though each tile had one of its own
    steps = np.abs(np.diff(coarse, axis=0)).max(), np.abs(np.diff(coarse, axis=1)).max()
    assert max(steps) < 1.5


def test_detail_that_the_photo_has_is_kept_unless_told_otherwise(tmp_path):
    write_png(tmp_path / "a.png", PHOTO)

    def off(**values) -> float:
        shutil.rmtree(tmp_path / "out", ignore_errors=True)
        large = read_image(made(tmp_path, "a.png", textured, scale=1.5, **values)).astype(np.float32)
        return float(np.abs(cv2.resize(large, (300, 300), interpolation=cv2.INTER_AREA) - PHOTO)[40:260, 40:260].mean())

    assert off() < 0.5 * off(photo_detail=False)


def test_a_face_alone_is_square_and_as_large_as_it_is_painted(workspace, tmp_path):
    run(workspace, options(workspace, "face.png", output=tmp_path, only_face=True))
    assert read_image(tmp_path / "face.png").shape == (384, 384, 3)


def test_several_faces_are_all_painted_or_the_main_one_alone(tmp_path):
    other = np.asarray(Image.fromarray(draw_portrait(np.random.default_rng(8), 300).image).resize((300, 300)))
    write_png(tmp_path / "two.png", np.concatenate([PHOTO, other], axis=1))
    for faces, count in (("all", 2), ("main", 1)):
        path = made(tmp_path, "two.png", faces=faces)
        assert len(read_recipe(path).result["faces"]) == count


def test_the_third_stage_serves_photos_too(workspace, tmp_path):
    summary = run(workspace, options(workspace, "face.png", output=tmp_path, stages=3, size=512, only_face=True))
    assert read_image(summary.pictures[0]).shape == (512, 512, 3)
    whole = options(workspace, "wall.png", output=tmp_path, stages=3, whole=True, longest=24)
    assert read_image(run(workspace, whole).pictures[0]).shape == (1024, 680, 3)  # 24 -> 192 -> 128 -> 1024


def test_pictures_without_a_face_are_refused_or_done_as_asked(workspace, tmp_path):
    summary = run(workspace, options(workspace, "wall.png", "face.png", output=tmp_path))
    assert list(summary.failed) == [str(workspace.root / "wall.png")]
    assert "--faceless" in summary.text()
    assert [path.name for path in tmp_path.glob("*.png")] == ["face.png"]
    whole = run(workspace, options(workspace, "wall.png", output=tmp_path, faceless="whole"))
    assert read_image(whole.pictures[0]).shape == (720, 480, 3)
    assert run(workspace, options(workspace, "wall.png", output=tmp_path, faceless="whole")).made == 0
    square = run(workspace, options(workspace, "wall.png", output=tmp_path, guide=False, only_face=True))
    assert read_image(square.pictures[0]).shape == (384, 384, 3)
    assert read_recipe(square.pictures[0]).result["landmarks"] == "none"


def test_steps_are_asked_of_pictures_that_show_a_face_only(workspace, tmp_path):
    given = options(workspace, "wall.png", "face.png", output=tmp_path, faceless="whole", steps=True)
    assert run(workspace, given).made == 2
    assert {path.name for path in tmp_path.glob("*.png")} == {"wall.png", "face.png", "face-steps.png"}
    assert run(workspace, given).made == 0
    (tmp_path / "face-steps.png").unlink()
    assert run(workspace, given).made == 1


@pytest.mark.parametrize(("longest", "shape"), [(256, (720, 480, 3)), (45, (360, 240, 3))])
def test_a_whole_picture_is_enlarged_eight_times_in_its_own_shape(workspace, tmp_path, longest, shape):
    run(workspace, options(workspace, "wall.png", output=tmp_path, whole=True, longest=longest))
    large = read_image(tmp_path / "wall.png")
    assert large.shape == shape
    assert np.abs(large.astype(int) - 200).mean() < 10


def test_a_face_that_gains_nothing_is_refused_unless_a_scale_is_given(workspace, tmp_path):
    write_png(tmp_path / "large.png", np.asarray(Image.fromarray(PHOTO).resize((900, 900))))
    given = {"photos": (tmp_path / "large.png",), "output": tmp_path / "out"}
    summary = run(workspace, options(workspace, **given))
    assert "nothing to gain" in summary.failed[str(tmp_path / "large.png")]
    assert run(workspace, options(workspace, **given, scale=1)).made == 1


def test_one_bad_file_never_stops_the_run_and_the_exit_code_tells(workspace, tmp_path, capsys):
    tree = tmp_path / "in"
    (tree / "sub").mkdir(parents=True)
    shutil.copy(workspace.root / "face.png", tree / "sub" / "b.png")
    (tree / "a.png").write_bytes((workspace.root / "face.png").read_bytes()[:300])
    (tree / "notes.txt").write_text("no picture")
    base = ["-w", str(workspace.root), "upres", "--upres", "large", "--device", "cpu"]

    code = call([*base, "--json", "--output", str(tmp_path / "out"), str(tree), str(tmp_path / "missing.png")])

    told = json.loads(capsys.readouterr().out)
    assert code == 1
    assert told["pictures"] == [str(tmp_path / "out" / "sub" / "b.png")]
    assert set(told["failed"]) == {str(tree / "a.png"), str(tmp_path / "missing.png")}
    assert told["others"] == 1
    assert call(base) == 2
    (tree / "a.png").unlink()
    assert call([*base, "--beside", str(tree)]) == 0
    assert (tree / "sub" / "b-upres.png").exists()
    assert call([*base, "--beside", str(tree)]) == 0  # its own results are no photos
    assert len(list(tree.rglob("*.png"))) == 2
    assert call([*base, "--beside", "--output", "x", str(tree)]) == 2
