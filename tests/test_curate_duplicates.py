"""Copies of a picture are found however they were cut or stored, and nothing else is taken for one."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import sqlalchemy as sa
from numpy.typing import NDArray
from scan_fixtures import encoded

from curate import pairs, scan
from curate.config import ScanOptions
from curate.drawing import draw_portrait
from curate.duplicates import alike_faces, chip_of, coarse_of, near_hashes, phash, same_photo
from curate.faces import find_faces
from curate.models import Image
from curate.pairs import groups
from curate.pixels import decode
from curate.store_duplicates import same_pictures
from curate.workspace import Workspace

Pixels = NDArray[np.uint8]


@pytest.fixture(scope="module")
def portraits() -> list[Pixels]:
    return [draw_portrait(np.random.default_rng(seed), 400).image for seed in range(10)]


def grey_of(image: Pixels) -> Pixels:
    return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)  # type: ignore[return-value]


def copies(image: Pixels) -> dict[str, Pixels]:
    side = image.shape[0]
    turn = cv2.getRotationMatrix2D((side / 2, side / 2), 3, 1)
    small = cv2.resize(image, (150, 150), interpolation=cv2.INTER_AREA)
    return {
        "crop": np.ascontiguousarray(image[: side * 9 // 10, side // 20 : side * 19 // 20]),
        "mirror": np.ascontiguousarray(image[:, ::-1]),
        "border": cv2.copyMakeBorder(image, 20, 20, 20, 20, cv2.BORDER_CONSTANT, value=(255, 255, 255)),
        "turned": cv2.warpAffine(image, turn, (side, side), borderMode=cv2.BORDER_REPLICATE),
        "small": decode(encoded(small, "JPEG", quality=50)),
        "brighter": cv2.convertScaleAbs(image, alpha=0.85, beta=30),
    }  # type: ignore[dict-item]


def chip(image: Pixels) -> Pixels:
    grey = grey_of(image)
    return chip_of(grey, find_faces(grey)[0].landmarks)


def are_one(first: Pixels, second: Pixels) -> bool:
    """What the search and the closer look say of two chips."""
    return len(alike_faces(np.stack([coarse_of(first), coarse_of(second)]))) > 0 and same_photo(first, second)


@pytest.mark.parametrize("way", ["crop", "mirror", "border", "turned", "small", "brighter"])
def test_a_copy_is_known_by_its_face(portraits: list[Pixels], way: str) -> None:
    found = sum(are_one(chip(image), chip(copies(image)[way])) for image in portraits)
    assert found >= 0.8 * len(portraits)  # drawn faces have little but their landmarks; of photos 0.962..0.983


def test_drawn_people_are_no_copies_of_each_other(portraits: list[Pixels]) -> None:
    assert len(alike_faces(np.stack([coarse_of(chip(image)) for image in portraits]))) == 0


def a_moment_later(image: Pixels) -> Pixels:
    """The same sitting: the mouth wider and its corners up, the lids lower, all else as it was."""
    landmarks = find_faces(grey_of(image))[0].landmarks
    unit = float(np.linalg.norm(landmarks[36:42].mean(0) - landmarks[42:48].mean(0)))
    rows, columns = np.mgrid[: image.shape[0], : image.shape[1]].astype(np.float32)
    away = np.zeros((2, *image.shape[:2]), np.float32)
    mouth, lids = {48: (-0.1, -0.09), 54: (0.1, -0.09), 57: (0, 0.07)}, dict.fromkeys((37, 44, 19, 24), (0, 0.06))
    for point, move in (mouth | lids).items():
        square = (columns - landmarks[point, 0]) ** 2 + (rows - landmarks[point, 1]) ** 2
        near = np.exp(-square / (2 * (0.15 * unit) ** 2))
        away += np.array(move, np.float32)[:, None, None] * np.float32(unit) * near
    return cv2.remap(image, columns - away[0], rows - away[1], cv2.INTER_CUBIC)  # type: ignore[return-value]


def test_two_moments_of_one_sitting_are_two_photos_though_they_are_alike(portraits: list[Pixels]) -> None:
    pairs = [(chip(image), chip(a_moment_later(image))) for image in portraits]
    alike = [pair for pair in pairs if len(alike_faces(np.stack([coarse_of(each) for each in pair])))]
    assert len(alike) >= 5, "where all is coarse they would be taken for copies"
    assert sum(same_photo(*pair) for pair in alike) == 0


@pytest.mark.parametrize("grey", [0, 255])
def test_plain_chips_are_compared_without_complaint(grey: int) -> None:
    plain = np.full((48, 48), grey, np.uint8)
    assert not same_photo(plain, plain)


@pytest.mark.parametrize("way", ["small", "brighter"])
def test_a_hash_hardly_changes_when_a_picture_is_stored_otherwise(portraits: list[Pixels], way: str) -> None:
    apart = [distance(phash(grey_of(image)), phash(grey_of(copies(image)[way]))) for image in portraits]
    assert np.median(apart) <= 2
    assert max(apart) <= 8


def distance(first: str, second: str) -> int:
    return (int(first, 16) ^ int(second, 16)).bit_count()


def test_hashes_of_different_pictures_are_far_apart() -> None:
    dice = np.random.default_rng(0)
    hashes = [phash(cv2.GaussianBlur(dice.integers(0, 256, (64, 64)).astype(np.uint8), (0, 0), 5)) for _ in range(20)]  # type: ignore[arg-type]
    assert min(distance(a, b) for a in hashes for b in hashes if a != b) > 8


@pytest.mark.parametrize("radius", [0, 1, 3, 7])
def test_the_search_of_hashes_finds_what_comparing_all_finds(radius: int) -> None:
    dice = np.random.default_rng(radius)
    bits = [int(each) for each in dice.integers(0, 2**63, 300, dtype=np.uint64)]
    for place in range(150):
        changed = dice.choice(64, size=int(dice.integers(0, 10)), replace=False)
        bits[299 - place] = bits[place] ^ sum(1 << int(bit) for bit in changed)
    hashes = [f"{each:016x}" for each in bits]
    linked = groups(300, near_hashes(hashes, radius))
    pairs = [(a, b) for a in range(300) for b in range(a + 1, 300) if (bits[a] ^ bits[b]).bit_count() <= radius]
    assert linked == groups(300, np.array(pairs, np.int64).reshape(-1, 2))


def test_a_radius_that_the_bytes_cannot_answer_is_refused() -> None:
    with pytest.raises(ValueError, match="more than 7 bits"):
        near_hashes(["0" * 16], 8)


def test_the_search_of_faces_finds_what_comparing_all_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairs, "BLOCK", 64)
    dice = np.random.default_rng(0)
    ground = dice.normal(128, 40, (40, 16, 16))
    mixed = [
        ground[number % 40] * 0.8 + dice.normal(0, spread, (16, 16)) for number in range(100) for spread in (8, 20)
    ]
    chips = np.clip(np.array(mixed), 0, 255).astype(np.uint8)
    chips[::3] = chips[::3, :, ::-1]
    expected = {(a, b) for a in range(200) for b in range(a + 1, 200) if correlation(chips[a], chips[b]) >= 0.9}
    assert {tuple(pair) for pair in alike_faces(chips, 0.9).tolist()} == expected
    assert expected


def correlation(first: Pixels, second: Pixels) -> float:
    mirrored = first[:, ::-1]
    return max(float(np.corrcoef(each.ravel(), second.ravel())[0, 1]) for each in (first, mirrored))


@pytest.mark.parametrize("count", [0, 1])
def test_nothing_has_no_copies(count: int) -> None:
    assert len(alike_faces(np.zeros((count, 16, 16), np.uint8))) == 0
    assert len(near_hashes(["0" * 16] * count)) == 0
    assert groups(count, np.empty((0, 2), np.int64)) == []


def test_pairs_join_into_groups() -> None:
    assert groups(7, np.array([[0, 3], [3, 5], [1, 2]])) == [[0, 3, 5], [1, 2]]


def test_copies_in_a_folder_are_grouped_the_best_one_first(portraits: list[Pixels], tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for number, image in enumerate(portraits[:4]):
        (photos / f"{number}.jpg").write_bytes(encoded(image, "JPEG", quality=92))
    for way in ("mirror", "small"):
        (photos / f"0-{way}.jpg").write_bytes(encoded(copies(portraits[0])[way], "JPEG", quality=85))
    view = np.linspace(0, 255, 300)[None, :, None] * np.ones((200, 1, 3))
    for quality in (70, 90):
        (photos / f"view-{quality}.jpg").write_bytes(encoded(view.astype(np.uint8), "JPEG", quality=quality))
    workspace = Workspace(tmp_path / "workspace")
    scan.run(workspace, ScanOptions(folders=(photos,), processes=1))

    with workspace.open().begin() as session:
        found = [[name_of(session, image) for image in group] for group in same_pictures(session)]

    assert sorted(sorted(group) for group in found) == [
        ["0-mirror.jpg", "0-small.jpg", "0.jpg"],
        ["view-70.jpg", "view-90.jpg"],
    ]
    (faces,) = (group for group in found if len(group) == 3)
    assert faces[-1] == "0-small.jpg"


def name_of(session: sa.orm.Session, image: int) -> str:
    from curate.models import File

    return Path(session.scalars(sa.select(File.path).join(Image).where(Image.id == image)).one()).name
