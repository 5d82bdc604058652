"""Walking the faces: seeds to a sheet, neighbours, mixes, favourites by swiping, and each face painted again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from play_fixtures import quick_workspace

from curate.files import sha256_of
from curate.pixels import read_image
from curate.workspace import Workspace
from infer.config import GenerateImagesOptions
from infer.config_walk import ExploreOptions
from infer.explore import pick, run
from infer.images import run as paint
from infer.recipe import NoRecipe, Recipe, read_recipe, write_picture
from infer.spots import OtherNetwork, mix, moved, near, of_request, of_seed, of_text
from swipeweb.client import SwipeClient, verdict
from swipeweb.config import SwipeOptions
from swipeweb.server import SwipeServer


@pytest.fixture(scope="module")
def workspace(tmp_path_factory) -> Iterator[Workspace]:
    with quick_workspace(tmp_path_factory.mktemp("explore")) as made:
        yield made


def options(folder: Path, **values) -> ExploreOptions:
    return ExploreOptions(**({"lowres": "faces", "count": 4, "output": folder, "device": "cpu"} | values))


def painted(workspace: Workspace, folder: Path, **values) -> Path:
    given = {"lowres": "faces", "upres": "large", "output": folder, "device": "cpu", "sheet": False} | values
    return paint(workspace, GenerateImagesOptions(**given)).folder


def angle(first, second) -> float:
    a, b = (spot.z.astype(float) / np.linalg.norm(spot.z) for spot in (first, second))
    return float(np.degrees(np.arccos(np.clip(a @ b, -1, 1))))


def test_seeds_become_small_faces_with_recipes_and_a_sheet_and_only_what_is_missing_is_drawn(workspace, tmp_path):
    first = run(workspace, options(tmp_path, seed=7))
    assert sorted(path.name for path in tmp_path.glob("0*.png")) == [f"{seed:06d}.png" for seed in range(7, 11)]
    assert read_image(tmp_path / "000007.png").shape == (64, 64, 3)
    assert read_recipe(tmp_path / "000008.png").request["seed"] == 8
    assert read_recipe(first.sheet).request["faces"][0] == "000007.png"
    before = (tmp_path / "000009.png").read_bytes()
    (tmp_path / "000009.png").unlink()
    assert run(workspace, options(tmp_path, seed=7)).drawn == 1
    assert (tmp_path / "000009.png").read_bytes() == before
    assert run(workspace, options(tmp_path, seed=7, truncation=0.5)).drawn == 4


def test_a_small_face_painted_is_the_portrait_of_its_seed_to_the_byte(workspace, tmp_path):
    small = run(workspace, options(tmp_path / "small", count=1, seed=7)).folder / "000007.png"
    by_picture = painted(workspace, tmp_path / "picture", like=(small,)) / "000007.png"
    by_seed = painted(workspace, tmp_path / "seed", seed=7, count=1) / "000007.png"
    assert by_picture.read_bytes() == by_seed.read_bytes()


def test_neighbours_and_mixes_are_painted_and_made_again_to_the_byte(workspace, tmp_path):
    close = run(workspace, options(tmp_path / "near", near="7", count=2)).folder / "000007-near-0.35-0001.png"
    between = run(workspace, options(tmp_path / "mix", mix=("9", str(close)), count=3))
    middle = between.folder / "000009-000007-near-0.35-0001-mix-0.5000.png"
    portraits = painted(workspace, tmp_path / "large", like=(close, middle))
    again = painted(workspace, tmp_path / "again", like=(portraits,))
    made = [[(folder / path.name).read_bytes() for path in (close, middle)] for folder in (portraits, again)]
    assert made[0] == made[1]
    assert made[0][0] != made[0][1]


def test_distance_is_the_angle_and_length_stays():
    start = of_seed(3, 100)
    assert np.allclose(near(start, 1, 0).z, start.z, atol=1e-5)
    for distance in (0.2, 0.5, 1.0):
        spot = near(start, 1, distance)
        assert angle(start, spot) == pytest.approx(90 * distance, abs=0.01)
        assert np.linalg.norm(spot.z) == pytest.approx(np.linalg.norm(start.z), rel=1e-5)
    assert angle(near(start, 1, 0.5), near(start, 2, 0.5)) > 20


def test_mixes_go_along_the_sphere_from_end_to_end():
    first, second = of_seed(1, 100), of_seed(2, 100)
    whole = angle(first, second)
    assert np.allclose(mix(first, second, 0).z, first.z, atol=1e-5)
    assert np.allclose(mix(first, second, 1).z, second.z, atol=1e-5)
    for share in (0.25, 0.5):
        assert angle(first, mix(first, second, share)) == pytest.approx(share * whole, abs=0.01)
    lengths = [float(np.linalg.norm(mix(first, second, share).z)) for share in np.linspace(0, 1, 9)]
    assert min(lengths) >= min(lengths[0], lengths[-1]) - 1e-4
    assert np.allclose(mix(first, first, 0.5).z, first.z, atol=1e-5)


def test_a_place_is_found_again_from_its_recipe_to_the_bit():
    spot = moved(near(of_seed(5, 100), 2, 0.4), ["light"], np.eye(1, 100), [0.7])
    again = of_request(spot.request | {"truncation": None}, {}, 100, "x")
    assert np.array_equal(again.z, spot.z)
    assert again.request == spot.request


def test_favourites_are_picked_by_swiping_kept_and_given_up(workspace, tmp_path):
    summary = run(workspace, options(tmp_path, seed=20, swipe=True))
    pile = Workspace(tmp_path)
    with SwipeServer(pile, SwipeOptions(port=0, order="folder", repeats=0, gold=0)) as server:
        person = SwipeClient(server.link())
        shown = person.next(8)
        assert len(shown) == 4
        ids = {image.sha256: image.id for image in shown}
        faces = [ids[sha256_of(tmp_path / f"{seed:06d}.png")] for seed in range(20, 24)]
        said = ("good", "bad", "good", "skip")
        person.send([verdict(face, word) for face, word in zip(faces, said, strict=True)])
        chosen = pick(summary)
        person.send([verdict(faces[0], "bad")])
    assert [path.name for path in chosen.favourites] == ["000020.png", "000022.png"]
    assert "--like" in chosen.text()
    assert (tmp_path / "favourites" / "sheet.png").exists()

    assert [path.name for path in pick(summary).favourites] == ["000022.png"]
    assert not (tmp_path / "favourites" / "000020.png").exists()
    go_on = run(workspace, options(tmp_path / "near", near=str(tmp_path / "favourites" / "000022.png"), count=2))
    assert read_image(go_on.folder / "000022.png").tobytes() == read_image(tmp_path / "000022.png").tobytes()
    assert run(workspace, options(tmp_path, seed=20, swipe=True)).drawn == 0  # and the labels are still there
    assert len(pick(summary).favourites) == 1


def test_faces_of_another_network_and_pictures_without_a_face_are_refused(workspace, tmp_path):
    folder = run(workspace, options(tmp_path, count=1)).folder
    with pytest.raises(OtherNetwork, match="another --lowres"):
        of_text(str(folder / "000000.png"), 8, digest="0" * 64)
    with pytest.raises(NoRecipe, match="no picture of one face"):
        of_text(str(folder / "sheet.png"), 8)
    (tmp_path / "empty").mkdir()
    with pytest.raises(NoRecipe, match="no picture of a face"):
        painted(workspace, tmp_path / "large", like=(tmp_path / "empty",))


@pytest.mark.parametrize(
    "said",
    [{"seed": "seven"}, {"seed": [7]}, {"z": "many", "origin": {}}, {"z": [1.0], "origin": 5}, {"truncation": {}}],
)
def test_a_strangers_recipe_of_other_values_is_refused_by_the_files_name(workspace, tmp_path, said):
    small = run(workspace, options(tmp_path, count=1)).folder / "000000.png"
    write_picture(small, read_image(small), Recipe({**read_recipe(small).request, **said}))
    with pytest.raises(NoRecipe, match=r"000000"):
        painted(workspace, tmp_path / "large", like=(small,))


def test_ways_that_exclude_each_other_are_a_usage_error(tmp_path):
    with pytest.raises(ValueError, match="given twice"):
        options(tmp_path, mix=("1",))
    with pytest.raises(ValueError, match="two ways"):
        options(tmp_path, mix=("1", "2"), near="3")


@pytest.mark.parametrize("ignored", ["require_face", "steps", "candidate_sheets"])
def test_options_that_like_would_ignore_are_a_usage_error(tmp_path, ignored):
    with pytest.raises(ValueError, match="--like makes portraits alone"):
        GenerateImagesOptions(lowres="faces", upres="large", like=(tmp_path,), **{ignored: True})
