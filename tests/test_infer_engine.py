"""The engine: order and batch change nothing, a batch that does not fit is redone, NaN names its tile."""

from __future__ import annotations

import numpy as np
import pytest
from infer_fixtures import lowres_picture

from infer.engine import BadTile, Crop, TileEngine, TooLittleMemory
from infer.project import enlarge
from infer.tiles import plan


def upscale(batch: np.ndarray) -> np.ndarray:
    """A network of a sort: bicubic enlargement of the first three channels."""
    return np.stack([enlarge(crop[:3]) for crop in batch])


def crops(extent: int = 96) -> list[Crop]:
    picture = lowres_picture(extent)
    return [Crop(picture[tile.window], tile.name) for tile in plan(extent, extent)]


@pytest.mark.parametrize("batch", [1, 2, 7, 16, 50])
def test_the_size_of_a_batch_changes_nothing(batch):
    expected = np.stack([upscale(crop.pixels[None])[0] for crop in crops()])
    found = np.stack(list(TileEngine(upscale, batch)(crops())))
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_the_order_of_tiles_changes_nothing():
    mixed = np.random.default_rng(0).permutation(16)
    forward = list(TileEngine(upscale, 4)(crops()))
    shuffled = list(TileEngine(upscale, 4)(crops()[k] for k in mixed))
    for place, k in enumerate(mixed):
        np.testing.assert_allclose(shuffled[place], forward[k], atol=1e-5)


@pytest.mark.parametrize("at", range(16))
@pytest.mark.parametrize("fits", [1, 3])
def test_memory_that_runs_out_at_any_tile_gives_the_right_tiles(at, fits):
    expected = list(TileEngine(upscale, 1)(crops()))
    seen = 0

    def short_of_memory(batch: np.ndarray) -> np.ndarray:
        nonlocal seen
        if seen + len(batch) > at and len(batch) > fits:
            raise MemoryError
        seen += len(batch)
        return upscale(batch)

    found = list(TileEngine(short_of_memory, 8)(crops()))
    np.testing.assert_allclose(np.stack(found), np.stack(expected), atol=1e-5)


def test_where_not_even_one_tile_fits_the_error_says_what_to_do():
    def no_memory(batch: np.ndarray) -> np.ndarray:
        raise MemoryError

    with pytest.raises(TooLittleMemory, match="--device cpu"):
        list(TileEngine(no_memory, 8)(crops()))


def test_other_errors_are_not_taken_for_lack_of_memory():
    def lost(batch: np.ndarray) -> np.ndarray:
        raise RuntimeError("device lost")

    with pytest.raises(RuntimeError, match="device lost"):
        list(TileEngine(lost, 8)(crops()))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_number_that_is_none_names_its_tile(bad):
    given = crops()
    marked = given[6].pixels.copy()
    marked[0, 3, 3] = 5.0
    given[6] = Crop(marked, given[6].name)

    def spoiled(batch: np.ndarray) -> np.ndarray:
        tiles = upscale(batch)
        tiles[batch.max(axis=(1, 2, 3)) == 5.0, 0, 0, 0] = bad
        return tiles

    with pytest.raises(BadTile, match="tile row 2, column 3"):
        list(TileEngine(spoiled, 4)(given))


def test_progress_is_told_after_each_batch_and_may_cancel():
    class CancelError(Exception):
        pass

    told: list[int] = []

    def watch(count: int) -> None:
        told.append(count)
        if sum(told) >= 8:
            raise CancelError

    with pytest.raises(CancelError):
        list(TileEngine(upscale, 4, watch)(crops()))
    assert told == [4, 4]


def test_crops_are_taken_one_batch_at_a_time():
    taken = 0

    def source():
        nonlocal taken
        for crop in crops():
            taken += 1
            yield crop

    next(TileEngine(upscale, 3)(source()))
    assert taken == 3
