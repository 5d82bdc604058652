"""Which pictures `upres` takes, and where their results go."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from curate.pixels import write_png
from infer.photo_files import PhotoFiles
from infer.recipe import Recipe, write_picture

PICTURE = np.zeros((4, 4, 3), np.uint8)


@pytest.fixture
def tree(tmp_path) -> Path:
    for name in ("a.png", "sub/a.png", "sub/deep/c.png", "sub/c.jpg", "sub/C.png"):
        (tmp_path / "tree" / name).parent.mkdir(parents=True, exist_ok=True)
        write_png(tmp_path / "tree" / name, PICTURE)
    (tmp_path / "tree" / "notes.txt").write_text("words")
    return tmp_path / "tree"


def targets(files: PhotoFiles, root: Path, results: Path) -> dict[str, str]:
    return {
        photo.relative_to(root).as_posix(): target.relative_to(results).as_posix()
        for photo, target in files.targets.items()
    }


def test_a_folder_is_mirrored_and_results_never_share_a_name(tree, tmp_path):
    files = PhotoFiles.find((tree,), tmp_path / "out")
    assert targets(files, tree, tmp_path / "out") == {
        "a.png": "a",
        "sub/C.png": "sub/C",
        "sub/a.png": "sub/a",
        "sub/c.jpg": "sub/c-jpg",
        "sub/deep/c.png": "sub/deep/c",
    }
    assert files.others == 1


def test_several_folders_keep_their_names(tree, tmp_path):
    files = PhotoFiles.find((tree / "sub", tree / "sub" / "deep"), tmp_path / "out")
    assert {target.relative_to(tmp_path / "out").as_posix() for target in files.targets.values()} == {
        "sub/C", "sub/a", "sub/c-jpg", "sub/deep/c",
    }  # fmt: skip


def test_results_never_take_the_name_of_a_photo(tree):
    files = PhotoFiles.find((tree,), tree)
    assert not {target.with_name(target.name + ".png") for target in files.targets.values()} & set(files.targets)
    named = PhotoFiles.find((tree / "a.png", tree / "sub" / "a.png"), tree)
    assert [target.name for target in named.targets.values()] == ["tree-a", "sub-a"]


def test_own_results_are_no_photos(tree, tmp_path):
    write_picture(tree / "a-upres.png", PICTURE, Recipe({"kind": "upres"}))
    write_png(tree / "b-upres.png", PICTURE)  # a photo that is only called so
    write_png(tree / "out" / "a.png", PICTURE)
    found = {photo.relative_to(tree).as_posix() for photo in PhotoFiles.find((tree,), tree / "out").targets}
    assert "b-upres.png" in found
    assert "a-upres.png" not in found
    assert "out/a.png" not in found


def test_a_photo_that_is_named_twice_is_done_once(tree, tmp_path):
    assert len(PhotoFiles.find((tree, tree / "a.png", tree / "a.png"), tmp_path / "out").targets) == 5


def test_results_beside_their_photos_say_what_they_are(tree):
    files = PhotoFiles.find((tree / "a.png", tree / "sub"), tree, beside=True)
    assert files.targets[tree / "a.png"] == tree / "a-upres"
    assert files.targets[tree / "sub" / "c.jpg"].name == "c-upres-jpg"
