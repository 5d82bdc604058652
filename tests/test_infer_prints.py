"""Large pictures row by row into PNG, TIFF and BigTIFF: whole or not there, with all that belongs to them."""

from __future__ import annotations

import io

import cv2
import numpy as np
import png
import pytest
import tifffile
from PIL import Image, ImageCms

from infer import prints
from infer.prints import SUFFIXES, BadPrint, Layout, write_print
from infer.recipe import AI_EDITED, NoRecipe, Recipe, is_finished, read_recipe

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
GREY_PROFILE = PROFILE[:16] + b"GRAY" + PROFILE[20:]
RECIPE = Recipe({"kind": "portrait", "name": "Gänsefüßchen"}, {"tiles": 529}, AI_EDITED)
KINDS = ("png", "tiff", "bigtiff")


@pytest.fixture(autouse=True)
def everything_is_streamed(monkeypatch):
    monkeypatch.setattr(prints, "STREAMED", 0)


def noise(layout: Layout) -> np.ndarray:
    shape = (layout.height, layout.width, layout.channels)
    return np.random.default_rng(1).integers(0, 2**layout.depth, shape).astype(layout.dtype)


def bands(picture: np.ndarray, *edges: int):
    return iter(np.split(picture, edges))


def written(folder, kind, layout, picture):
    path = folder / f"print{SUFFIXES[kind]}"
    write_print(path, bands(picture, 1, 90, 300), layout, lambda: RECIPE, kind, AI_EDITED)
    return path


def read_by_others(path):
    if path.suffix == ".tif":
        return tifffile.imread(path)
    return np.array([np.asarray(row) for row in png.Reader(bytes=path.read_bytes()).asDirect()[2]])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_rows_come_back_as_they_were_with_all_that_belongs_to_them(tmp_path, kind, channels, depth):
    profile = PROFILE if channels > 2 else GREY_PROFILE
    layout = Layout(301, 520, channels, depth, (300.0, 150.0), profile)
    picture = noise(layout)
    path = written(tmp_path, kind, layout, picture)

    np.testing.assert_array_equal(read_by_others(path).reshape(picture.shape), picture)
    assert read_recipe(path) == RECIPE
    assert AI_EDITED.encode() in path.read_bytes()
    if kind == "png" or depth == 8 or channels not in (2, 4):  # Pillow knows no deep TIFF with alpha
        with Image.open(path) as image:
            assert image.info["dpi"] == pytest.approx((300, 150), abs=0.02)
            assert image.info["icc_profile"] == profile
            if depth == 8:
                np.testing.assert_array_equal(np.asarray(image).reshape(picture.shape), picture)
    if kind != "png":
        with tifffile.TiffFile(path) as file:
            assert file.is_bigtiff == (kind == "bigtiff")


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_other_programs_read_sixteen_bits(tmp_path, kind, channels):
    layout = Layout(301, 520, channels, 16)
    picture = noise(layout)
    read = cv2.imread(str(written(tmp_path, kind, layout, picture)), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(read.reshape(picture.shape)[..., ::-1], picture)


@pytest.mark.parametrize("kind", KINDS)
def test_damage_anywhere_in_a_print_is_seen(tmp_path, kind):
    layout = Layout(301, 520)
    path = written(tmp_path, kind, layout, noise(layout))
    whole = path.read_bytes()
    assert is_finished(path, RECIPE.request)
    for place in range(2000, len(whole) - 2000, len(whole) // 20):
        path.write_bytes(whole[:place])
        assert not is_finished(path, RECIPE.request)
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert not is_finished(path, RECIPE.request)


@pytest.mark.parametrize("kind", KINDS)
def test_a_print_that_breaks_off_leaves_no_file(tmp_path, kind):
    def breaking():
        yield np.zeros((40, 301, 3), np.uint8)
        raise RuntimeError("the network is gone")

    with pytest.raises(RuntimeError):
        write_print(tmp_path / "a", breaking(), Layout(301, 520), lambda: RECIPE, kind)
    assert list(tmp_path.iterdir()) == []


def test_rows_that_do_not_add_up_are_refused(tmp_path):
    for picture, layout in (
        (np.zeros((10, 8, 3), np.uint8), Layout(8, 11)),
        (np.zeros((10, 9, 3), np.uint8), Layout(8, 10)),
        (np.zeros((10, 8, 3), np.uint16), Layout(8, 10)),
    ):
        with pytest.raises(BadPrint):
            write_print(tmp_path / "a.png", iter([picture]), layout, lambda: RECIPE)
    assert list(tmp_path.iterdir()) == []


def test_a_png_of_eight_bits_that_is_not_large_is_written_by_pillow_with_the_same_content(tmp_path, monkeypatch):
    layout = Layout(301, 520, 1, 8, (300.0, 300.0), GREY_PROFILE)
    picture = noise(layout)
    monkeypatch.setattr(prints, "STREAMED", 10**9)
    path = written(tmp_path, "png", layout, picture)
    assert read_recipe(path) == RECIPE
    with Image.open(io.BytesIO(path.read_bytes())) as image:
        assert image.info["dpi"] == pytest.approx((300, 300), abs=0.02)
        assert image.info["icc_profile"] == GREY_PROFILE
        np.testing.assert_array_equal(np.asarray(image), picture[..., 0])


def test_other_files_are_no_prints(tmp_path):
    (tmp_path / "text.tif").write_bytes(b"II*\0 and nothing more")
    with pytest.raises(NoRecipe):
        read_recipe(tmp_path / "text.tif")
    plain = tmp_path / "plain.tif"
    tifffile.imwrite(plain, np.zeros((8, 8), np.uint8))
    with pytest.raises(NoRecipe):
        read_recipe(plain)
