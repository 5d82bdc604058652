"""Photos as they are: depth, grey, alpha, palette, CMYK, orientation, profile and print resolution."""

from __future__ import annotations

import zlib

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms

from curate.photo import Enlargement, read_photo

RNG = np.random.default_rng(5)
DEEP = RNG.integers(1, 65536, (20, 31, 4)).astype(np.uint16)  # no 0: nothing is hidden entirely
SHALLOW = RNG.integers(1, 256, (20, 31, 4)).astype(np.uint8)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
TURN = Image.Transpose
AS_STORED = {  # what a camera did to the upright picture, by orientation
    2: TURN.FLIP_LEFT_RIGHT, 3: TURN.ROTATE_180, 4: TURN.FLIP_TOP_BOTTOM, 5: TURN.TRANSPOSE,
    6: TURN.ROTATE_90, 7: TURN.TRANSVERSE, 8: TURN.ROTATE_270,
}  # fmt: skip


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_sixteen_bits_stay_exact(tmp_path, suffix, channels):
    path, picture = tmp_path / f"a{suffix}", DEEP[..., :channels]
    if suffix == ".png":
        cv2.imwrite(str(path), picture[..., [2, 1, 0, 3][:channels] if channels > 1 else [0]])
    else:
        tifffile.imwrite(path, picture if channels > 1 else picture[..., 0], compression="zlib")
    photo = read_photo(path)
    assert (photo.depth, photo.grey) == (16, channels == 1)
    np.testing.assert_array_equal(photo.pixels, picture[..., [0, 0, 0]] if channels == 1 else picture[..., :3])
    assert (photo.alpha is None) == (channels < 4)
    if channels == 4:
        np.testing.assert_array_equal(photo.alpha, picture[..., 3])
    assert np.abs(photo.seen.astype(int)[..., 1] - photo.pixels[..., 1] / 257).max() <= (0.5 if channels < 4 else 255)


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_eight_bits_grey_and_alpha_are_kept_with_profile_and_resolution(tmp_path, mode, suffix):
    channels = len(mode) if mode != "RGB" else 3
    picture = np.squeeze(SHALLOW[..., :channels])
    profile = SRGB if mode.startswith("RGB") else SRGB[:16] + b"GRAY" + SRGB[20:]
    Image.fromarray(picture).save(tmp_path / f"a{suffix}", dpi=(240, 240), icc_profile=profile)
    photo = read_photo(tmp_path / f"a{suffix}")
    assert (photo.depth, photo.grey, photo.alpha is not None) == (8, mode in ("L", "LA"), mode.endswith("A"))
    np.testing.assert_array_equal(photo.pixels[..., 0], picture.reshape(20, 31, -1)[..., 0])
    assert photo.profile == profile
    assert photo.dpi == pytest.approx((240, 240), abs=0.1)


def test_a_palette_becomes_its_colours_and_a_grey_one_grey(tmp_path):
    indexed = SHALLOW[..., 0] % 8
    colours = Image.fromarray(indexed).convert("P")
    colours.putpalette([value for k in range(256) for value in (k, 255 - k, 7)])
    colours.save(tmp_path / "colours.png", transparency=0)
    photo = read_photo(tmp_path / "colours.png")
    seen = indexed > 0
    np.testing.assert_array_equal(photo.alpha, np.where(seen, 255, 0))
    np.testing.assert_array_equal(photo.pixels[seen], np.stack([indexed, 255 - indexed, indexed * 0 + 7], 2)[seen])
    colours.putpalette([value for k in range(256) for value in (k, k, k)])
    colours.save(tmp_path / "grey.png")
    photo = read_photo(tmp_path / "grey.png")
    assert photo.grey
    np.testing.assert_array_equal(photo.pixels[..., 2], indexed)


def test_what_is_hidden_takes_the_colour_of_what_is_next_to_it(tmp_path):
    picture = np.zeros((8, 8, 4), np.uint8)
    picture[:, 4:] = (200, 100, 50, 255)  # on the left, black that nobody sees
    Image.fromarray(picture).save(tmp_path / "a.png")
    photo = read_photo(tmp_path / "a.png")
    assert (photo.pixels == (200, 100, 50)).all()
    assert (photo.seen[:, :4] == 255).all()


@pytest.mark.parametrize("mode", ["CMYK", "LAB", "1", "YCbCr"])
def test_other_spaces_become_rgb_or_grey(tmp_path, mode):
    flat = Image.new("RGB", (31, 20), (180, 120, 60))
    if mode == "LAB":
        srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
        ImageCms.profileToProfile(flat, srgb, lab, outputMode="LAB").save(tmp_path / "a.tif")
    else:
        flat.convert(mode).save(tmp_path / "a.tif")

    photo = read_photo(tmp_path / "a.tif")
    if mode == "1":
        assert photo.grey
        assert set(np.unique(photo.pixels)) <= {0, 255}
    else:
        assert np.abs(photo.pixels.astype(int) - (180, 120, 60)).max() <= 3


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif", "deep.png"])
def test_orientation_is_applied_once_and_the_resolution_turns_along(tmp_path, orientation, name):
    picture = np.zeros((16, 32, 3), np.uint8)
    picture[:8, :16] = 255  # the corner that is top left when upright
    stored = Image.fromarray(picture)
    if orientation > 1:
        stored = stored.transpose(AS_STORED[orientation])
    exif = Image.Exif()
    exif[0x0112] = orientation
    if name == "deep.png":
        deep = cv2.imencode(".png", np.asarray(stored).astype(np.uint16) * 257)[1].tobytes()
        chunk = b"eXIf" + exif.tobytes().removeprefix(b"Exif\0\0")
        chunk = (len(chunk) - 4).to_bytes(4, "big") + chunk + zlib.crc32(chunk).to_bytes(4, "big")
        (tmp_path / name).write_bytes(deep[:33] + chunk + deep[33:])  # after the header
    else:
        stored.save(tmp_path / name, exif=exif, dpi=(300, 150))
    photo = read_photo(tmp_path / name)
    assert photo.pixels.shape == (16, 32, 3)
    assert photo.seen[:6, :14].min() > 200
    assert photo.seen[10:].max() < 50
    if name != "deep.png":
        assert photo.dpi == pytest.approx((150, 300) if orientation > 4 else (300, 150), abs=0.5)


@pytest.mark.parametrize("size", [(160, 248), (53, 90), (20, 31), (11, 13)])
def test_lanczos_by_rows_is_that_of_the_whole(size):
    enlargement = Enlargement(DEEP[..., :3], *size)
    rows = [enlargement.rows(top, min(top + 7, size[0])) for top in range(0, size[0], 7)]
    np.testing.assert_allclose(np.concatenate(rows, axis=1), enlargement.rows(0, size[0]), atol=0.1)  # of 65535
