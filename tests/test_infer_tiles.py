"""Where tiles lie, and that blending tiles that agree gives back the picture."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infer.blend import Blender, axis_weights, seams
from infer.tiles import fit, plan, spread


def test_a_96_pixel_face_is_16_tiles_and_25_with_half_overlaps():
    assert len(plan(96, 96, overlap=10)) == 16
    assert spread(96, 32, 10) == (0, 21, 43, 64)
    assert spread(96, 32, 16) == (0, 16, 32, 48, 64)


def test_tiles_cover_the_picture_evenly_and_share_at_least_the_overlap():
    for extent in range(32, 401):
        for overlap in range(17):
            starts = spread(extent, 32, overlap)
            gaps = np.diff(starts)
            assert starts[0] == 0
            assert starts[-1] == extent - 32
            assert (32 - gaps >= overlap).all()
            assert gaps.size == 0 or gaps.max() - gaps.min() <= 1
            assert len(starts) == 1 or 32 + (len(starts) - 2) * (32 - overlap) < extent  # one fewer would not do


@pytest.mark.parametrize("overlap", [-1, 32, 40])
def test_an_overlap_that_no_tile_can_have_is_refused(overlap):
    with pytest.raises(ValueError, match="overlap"):
        spread(96, 32, overlap)


def test_weights_sum_to_one_for_every_size_and_overlap():
    for extent in range(32, 401):
        for overlap in range(17):
            starts = spread(extent, 32, overlap)
            weights = axis_weights(starts, 32, 8)
            total = np.zeros(8 * extent)
            for start, weight in zip(starts, weights, strict=True):
                total[8 * start : 8 * start + 256] += weight
            assert weights.min() >= 0
            assert np.abs(total - 1).max() <= 1e-6


@pytest.mark.parametrize("overlap", [17, 22, 31])
def test_weights_sum_to_one_where_more_than_two_tiles_meet(overlap):
    starts = spread(150, 32, overlap)
    total = np.zeros(8 * 150)
    for start, weight in zip(starts, axis_weights(starts, 32, 8), strict=True):
        assert weight.min() >= -1e-7
        total[8 * start : 8 * start + 256] += weight
    assert np.abs(total - 1).max() <= 1e-6


@pytest.mark.parametrize("overlap", [4, 10, 16])
def test_no_step_of_a_weight_is_steeper_than_a_cosine_of_the_seam(overlap):
    starts = spread(96, 32, overlap)
    shortest = min(seam.end - seam.start for seam in seams(starts, 32, 8))
    steepest = np.abs(np.diff(axis_weights(starts, 32, 8), axis=1)).max()
    assert steepest <= 1.05 * np.pi / (2 * shortest)


def test_the_discarded_rim_shrinks_to_a_quarter_of_a_small_overlap():
    assert [seam.rim for seam in seams((0, 31), 32, 8)] == [2]
    assert [seam.rim for seam in seams((0, 22), 32, 8)] == [12]


def test_no_overlap_is_a_hard_cut_and_says_so():
    cut = plan(64, 64, overlap=0)
    assert cut.is_hard_cut
    assert not plan(64, 64, overlap=1).is_hard_cut
    assert (axis_weights(cut.tops, 32, 8) == 1).all()


def identity(height: int, width: int, overlap: int, scale: int, keep_texture: bool) -> float:
    """Largest error of cutting a random picture into its tiles and blending them again."""
    rng = np.random.default_rng(height * 1000 + width)
    large = rng.uniform(-1, 1, (3, scale * height, scale * width)).astype(np.float32)
    where = plan(height, width, 32, overlap, scale)
    down, right = (scale * padded - extent for padded, extent in zip(where.padded, large.shape[1:], strict=True))
    padded = np.pad(large, ((0, 0), (0, down), (0, right)), mode="reflect")
    span = scale * where.tile
    tiles = (
        padded[:, scale * t.top : scale * t.top + span, scale * t.left : scale * t.left + span] for t in where.tiles
    )
    blended = np.concatenate(list(Blender(where, keep_texture=keep_texture)(tiles)), axis=1)
    assert blended.shape == large.shape
    return float(np.abs(blended - large).max())


@settings(max_examples=25, deadline=None)
@given(st.integers(32, 400), st.integers(32, 120), st.integers(0, 16), st.booleans())
def test_an_identity_upscaler_leaves_the_picture_unchanged_for_any_size_and_overlap(height, width, overlap, keep):
    assert identity(height, width, overlap, scale=2, keep_texture=keep) <= 1e-6
    assert identity(width, height, overlap, scale=2, keep_texture=keep) <= 1e-6


@pytest.mark.parametrize("overlap", [0, 1, 3, 10, 16])
@pytest.mark.parametrize("height", [32, 65, 96, 130])
def test_an_identity_upscaler_at_eight_times_leaves_the_picture_unchanged(height, overlap):
    assert identity(height, 41, overlap, scale=8, keep_texture=True) <= 1e-6


@pytest.mark.parametrize("height", [17, 31])
def test_a_picture_smaller_than_a_tile_is_mirrored_to_one_and_cut_again(height):
    assert identity(height, 40, 10, scale=8, keep_texture=True) <= 1e-6
    small = np.arange(2 * height * 40, dtype=np.float32).reshape(2, height, 40)
    assert fit(small, plan(height, 40)).shape == (2, 32, 40)
