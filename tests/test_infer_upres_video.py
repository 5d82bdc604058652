"""`upres` of a video: the face followed and pasted back in every frame, the sound kept."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from infer_runs import workspace_with_runs

from cli.main import call
from curate.drawing import draw_portrait
from curate.errors import UsageProblem
from curate.workspace import Workspace
from infer import upres_video
from infer.config import UpresPhotoOptions
from infer.film import av, film_facts, read_film_recipe, read_frames, write_segment
from infer.film_faces import NoFaceInFilm, follow
from infer.recipe import AI_EDITED
from infer.upres_video import run

FRAMES, SIDE = 5, 240


@pytest.fixture(scope="module")
def workspace(tmp_path_factory) -> Workspace:
    return workspace_with_runs(tmp_path_factory.mktemp("workspace"))


@pytest.fixture(scope="module")
def frames() -> list[np.ndarray]:
    """A drawn portrait that moves; in the fourth frame the face is hidden."""
    portrait = cv2.resize(
        draw_portrait(np.random.default_rng(3), 384).image, (SIDE, SIDE), interpolation=cv2.INTER_AREA
    )
    moved = [
        cv2.warpAffine(portrait, np.float32([[1, 0, 2 * k], [0, 1, k]]), (SIDE, SIDE), borderMode=1)
        for k in range(FRAMES)
    ]
    moved[3] = np.full_like(portrait, 90)
    return moved


@pytest.fixture(scope="module")
def film(frames, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("film") / "head.mkv"
    write_segment(path, frames, Fraction(5))
    return path


def options(film: Path, tmp_path: Path, **values) -> UpresPhotoOptions:
    given = {"upres": "large", "size": 256, "output": tmp_path, "device": "cpu"} | values
    return UpresPhotoOptions(photos=(film,), **given)


def test_a_film_keeps_its_frames_and_what_is_beside_the_face(workspace, film, frames, tmp_path):
    summary = run(workspace, options(film, tmp_path, scale=2.0))
    large = list(read_frames(summary.films[0]))
    assert film_facts(summary.films[0]) == (2 * SIDE, 2 * SIDE, Fraction(5))
    assert len(large) == FRAMES
    for before, after in zip(frames, large, strict=True):
        small = cv2.resize(after, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(int)
        assert np.abs(small - before).mean() < 4
        assert np.abs(small - before)[:20].mean() < 2  # above the head only the enlargement
    recipe = read_film_recipe(summary.films[0])
    assert recipe.source == AI_EDITED
    assert recipe.result["landmarks"] == {"bridged": 1, "detector": 4}
    assert run(workspace, options(film, tmp_path, scale=2.0)).made == 0


def test_the_face_alone_is_a_square_film(workspace, film, tmp_path):
    path = run(workspace, options(film, tmp_path, only_face=True)).films[0]
    assert film_facts(path)[:2] == (256, 256)


def test_the_square_of_a_face_moves_with_it(film):
    faces = follow(film, 128, 64, guided=True)
    corners = np.stack([-np.linalg.inv(m[:, :2]) @ m[:, 2] for m in faces.matrices])
    assert np.allclose(corners[4] - corners[0], (8, 4), atol=3)
    assert faces.script.sources[3] == "bridged"


def test_a_film_without_a_face_is_refused(workspace, tmp_path, capsys):
    write_segment(tmp_path / "grey.mkv", [np.full((64, 64, 3), 90, np.uint8)] * 3, Fraction(5))
    with pytest.raises(NoFaceInFilm, match="any of its 3 frames"):
        follow(tmp_path / "grey.mkv", 128, 64, guided=True)


def test_a_film_that_fails_is_named_and_the_others_are_made(workspace, film, tmp_path, capsys):
    write_segment(tmp_path / "grey.mkv", [np.full((64, 64, 3), 90, np.uint8)] * 3, Fraction(5))
    (tmp_path / "cut.mp4").write_bytes(b"no film")
    films = [str(tmp_path / "grey.mkv"), str(tmp_path / "cut.mp4"), str(film)]
    command = [
        "-w",
        str(workspace.root),
        "upres",
        *films,
        "--upres",
        "large",
        "--only-face",
        "--device",
        "cpu",
        "--json",
    ]
    assert call([*command, "-o", str(tmp_path / "out")]) == 1
    summary = json.loads(capsys.readouterr().out)
    assert summary["made"] == len(summary["films"]) == 1
    assert list(summary["failed"]) == films[:2]
    assert "any of its 3 frames" in summary["failed"][films[0]]


def test_videos_and_pictures_together_are_a_usage_error(workspace, film, tmp_path):
    command = ["-w", str(workspace.root), "upres", str(film), "photo.jpg", "--upres", "large", "-o", str(tmp_path)]
    assert call(command) == 2


@pytest.mark.parametrize(
    "values",
    [{"whole": True}, {"faceless": "whole"}, {"stages": 3}, {"steps": True}, {"format": "tiff"}, {"dpi": 300.0}],
)
def test_what_only_pictures_can_have_is_a_usage_error(workspace, film, tmp_path, values):
    with pytest.raises(UsageProblem, match=f"--{next(iter(values))}"):
        run(workspace, options(film, tmp_path, **values))


def test_videos_of_one_name_do_not_overwrite_each_other_nor_themselves(workspace, tmp_path, monkeypatch):
    monkeypatch.setattr(upres_video, "make", lambda *given: 1)
    films = (tmp_path / "a" / "head.mp4", tmp_path / "b" / "head.mp4", tmp_path / "b" / "head.mov")
    made = run(workspace, UpresPhotoOptions(photos=films, upres="large", output=tmp_path / "a", device="cpu")).films
    assert len({*made, *films}) == 6
    assert all(path.parent == tmp_path / "a" and path.suffix == ".mp4" for path in made)


def test_the_sound_is_kept(workspace, film, tmp_path):
    loud = tmp_path / "loud.mp4"
    with av().open(str(film)) as source, av().open(str(loud), "w") as container:
        video = container.add_stream("libx264", rate=5, options={"crf": "1"})
        video.width = video.height = SIDE
        video.pix_fmt = "yuv420p"
        sound = container.add_stream("aac", rate=8000, layout="mono")
        for frame in source.decode(video=0):
            container.mux(video.encode(frame.reformat(format="yuv420p")))
        container.mux(video.encode())
        tone = (0.2 * np.sin(np.arange(8000) / 4)).astype(np.float32)[None]
        samples = av().AudioFrame.from_ndarray(tone, format="fltp", layout="mono")
        samples.sample_rate = 8000
        container.mux(sound.encode(samples))
        container.mux(sound.encode())
    path = run(workspace, options(loud, tmp_path / "out")).films[0]
    assert SIDE <= film_facts(path)[0] <= 2 * SIDE
    with av().open(str(path)) as container:
        assert len(container.streams.audio) == 1
        heard = np.concatenate([f.to_ndarray() for f in container.decode(audio=0)], axis=1)
        assert heard.shape[1] >= 8000
        assert np.abs(heard).max() > 0.1
