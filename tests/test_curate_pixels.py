"""Reading any picture file, and naming what is wrong with the others."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps
from scan_fixtures import bad_files, encoded, odd_files, portrait

from curate.pixels import (
    BadImage,
    decode,
    encode_jpeg,
    encode_png,
    encode_webp,
    read_image,
    read_picture,
    read_png_text,
    write_png,
)


@pytest.mark.parametrize("name", bad_files())
def test_a_bad_file_is_named_by_its_kind(name: str, tmp_path: Path) -> None:
    data, kind = bad_files()[name]
    (tmp_path / name).write_bytes(data)
    with pytest.raises(BadImage) as caught:
        read_image(tmp_path / name)
    assert caught.value.kind == kind


@pytest.mark.parametrize("name", odd_files())
def test_an_odd_file_is_read_as_upright_rgb(name: str, tmp_path: Path) -> None:
    data, format_name = odd_files()[name]
    (tmp_path / name).write_bytes(data)
    pixels = read_image(tmp_path / name)
    assert pixels.shape == (256, 256, 3)
    assert pixels.dtype == np.uint8
    assert read_picture(data).header.format == format_name


@pytest.mark.parametrize("name", ["cmyk.jpg", "moving.gif", "moving.webp", "pages.tiff", "palette.png"])
def test_an_odd_file_looks_as_it_should(name: str) -> None:
    difference = np.abs(decode(odd_files()[name][0]).astype(int) - portrait())
    assert difference.mean() < 20


def test_sixteen_bits_keep_their_upper_eight() -> None:
    np.testing.assert_array_equal(decode(odd_files()["deep.png"][0])[..., 1], portrait()[..., 0])


@pytest.mark.parametrize(("kind", "value"), [("RGBA", (255, 255, 255)), ("LA", (255, 255, 255))])
def test_what_is_transparent_is_white(kind: str, value: tuple[int, int, int]) -> None:
    clear = Image.new(kind, (8, 8), 0)
    buffer = io.BytesIO()
    clear.save(buffer, "PNG")
    assert tuple(decode(buffer.getvalue())[4, 4]) == value


def test_a_transparent_palette_colour_is_white() -> None:
    image = Image.new("P", (8, 8), 3)
    image.putpalette([10, 20, 30] * 256)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", transparency=3)
    assert tuple(decode(buffer.getvalue())[4, 4]) == (255, 255, 255)


@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_turned_upright(orientation: int, format_name: str) -> None:
    image = Image.fromarray(portrait()[:, :100])
    exif = image.getexif()
    exif[0x0112] = orientation
    buffer = io.BytesIO()
    image.save(buffer, format_name, exif=exif)
    picture = read_picture(buffer.getvalue())
    upright = ImageOps.exif_transpose(Image.open(buffer))
    np.testing.assert_array_equal(picture.pixels, np.asarray(upright))
    assert (picture.header.height, picture.header.width) == picture.pixels.shape[:2]
    assert picture.header.orientation == orientation


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}, {"restart_marker_rows": 1}])
def test_the_fast_way_gives_the_same_pixels_as_pillow(options: dict[str, object]) -> None:
    data = encoded(portrait(), "JPEG", quality=85, **options)
    np.testing.assert_array_equal(decode(data), np.asarray(Image.open(io.BytesIO(data)).convert("RGB")))


@pytest.mark.parametrize("quality", [1, 5, 25, 49, 50, 51, 75, 90, 95, 100])
def test_the_quality_of_a_jpeg_is_read_from_its_header(quality: int) -> None:
    assert read_picture(encoded(portrait(), "JPEG", quality=quality)).header.quality == quality


def test_other_formats_have_no_jpeg_quality() -> None:
    assert read_picture(encoded(portrait(), "PNG")).header.quality is None


# Pillow warns; in the command that is silenced
@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_broken_metadata_is_no_reason_to_lose_a_picture() -> None:
    data = encoded(portrait(), "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff broken")
    assert decode(data).shape == (256, 256, 3)


def test_the_limit_of_pixels_is_looked_at_before_decoding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("curate.pixels._decode_fast", lambda *_: pytest.fail("decoded"))
    with pytest.raises(BadImage, match=r"256 x 256, the limit is 65,535"):
        read_picture(encoded(portrait(), "JPEG"), max_pixels=256 * 256 - 1)


def test_a_large_file_that_is_no_picture_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "film.mkv"
    with path.open("wb") as file:
        file.write(b"\x1a\x45\xdf\xa3")
        file.truncate(10**12)  # a hole: reading it would fail for want of memory
    with pytest.raises(BadImage, match="not a picture"):
        read_image(path)


def test_a_file_that_is_not_there_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(BadImage, match="unreadable: No such file"):
        read_image(tmp_path / "gone.jpg")


def test_pixels_survive_what_is_lossless() -> None:
    for data in (encode_png(portrait()), encode_png(portrait(), level=1), encode_webp(portrait(), quality=100)):
        np.testing.assert_array_equal(decode(data), portrait())


def test_pixels_nearly_survive_a_jpeg() -> None:
    difference = np.abs(decode(encode_jpeg(portrait(), 95)).astype(int) - portrait())
    assert difference.mean() < 4


def test_a_png_carries_texts(tmp_path: Path) -> None:
    texts = {"recipe": '{"z": 3}', "Author": "Jürgen, 李"}
    write_png(tmp_path / "a.png", portrait(), texts)
    assert read_png_text(tmp_path / "a.png") == texts
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), portrait())
