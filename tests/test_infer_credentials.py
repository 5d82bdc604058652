"""Content credentials: pictures and clips are signed, what was changed since is told, and wrong keys show early."""

from __future__ import annotations

import datetime as dt
import json
import os
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from cli.main import call
from curate.files import sha256_of
from curate.pixels import read_image
from infer import credentials
from infer.credentials import CERTIFICATE, KEY, BadCredentials, check_signing, read_manifest, sign_by
from infer.own_certificate import ROOT, chain
from infer.prints import Layout, write_print
from infer.recipe import AI_EDITED, AI_MADE, Recipe, is_finished, read_recipe, write_picture

pytest.importorskip("c2pa", reason="the extra c2pa is not installed")

NOISE = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
RECIPE = Recipe({"seed": 7, "kind": "portrait"}, {"lowres_psnr": 61.5})


@pytest.fixture(autouse=True)
def _nobody_signs_afterwards():
    yield
    sign_by(None)


@pytest.fixture
def workspace(tmp_path) -> Path:
    assert call(["-w", str(tmp_path), "credentials", "make", "--name", "Ann"]) == 0
    sign_by(tmp_path / "credentials")
    return tmp_path


def written(path: Path, recipe: Recipe = RECIPE) -> Path:
    """A file of any of the formats, by the function that writes it."""
    if path.suffix == ".mp4":
        pytest.importorskip("av", reason="the extra video is not installed")
        from infer.film import join, write_segment

        segment = path.with_name("segment.mp4")
        write_segment(segment, [NOISE] * 4, Fraction(24))
        join([(segment, 4)], path, Fraction(24), recipe)
        return path
    if path.stem == "streamed":
        kind = "png" if path.suffix == ".png" else "tiff"
        wide = NOISE.astype(np.uint16) * 257
        write_print(path, [wide], Layout(64, 64, depth=16), lambda: recipe, kind)
        return path
    write_picture(path, NOISE, recipe)
    return path


@pytest.mark.parametrize("name", ["picture.png", "streamed.png", "streamed.tif", "clip.mp4"])
def test_what_is_written_is_signed_with_its_recipe_and_source(workspace, name):
    from infer.marks import recipe_of

    path = written(workspace / name)

    found = read_manifest(path)
    assert found is not None
    assert (found.state, found.signed_by, found.source) == ("valid", "Ann", AI_MADE)
    assert found.recipe == {"request": RECIPE.request, "result": RECIPE.result, "source": AI_MADE}
    assert found.reasons == ["signingCredential.untrusted"]
    assert recipe_of(path) == RECIPE  # as it is read without any of this
    trusted = read_manifest(path, workspace / "credentials" / ROOT)
    assert trusted is not None
    assert trusted.state == "trusted"


def test_pixels_and_recipe_are_as_without(workspace):
    signed = written(workspace / "signed.png")
    sign_by(None)
    plain = written(workspace / "plain.png")

    np.testing.assert_array_equal(read_image(signed), read_image(plain))
    assert read_manifest(plain) is None
    assert is_finished(signed, RECIPE.request)
    assert 2_000 < signed.stat().st_size - plain.stat().st_size < 8_000


def test_one_changed_byte_is_told(workspace):
    path = written(workspace / "picture.png")
    data = bytearray(path.read_bytes())
    data[-200] ^= 1
    path.write_bytes(data)

    found = read_manifest(path)
    assert found is not None
    assert found.state == "invalid"
    assert "assertion.dataHash.mismatch" in found.reasons


def test_a_photo_made_large_is_called_composite(workspace):
    path = written(workspace / "picture.png", Recipe({"kind": "upres"}, source=AI_EDITED))
    found = read_manifest(path)
    assert found is not None
    assert (found.state, found.source) == ("valid", AI_EDITED)


def test_the_key_is_private_and_never_replaced(workspace, capsys):
    key = workspace / "credentials" / KEY
    before = sha256_of(key)
    assert os.name == "nt" or key.stat().st_mode & 0o077 == 0

    assert call(["-w", str(workspace), "credentials", "make"]) == 1
    assert "holds a key already" in capsys.readouterr().err
    assert sha256_of(key) == before


def test_files_made_before_are_signed_and_shown(workspace, capsys):
    sign_by(None)
    path = written(workspace / "old.png")
    capsys.readouterr()
    assert call(["credentials", "show", str(path)]) == 0
    assert "no content credentials" in capsys.readouterr().out

    assert call(["-w", str(workspace), "credentials", "sign", str(path)]) == 0
    assert call(["credentials", "show", "--json", str(path)]) == 0
    said = json.loads(capsys.readouterr().out.partition("\n")[2])
    assert said["files"][0]["recipe"] == "portrait"
    assert said["files"][0]["manifest"]["state"] == "valid"
    assert read_recipe(path) == RECIPE


def test_a_file_of_somebody_else_is_not_signed(workspace, capsys):
    from curate.pixels import write_png

    write_png(workspace / "photo.png", NOISE)
    before = sha256_of(workspace / "photo.png")
    assert call(["-w", str(workspace), "credentials", "sign", str(workspace / "photo.png")]) == 1
    assert "no whole picture made by swipegan" in capsys.readouterr().err
    assert sha256_of(workspace / "photo.png") == before


@pytest.mark.parametrize("wrong", ["no key", "another key", "nonsense", "expired"])
def test_what_cannot_sign_is_told_before_the_work(workspace, wrong):
    folder = workspace / "credentials"
    days = -1 if wrong == "expired" else 9
    certificate, key, _, _ = chain("Ben", dt.timedelta(days=days, hours=-1)) if days > 0 else _expired()
    if wrong == "no key":
        (folder / KEY).unlink()
    elif wrong == "another key":
        (folder / KEY).write_bytes(key)
    elif wrong == "nonsense":
        (folder / KEY).write_text("-----BEGIN PRIVATE KEY-----\nbm8=\n-----END PRIVATE KEY-----\n")
    else:
        (folder / KEY).write_bytes(key)
        (folder / CERTIFICATE).write_bytes(certificate)

    with pytest.raises(BadCredentials, match=r"key\.pem"):
        check_signing()


def _expired() -> tuple[bytes, bytes, bytes, dt.date]:
    return chain("Ben", dt.timedelta(minutes=-5))  # it began an hour ago


def test_commands_look_at_the_key_first_and_sign_by_the_workspace_alone(workspace, tmp_path_factory, capsys):
    (workspace / "credentials" / CERTIFICATE).write_text("nothing")
    command = ["generate", "images", "--lowres", "a", "--upres", "b"]
    assert call(["-w", str(workspace), *command]) == 1
    assert "nothing can be signed by" in capsys.readouterr().err

    assert call(["-w", str(tmp_path_factory.mktemp("other")), *command]) == 1  # there is no such run
    assert "sign" not in capsys.readouterr().err
    assert credentials._folder == []
