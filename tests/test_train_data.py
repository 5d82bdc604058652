"""What training sees is what inference gives, and every batch is a function of the seed and the images seen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from train_fixtures import SIZE, workspace

from curate.errors import UserError
from curate.guides import Encoding, GuideStyle, draw_guide, lowres_input, small_face
from curate.sets import FaceSet, open_set
from train.counters import Purpose, fractions, normals, order, words
from train.data import Place, TileData, load_small, load_tiles, take
from train.degrade import Photos

CPU = torch.device("cpu")


@pytest.fixture(scope="module", params=["rgb", "regions", "none"])
def faces(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> FaceSet:
    folder: Path = tmp_path_factory.mktemp("set")
    return open_set(workspace(folder, encoding=request.param).set_path("small"))


def tiles_of(faces: FaceSet) -> TileData:
    return load_tiles(faces, faces.train, 32, 16, CPU)


def blank(count: int) -> TileData:
    """So many black faces."""
    photos = Photos(np.zeros((count, 32, 32, 3), np.uint8), np.zeros((count, 68, 2)), GuideStyle(), SIZE // 8)
    faces, inputs = torch.zeros(count, SIZE, SIZE, 3, dtype=torch.uint8), torch.zeros(count, SIZE // 8, SIZE // 8, 6)
    return TileData(faces, inputs, 16, photos)


def inference_input(faces: FaceSet, number: int, encoding: Encoding) -> np.ndarray:
    """The road that a photo takes, step by step."""
    entry = faces.train[number]
    small = small_face(faces.face(entry), 32)
    return lowres_input(small, draw_guide(faces.landmarks(entry), 32, encoding), SIZE // 8)


def test_training_sees_what_inference_sees_to_the_bit(faces: FaceSet) -> None:
    data = tiles_of(faces)
    for number in range(len(faces.train)):
        place = Place(np.array([number]), np.array([3]), np.array([5]), np.array([False]))
        expected = inference_input(faces, number, faces.info.guide)[:, 5:21, 3:19]
        assert np.array_equal(data.crop(place, CPU).lowres[0].numpy(), expected)


def test_the_tile_is_what_the_crop_shows(faces: FaceSet) -> None:
    data = tiles_of(faces)
    place = Place(np.array([1]), np.array([3]), np.array([5]), np.array([False]))
    tile = data.crop(place, CPU).tiles[0]
    face = faces.face(faces.train[1])[40:168, 24:152]
    np.testing.assert_allclose(tile.permute(1, 2, 0).numpy(), face / 127.5 - 1, atol=1e-6)


def test_mirroring_turns_picture_guide_and_tile_alike(faces: FaceSet) -> None:
    data = tiles_of(faces)
    plain, mirrored = (
        data.crop(Place(np.array([2]), np.array([4]), np.array([1]), np.array([turn])), CPU) for turn in (False, True)
    )
    assert torch.equal(mirrored.lowres, plain.lowres.flip(-1))
    assert torch.equal(mirrored.tiles, plain.tiles.flip(-1))


def test_crops_lie_anywhere_up_to_the_border() -> None:
    data = blank(3)
    place = data.draw(0, 0, 3000)
    assert set(place.left) == set(place.top) == set(range(SIZE // 8 - 16 + 1))
    assert 0.45 < place.mirrored.mean() < 0.55


def test_batches_depend_on_seed_and_images_seen_alone() -> None:
    data = blank(5)
    first, again, later, other = (data.draw(*place, 16) for place in ((7, 32), (7, 32), (7, 48), (8, 32)))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first.left, later.left)
    assert not np.array_equal(first.left, other.left)


def test_an_epoch_shows_every_face_once_in_an_order_of_its_own() -> None:
    shown = np.concatenate([order(0, seen, 4, 10) for seen in range(0, 40, 4)])
    epochs = shown.reshape(4, 10)
    assert all(sorted(epoch) == list(range(10)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 4


def test_a_batch_larger_than_the_set_goes_round() -> None:
    assert np.bincount(order(0, 0, 12, 3)).tolist() == [4, 4, 4]


def test_noise_is_normal_and_differs_by_purpose() -> None:
    noise = normals(0, Purpose.NOISE, 0, (200, 100))
    assert abs(float(noise.mean())) < 0.02
    assert abs(float(noise.std()) - 1) < 0.02
    assert not np.array_equal(words(0, Purpose.NOISE, 0, 4), words(0, Purpose.CROP, 0, 4))


def test_the_streams_are_the_same_on_every_machine() -> None:
    assert fractions(3, Purpose.CROP, 16, 3).tolist() == [0.47070554266492415, 0.4076301234520119, 0.8189355118211138]


def test_squares_are_taken_where_said() -> None:
    pictures = torch.arange(2 * 5 * 6).reshape(2, 5, 6, 1)
    square = take(pictures, np.array([1]), np.array([2]), np.array([3]), 2, np.array([True]))
    assert square[0, :, :, 0].tolist() == [[30 + 3 * 6 + 3, 30 + 3 * 6 + 2], [30 + 4 * 6 + 3, 30 + 4 * 6 + 2]]


def test_a_tile_that_does_not_fit_is_said(faces: FaceSet) -> None:
    with pytest.raises(UserError, match="a tile of 32 does not fit faces of 192"):
        load_tiles(faces, faces.train, 32, 32, CPU)


def test_small_faces_that_would_be_enlarged_are_refused(faces: FaceSet) -> None:
    assert load_small(faces, faces.train, 64, CPU).shape == (4, 64, 64, 3)
    with pytest.raises(UserError, match="choose --extent"):
        load_small(faces, faces.train, 256, CPU)
