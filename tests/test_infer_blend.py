"""Seams, texture and agreement with the lowres picture, on tiles that disagree as a GAN's do."""

from __future__ import annotations

import itertools
import time

import numpy as np
import pytest
from infer_fixtures import StochasticTiles, hard_cut, high_band, lowres_picture, seam_ratio, texture_kept, untiled

from infer.blend import Blender, with_halo
from infer.project import enlarge, lowres_psnr, project, project_rows, shrink

OVERLAPS = [10, 16]


def blended(tiles: StochasticTiles, keep_texture: bool = True) -> np.ndarray:
    return np.concatenate(list(Blender(tiles.plan, keep_texture=keep_texture)(tiles)), axis=1)


@pytest.mark.parametrize("overlap", OVERLAPS)
def test_seams_vanish_where_hard_cropping_shows_them(overlap):
    tiles = StochasticTiles(lowres_picture(), overlap)
    assert seam_ratio(hard_cut(tiles), tiles.plan) >= 1.9
    assert seam_ratio(blended(tiles), tiles.plan) <= 1.12


@pytest.mark.parametrize(("overlap", "alike"), list(itertools.product(OVERLAPS, [0.0, 0.5, 1.0])))
def test_texture_survives_however_alike_the_tiles_are(overlap, alike):
    tiles = StochasticTiles(lowres_picture(), overlap, alike)
    strength, evenness = texture_kept(untiled(tiles))
    kept, even = texture_kept(blended(tiles))
    assert 0.97 <= kept / strength <= 1.02
    assert even / evenness >= 0.95


def test_plain_feathering_loses_texture_which_is_why_the_high_band_is_blended_apart():
    tiles = StochasticTiles(lowres_picture(), overlap=16)
    strength, evenness = texture_kept(untiled(tiles))
    kept, even = texture_kept(blended(tiles, keep_texture=False))
    assert kept / strength < 0.92
    assert even / evenness < 0.75


def likeness(signal: np.ndarray) -> np.ndarray:
    """Autocorrelation of a signal, 1 at shift 0."""
    signal = signal - signal.mean()
    return np.correlate(signal, signal, "full")[signal.size - 1 :] / np.square(signal).sum()


def test_no_pattern_repeats_with_the_stride_of_the_tiles():
    stride = 128
    tiles = StochasticTiles(lowres_picture(), overlap=16)
    high = high_band(blended(tiles))
    itself = np.mean([likeness(row) for row in high[0]], axis=0)
    assert itself[stride] <= np.abs(np.delete(itself[96:160], stride - 96)).max()

    contrast = likeness(np.square(high).mean(axis=(0, 1)))
    averaged = likeness(np.square(high_band(blended(tiles, keep_texture=False))).mean(axis=(0, 1)))
    assert contrast[stride] < 0.2
    assert averaged[stride] > 0.4  # the grid of dull seams that a plain average leaves


def test_bands_of_rows_are_the_whole_picture():
    tiles = StochasticTiles(lowres_picture(), overlap=10)
    bands = list(project_rows(Blender(tiles.plan)(tiles), tiles.lowres))
    whole = project(blended(tiles), tiles.lowres)
    assert len(bands) >= 4
    assert max(band.shape[1] for band in bands) < 400
    np.testing.assert_allclose(np.concatenate(bands, axis=1), whole, atol=1e-5)


@pytest.mark.parametrize("heights", [[8, 8, 8], [40], [24, 56, 8, 16], [8] * 12])
def test_work_with_a_halo_does_not_see_the_bands(heights):
    whole = np.random.default_rng(0).random((1, sum(heights), 3)).astype(np.float32)
    bands = np.split(whole, np.cumsum(heights)[:-1], axis=1)

    def spread_rows(rows: np.ndarray, first: int) -> np.ndarray:
        padded = np.pad(rows, ((0, 0), (5, 5), (0, 0)), mode="reflect")
        numbers = np.arange(first, first + rows.shape[1], dtype=np.float32)[None, :, None]
        return padded[:, :-10] + padded[:, 10:] + rows + numbers

    found = np.concatenate(list(with_halo(iter(bands), 8, spread_rows)), axis=1)
    np.testing.assert_array_equal(found, spread_rows(whole, 0))


def test_three_projections_agree_with_the_lowres_picture():
    tiles = StochasticTiles(lowres_picture(), overlap=10)
    picture = blended(tiles)
    values = [lowres_psnr(project(picture, tiles.lowres, times), tiles.lowres) for times in range(4)]
    assert values == sorted(values)
    assert values[0] < 45
    assert values[3] >= 53
    unclipped = project(enlarge(tiles.lowres), tiles.lowres)
    assert lowres_psnr(unclipped, tiles.lowres) >= 60
    as_bytes = np.round((unclipped + 1) * 127.5) / 127.5 - 1
    assert lowres_psnr(as_bytes.astype(np.float32), tiles.lowres) >= 65


def test_projection_of_half_strength_lies_between():
    lowres = lowres_picture(32)
    large = enlarge(lowres) + np.float32(0.1)
    once, half = project(large, lowres, 1), project(large, lowres, 1, strength=0.5)
    assert lowres_psnr(large, lowres) < lowres_psnr(half, lowres) < lowres_psnr(once, lowres)
    np.testing.assert_array_equal(project(large, lowres, 0), large)


def test_shrinking_takes_the_averages_of_cells():
    large = np.random.default_rng(1).random((3, 64, 80)).astype(np.float32)
    expected = large.reshape(3, 8, 8, 10, 8).mean(axis=(2, 4))
    np.testing.assert_allclose(shrink(large), expected, atol=1e-6)


def test_blending_and_projecting_a_768_portrait_takes_a_fraction_of_a_second():
    tiles = StochasticTiles(lowres_picture(), overlap=10)
    painted, best = list(tiles), 9.0
    for _ in range(3):
        started = time.perf_counter()
        for _band in project_rows(Blender(tiles.plan)(painted), tiles.lowres):
            pass
        best = min(best, time.perf_counter() - started)
    assert best < 0.5  # 0.06 s on an idle core
