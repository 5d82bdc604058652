"""Painting row by row: the same picture as painting it whole, in memory for its width."""

from __future__ import annotations

import numpy as np
import pytest
from infer_fixtures import Floats, lowres_picture
from infer_runs import bicubic, painter, textured

from infer.engine import TileEngine
from infer.paint import Painter, PaintSettings, quantised, unquantised
from infer.stream import Source, Stream

GREY = (("contrast", 1.0), ("critic", 0.0))


def critic(tiles: Floats, crops: Floats) -> Floats:
    """A discriminator of a sort: it likes what is bright on the left."""
    return np.asarray(tiles[:, :1, ::20, ::20] * crops[:, :1, :1, :1], np.float32)


def stack(height: int, width: int, seed: int = 0) -> Floats:
    return np.ascontiguousarray(lowres_picture(max(height, width), seed, channels=6)[:, :height, :width])


@pytest.mark.parametrize(
    ("shape", "values"),
    [
        ((48, 48), {}),
        ((100, 40), {}),  # tall
        ((24, 130), {"bands": 1, "projections": 0}),  # wide, as the article paints
        ((10, 60), {}),  # less than a tile high
        ((38, 30), {"candidates": "article", "weights": GREY}),
        ((30, 38), {"candidates": "flip", "weights": GREY, "agreement": 0.0}),
        ((30, 40), {"candidates": "flip"}),  # a critic judges
        ((40, 50), {"whole": True}),
    ],
    ids=str,
)
def test_rows_are_those_of_the_whole_picture(shape, values):
    settings = PaintSettings(**{"tile": 16, "overlap": 5, **values})
    paint = Painter(TileEngine(painter(textured).net, 5), settings, TileEngine(critic, 3))
    given = stack(*shape)
    whole = paint(given)

    streamed = Stream(paint, Source.of_stack(given))
    bands = list(streamed.bands())

    assert settings.whole or len(bands) > 1 or shape[0] < 16
    assert (streamed.height, streamed.width) == whole.picture.shape[1:]
    np.testing.assert_allclose(np.concatenate(bands, axis=1), whole.picture, atol=1e-5)
    result = streamed.result()
    assert result["tiles"] == whole.tiles
    assert result["lowres_psnr"] == pytest.approx(whole.agreement, abs=0.02)
    assert result["lowres_psnr_before_projection"] == pytest.approx(whole.before, abs=0.02)
    assert tuple(result.get("candidates", ())) == whole.kept
    if whole.choice is not None:
        assert result["candidate_disagreement"] == (
            whole.choice.disagreement and pytest.approx(whole.choice.disagreement, abs=1e-4)
        )


def test_candidates_are_chosen_with_two_rows_of_tiles_in_memory():
    settings = PaintSettings(tile=16, overlap=5, candidates="flip", weights=GREY)
    paint = Painter(TileEngine(painter(textured).net, 5), settings)
    streamed = Stream(paint, Source.of_stack(stack(60, 40)))
    found, _ = streamed._judged()
    assert all(candidate.picture.size == 0 for own in found for candidate in own)


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_pixels_are_converted_window_by_window_without_loss(depth):
    pixels = np.random.default_rng(0).integers(0, np.iinfo(depth).max, (40, 30, 3), depth, endpoint=True)
    np.testing.assert_array_equal(quantised(unquantised(pixels), np.dtype(depth)), pixels)
    window = Source.of_pixels(pixels, blank=3).window(slice(5, 9), slice(2, 8))
    assert window.shape == (6, 4, 6)
    assert (window[3:] == -1).all()
    np.testing.assert_array_equal(quantised(window[:3], np.dtype(depth)), pixels[5:9, 2:8])


def test_a_small_picture_is_mirrored_up_to_one_tile():
    settings = PaintSettings(tile=16, overlap=5)
    streamed = Stream(Painter(TileEngine(painter(bicubic).net), settings), Source.of_stack(stack(9, 7)))
    assert np.concatenate(list(streamed.bands()), axis=1).shape == (3, 72, 56)
