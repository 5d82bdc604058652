"""The nearest training face."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from set_fixtures import photo, small_set

from curate.nearest import Gallery, Nearest, SamePerson, gallery
from curate.sets import Entry, FaceSet


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory) -> FaceSet:
    return small_set(tmp_path_factory.mktemp("near"), 6).faces


@pytest.fixture(scope="module")
def known(faces: FaceSet) -> Gallery:
    return gallery(faces, descriptors=False)


def test_a_face_of_the_set_is_its_own_nearest(faces: FaceSet, known: Gallery) -> None:
    for entry in faces.entries:
        found = known.nearest(faces.face(entry))
        assert found.id == entry.id
        assert found.correlation == pytest.approx(1, abs=1e-5)


def test_so_is_its_mirror_image_brighter_and_with_less_contrast(faces: FaceSet, known: Gallery) -> None:
    entry = faces.entries[2]
    other = (faces.face(entry)[:, ::-1] * 0.7 + 40).astype(np.uint8)
    found = known.nearest(other)
    assert found.id == entry.id
    assert found.correlation > 0.9


def test_another_picture_correlates_less(known: Gallery) -> None:
    assert known.nearest(photo(77, 96)).correlation < 0.98


def two_of_one_person(known: Gallery) -> Gallery:
    entries: list[Entry] = [*known.entries[:4], *(replace(entry, person="anna") for entry in known.entries[4:])]
    return replace(known, entries=tuple(entries))


def test_the_floor_is_made_of_pairs_of_one_person(known: Gallery) -> None:
    pairs = two_of_one_person(known).same_person().correlations
    assert len(pairs) == 1
    assert pairs[0] == pytest.approx(max(known.patches[4] @ known.patches[5], pairs[0]))
    assert known.same_person().correlations == ()


def test_descriptors_count_where_there_are_some(known: Gallery) -> None:
    descriptors = np.zeros((6, 128), np.float32)
    descriptors[5, 0] = 0.3
    described = replace(two_of_one_person(known), descriptors=descriptors)
    assert list(described.same_person().distances) == pytest.approx([0.3])


@pytest.mark.parametrize(
    ("nearest", "too_near"),
    [
        (Nearest("a", 0.95, None, None), True),
        (Nearest("a", 0.5, None, None), False),
        (Nearest("a", 0.5, "b", 0.2), True),
        (Nearest("a", 0.5, "b", 0.6), False),
    ],
)
@pytest.mark.parametrize("floor", [SamePerson((0.8, 0.9, 0.99), (0.1, 0.3, 0.4)), SamePerson((), ())])
def test_nearer_than_two_photos_of_one_person_is_too_near(nearest: Nearest, too_near: bool, floor: SamePerson) -> None:
    assert floor.is_too_near(nearest) == too_near


def test_a_picture_is_at_no_distance_from_its_own_descriptor(tmp_path: Path) -> None:
    faces = small_set(tmp_path, 2, size=192).faces
    entry = faces.entries[1]
    found = gallery(faces).nearest(faces.face(entry), faces.landmarks(entry))
    assert found.lookalike == entry.id
    assert found.distance == pytest.approx(0, abs=1e-6)
