"""The same person many times is a group of another kind than copies."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scan_fixtures import write_portraits

from curate import scan
from curate.config import FilterOptions, ScanOptions
from curate.faces import whispered
from curate.filters import FilterSummary, run
from curate.models import Face
from curate.pairs import groups, labeled
from curate.people import SAME_PERSON, alike_people, same_people
from curate.workspace import Workspace

Vectors = NDArray[np.float32]


def people(count: int, pictures: int, spread: float = 0.2, seed: int = 0) -> Vectors:
    """Descriptors as dlib's are, (count * pictures, 128): people about 0.9 apart, pictures of one about `spread`."""
    dice = np.random.default_rng(seed)
    base = dice.normal(size=(count, 1, 128))
    base *= 0.65 / np.linalg.norm(base, axis=2, keepdims=True)
    noise = dice.normal(size=(count, pictures, 128))
    noise *= spread / np.sqrt(2) / np.linalg.norm(noise, axis=2, keepdims=True)
    return (base + noise + 0.1).reshape(-1, 128).astype(np.float32)


def test_the_search_finds_what_comparing_all_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("curate.pairs.BLOCK", 32)
    each = people(50, 3, spread=0.44)
    apart = np.linalg.norm(each[:, None].astype(np.float64) - each[None], axis=2)
    expected = {(a, b) for a in range(150) for b in range(a + 1, 150) if apart[a, b] <= SAME_PERSON}
    assert {tuple(pair) for pair in alike_people(each).tolist()} == expected
    assert 50 < len(expected) < 150


def test_pictures_of_a_person_make_a_group() -> None:
    assert same_people(people(3, 4)[:9]) == [[0, 1, 2, 3], [4, 5, 6, 7]]


def test_one_wrong_pair_does_not_make_one_person_of_two() -> None:
    pairs = np.array([*combinations(range(6), 2), *combinations(range(6, 12), 2), (5, 6)])
    assert len(groups(12, pairs)) == 1
    assert labeled(whispered(12, pairs)) == [list(range(6)), list(range(6, 12))]


@pytest.mark.parametrize("count", [0, 1])
def test_nobody_and_one_picture_are_no_group(count: int) -> None:
    assert same_people(np.zeros((count, 128), np.float32)) == []


def test_drawn_portraits_with_planted_people_are_capped(tmp_path: Path) -> None:
    write_portraits(tmp_path / "photos", 6)
    workspace = Workspace(tmp_path / "workspace")
    scan.run(workspace, ScanOptions(folders=(tmp_path / "photos",), processes=1))
    planted = people(2, 3)
    with workspace.open().begin() as session:
        faces = session.query(Face).filter(Face.rank == 0).order_by(Face.image_id).all()
        for face, descriptor in zip(faces, planted, strict=True):
            face.descriptor = descriptor.astype("<f4").tobytes()

    summary = run(workspace, FilterOptions(name="few", max_per_person=2))

    assert isinstance(summary, FilterSummary)
    assert (summary.kept, summary.steps[-1].rule, summary.steps[-1].removed) == (4, "max_per_person 2", 2)
