"""Each measure says what it is there for, at whatever size a picture is stored, and stays in its range."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from scan_fixtures import encoded
from sqlalchemy import Float, inspect

from curate.drawing import Portrait, draw_portrait
from curate.faces import find_faces
from curate.measures import Values, grey_of, measure
from curate.measures_colour import colour_of
from curate.measures_detail import noise, scale_of, scale_ratio, sharpness
from curate.measures_jpeg import blockiness
from curate.measures_light import exposure
from curate.measures_resampled import doubled
from curate.measures_spectrum import spectral
from curate.models import Measures
from curate.pixels import Header, Picture, read_picture
from curate.resize import resized, with_shorter_side
from curate.spoil import spoil

Pixels = NDArray[np.uint8]


@pytest.fixture(scope="module")
def clean() -> list[Portrait]:
    return [draw_portrait(np.random.default_rng(seed), 640) for seed in range(3)]


def measured(image: Pixels, quality: int | None = None) -> Values:
    height, width = image.shape[:2]
    header = Header(
        format="JPEG", mode="RGB", width=width, height=height, orientation=1, animated=False, quality=quality
    )
    grey = grey_of(image)
    return measure(Picture(header, image), grey, find_faces(grey))[0]


def number(image: Pixels, name: str) -> float:
    value = measured(image)[name]
    assert value is not None
    return value


def test_every_column_is_measured_and_every_measure_has_a_column(clean: list[Portrait]) -> None:
    columns = {column.name for column in inspect(Measures).columns if isinstance(column.type, Float)}
    assert set(measured(clean[0].image)) == columns


def test_a_picture_without_a_face_has_no_numbers_of_one() -> None:
    values = measured(np.full((300, 400, 3), 90, np.uint8))
    assert "sharpness" not in values
    assert "eye_distance" not in values
    assert values["picture_brightness"] == pytest.approx(90 / 255, abs=0.01)


@pytest.mark.parametrize("shape", [(1, 1), (2, 700), (129, 3), (130, 131), (8, 8)])
def test_odd_shapes_are_measured_without_an_error(shape: tuple[int, int]) -> None:
    dice = np.random.default_rng(1)
    values = measured(dice.integers(0, 256, (*shape, 3)).astype(np.uint8))
    assert all(value is None or np.isfinite(value) for value in values.values())


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_flat_picture_holds_nothing(level: int) -> None:
    values = measured(np.full((600, 600, 3), level, np.uint8))
    for name in ("picture_sharpness", "noise", "blockiness", "chroma", "entropy", "detail"):
        assert values[name] == pytest.approx(0, abs=1e-3), name


def test_shares_stay_between_0_and_1(clean: list[Portrait]) -> None:
    shares = ("exposure", "overexposed", "underexposed", "dynamic_range", "evenness", "flat", "white", "black", "peak")
    for portrait in clean:
        values = measured(portrait.image)
        assert all(0 <= (values[name] or 0) <= 1 for name in (*shares, "detail", "outside", "brightness"))


def test_blur_lowers_sharpness_step_by_step(clean: list[Portrait]) -> None:
    for portrait in clean:
        by_sigma = [number(cv2.GaussianBlur(portrait.image, (0, 0), sigma), "sharpness") for sigma in (0.3, 2, 4, 8)]
        assert by_sigma == sorted(by_sigma, reverse=True)
        assert by_sigma[0] > 2 * by_sigma[-1]


def test_noise_on_a_blurred_face_is_not_taken_for_sharpness(clean: list[Portrait]) -> None:
    dice = np.random.default_rng(0)
    for portrait in clean:
        blurred = cv2.GaussianBlur(portrait.image, (0, 0), 6)
        noisy = np.clip(blurred + dice.normal(0, 10, blurred.shape), 0, 255).astype(np.uint8)
        assert number(noisy, "sharpness") < number(portrait.image, "sharpness")


@pytest.mark.parametrize("size", [512, 1280])
def test_sharpness_is_the_same_at_whatever_size_a_picture_is_stored(clean: list[Portrait], size: int) -> None:
    for portrait in clean:
        image = cv2.resize(
            portrait.image, (size, size), interpolation=cv2.INTER_AREA if size < 640 else cv2.INTER_CUBIC
        )
        ours, other = measured(portrait.image), measured(image)
        if ours["sharpness_scale"] == other["sharpness_scale"]:
            assert other["sharpness"] == pytest.approx(ours["sharpness"], rel=0.3)
        assert other["picture_sharpness"] == pytest.approx(ours["picture_sharpness"], rel=0.3)


@pytest.mark.parametrize(("side", "scale"), [(700, 256), (256, 256), (255, 128), (128, 128), (127, 64), (30, 64)])
def test_faces_are_measured_at_the_largest_scale_they_fill(side: int, scale: int) -> None:
    assert scale_of(side) == scale


def test_the_scale_of_a_small_face_is_told(clean: list[Portrait]) -> None:
    small = cv2.resize(clean[0].image, (256, 256), interpolation=cv2.INTER_AREA)
    values = measured(small)
    assert values["sharpness_scale"] == 64
    assert values["sharpness_128"] is None


@pytest.mark.parametrize("factor", [2, 4])
def test_an_enlarged_picture_is_seen_by_its_scales(clean: list[Portrait], factor: int) -> None:
    for portrait in clean:
        small = cv2.resize(portrait.image, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA)
        enlarged = cv2.resize(small, (640, 640), interpolation=cv2.INTER_CUBIC)
        assert scale_ratio(grey_of(enlarged)) < scale_ratio(grey_of(portrait.image))
        assert number(enlarged, "resolution") < number(portrait.image, "resolution")


@pytest.mark.parametrize("sigma", [2.0, 5.0, 12.0])
def test_noise_is_measured_in_grey_levels(sigma: float) -> None:
    dice = np.random.default_rng(3)
    grey = np.clip(128 + dice.normal(0, sigma, (400, 400)), 0, 255).astype(np.uint8)
    assert noise(grey) == pytest.approx(sigma, rel=0.1)


def test_a_print_screen_stands_out_of_the_spectrum(clean: list[Portrait]) -> None:
    for seed, portrait in enumerate(clean):
        printed = spoil("halftone", portrait, np.random.default_rng(seed))
        assert number(printed, "halftone_peak") > 2 * number(portrait.image, "halftone_peak")


@pytest.mark.parametrize("extent", [128, 256, 512])
@pytest.mark.parametrize("period", [4.0, 6.3, 10.0])
def test_a_screen_is_seen_at_each_extent(extent: int, period: float) -> None:
    y, x = np.mgrid[:extent, :extent]
    angle = np.radians(40)
    wave = np.cos(2 * np.pi / period * (x * np.cos(angle) + y * np.sin(angle)))
    ground = np.random.default_rng(0).normal(128, 12, (extent, extent))
    plain, screened = (np.clip(ground + part, 0, 255).astype(np.uint8) for part in (0 * wave, 30 * wave))
    assert spectral(screened)["halftone_peak"] > 2 * spectral(plain)["halftone_peak"]


def test_shake_in_any_direction_is_an_anisotropy() -> None:
    ground = np.random.default_rng(0).integers(0, 256, (512, 512)).astype(np.uint8)
    kernel = np.zeros((21, 21), np.float32)
    cv2.line(kernel, (2, 4), (18, 16), 1.0)
    shaken = cv2.filter2D(ground, -1, kernel / kernel.sum())
    assert spectral(ground)["anisotropy"] < 0.1
    assert spectral(shaken)["anisotropy"] > 0.4


def test_the_end_of_detail_is_where_a_filter_put_it() -> None:
    ground = np.random.default_rng(0).integers(0, 256, (512, 512)).astype(np.float32)
    waves = np.fft.fftshift(np.fft.fft2(ground))
    y, x = np.mgrid[-256:256, -256:256]
    for cut in (0.25, 0.5, 0.75):
        limited = np.fft.ifft2(np.fft.ifftshift(waves * (np.hypot(x, y) < 256 * cut))).real
        grey = np.clip(limited - limited.mean() + 128, 0, 255).astype(np.uint8)
        assert spectral(grey)["detail"] == pytest.approx(cut, abs=0.05)


@pytest.mark.parametrize("offset", [0, 3, 5])
def test_blocks_are_seen_after_a_second_saving_and_any_crop(clean: list[Portrait], offset: int) -> None:
    for portrait in clean[:2]:
        damaged = read_picture(encoded(portrait.image, "JPEG", quality=12)).pixels
        again = read_picture(encoded(damaged[offset:, offset:], "JPEG", quality=95)).pixels
        assert blockiness(grey_of(again)) > 0.5
        assert blockiness(grey_of(portrait.image)) < 0.3


def test_the_quality_of_a_jpeg_is_kept(clean: list[Portrait]) -> None:
    assert measured(clean[0].image, quality=61)["jpeg_quality"] == 61
    assert measured(clean[0].image)["jpeg_quality"] is None


def test_grey_and_toned_pictures_have_no_spread_of_tints(clean: list[Portrait]) -> None:
    for portrait in clean:
        grey = grey_of(portrait.image)[..., None]
        tones = {"grey": (1, 1, 1), "sepia": (1.05, 0.93, 0.78), "blue": (0.8, 0.9, 1.1)}
        for tone in tones.values():
            image = np.clip(grey * np.array(tone), 0, 255).astype(np.uint8)
            stored = read_picture(encoded(image, "JPEG", quality=80)).pixels
            assert colour_of(with_shorter_side(stored, 96))["tint_spread"] < 1.5
        assert colour_of(with_shorter_side(portrait.image, 96))["tint_spread"] > 2.5


def test_a_vivid_picture_has_more_colour_than_a_pale_one(clean: list[Portrait]) -> None:
    grey = np.repeat(grey_of(clean[0].image)[..., None], 3, axis=2)
    pale = cv2.addWeighted(clean[0].image, 0.3, grey, 0.7, 0)
    for name in ("colourfulness", "chroma", "face_chroma"):
        assert number(pale, name) < 0.6 * number(clean[0].image, name)


@pytest.mark.parametrize(
    ("low", "high", "score"),
    [(0.0, 0.1, 0.007), (0.05, 0.3, 0.5), (0.05, 0.5, 0.993), (0.2, 0.9, 0.999), (0.55, 1.0, 0.5), (0.8, 1.0, 0.007)],
)
def test_exposure_is_bad_where_highlights_are_dark_or_shadows_light(low: float, high: float, score: float) -> None:
    assert exposure(low, high) == pytest.approx(score, abs=0.002)


def dimmed(image: NDArray[np.uint8], share: float) -> NDArray[np.uint8]:
    """The picture in less light: shares of what sRGB stands for."""
    level = np.arange(256) / 255
    linear = np.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4) * share
    back = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.rint(255 * back).astype(np.uint8)[image]


def test_a_face_in_half_the_light_is_as_colourful_and_as_rich_in_contrast(clean: list[Portrait]) -> None:
    for portrait in clean:
        ours, other = measured(portrait.image), measured(dimmed(portrait.image, 0.5))
        for name in ("face_chroma", "face_tint_spread", "lips_red", "eye_contrast", "contrast", "dynamic_range"):
            assert other[name] == pytest.approx(ours[name], rel=0.15), name
        assert other["brightness"] < 0.8 * ours["brightness"]  # type: ignore[operator]


def test_light_is_measured_on_the_face_not_on_the_background(clean: list[Portrait]) -> None:
    portrait = clean[0]
    (face,) = find_faces(portrait.image)
    image = portrait.image.copy()
    keep = np.zeros(image.shape[:2], bool)
    left, top, right, bottom = face.box
    keep[max(top - 60, 0) : bottom + 60, max(left - 60, 0) : right + 60] = True
    image[~keep] = 255
    ours, other = measured(portrait.image), measured(image)
    assert other["brightness"] == pytest.approx(ours["brightness"], abs=0.02)
    assert other["picture_brightness"] > ours["picture_brightness"]  # type: ignore[operator]


def test_a_face_lit_from_one_side_is_less_even(clean: list[Portrait]) -> None:
    ramp = np.linspace(0.25, 1.2, 640)[None, :, None]
    lit = np.clip(clean[1].image * ramp, 0, 255).astype(np.uint8)
    assert number(lit, "evenness") < number(clean[1].image, "evenness") - 0.05


def test_geometry_is_in_pixels_of_the_picture(clean: list[Portrait]) -> None:
    points = clean[0].landmarks
    distance = np.linalg.norm(points[36:42].mean(0) - points[42:48].mean(0))
    assert number(clean[0].image, "eye_distance") == pytest.approx(distance, rel=0.1)
    assert number(clean[0].image, "outside") == 0


def test_two_faces_are_told_by_the_size_of_the_second(clean: list[Portrait]) -> None:
    both = np.hstack([clean[0].image, clean[1].image])
    assert number(both, "second_face") > 0.3
    assert number(clean[0].image, "second_face") == 0


def test_measuring_twice_gives_the_same_numbers(clean: list[Portrait]) -> None:
    assert measured(clean[0].image) == measured(clean[0].image)


@pytest.mark.parametrize("size", [(100, 100), (1000, 30), (767, 511)])
def test_a_resized_picture_has_the_size_and_the_mean_of_the_large_one(size: tuple[int, int]) -> None:
    image = np.random.default_rng(0).integers(0, 256, (1001, 1203)).astype(np.uint8)
    small = resized(image, *size)
    assert small.shape == size[::-1]
    assert small.mean() == pytest.approx(image.mean(), abs=1.5)


def test_shrinking_by_halves_is_like_shrinking_at_once() -> None:
    image = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 256, (1080, 1080)).astype(np.uint8), (0, 0), 3)
    at_once = cv2.resize(image, (256, 256), interpolation=cv2.INTER_AREA)
    assert np.abs(resized(image, 256, 256).astype(int) - at_once).mean() < 0.6


def test_small_pictures_are_never_enlarged() -> None:
    assert with_shorter_side(np.zeros((90, 50), np.uint8), 256).shape == (90, 50)
    assert sharpness(np.zeros((1, 1), np.uint8)) == 0


def grain(side: int) -> Pixels:
    """A picture with detail at every scale."""
    dice = np.random.default_rng(2)
    layers = [
        cv2.resize(dice.normal(0, 40, (side >> k, side >> k)), (side, side), interpolation=cv2.INTER_CUBIC)
        for k in range(6)
    ]
    return np.asarray(np.clip(128 + sum(layers) / 3, 0, 255), np.uint8)


@pytest.mark.parametrize("how", [cv2.INTER_LINEAR, cv2.INTER_CUBIC])
@pytest.mark.parametrize("offset", [0, 3])
def test_a_picture_made_twice_as_large_is_told_from_one_that_is_only_soft(how: int, offset: int) -> None:
    large = cv2.resize(grain(264), (528, 528), interpolation=how)[offset:, offset:]
    soft = cv2.GaussianBlur(grain(512), (0, 0), 1.2)
    small, enlarged, blurred = (
        grey_of(read_picture(encoded(np.repeat(grey[..., None], 3, axis=2), "JPEG", quality=92)).pixels)
        for grey in (grain(512), np.ascontiguousarray(large), soft)
    )
    assert doubled(enlarged) > 0.9
    assert doubled(small) < 0.5
    assert doubled(blurred) < 0.5
