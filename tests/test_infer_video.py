"""Clips: detail that holds still where the motion is known, ways through faces, landmarks over time, video files."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import pairwise

import cv2
import numpy as np
import pytest
from set_fixtures import LANDMARKS
from video_fixtures import MovingScene

from infer.clip_between import Keys, carried_frame, interpolated
from infer.clip_judge import Judge, sharpness, verdict, warp_error
from infer.clip_landmarks import BRIDGED, steadied
from infer.film import (
    MARK,
    XMP_BOX,
    NoFilm,
    av,
    is_finished_film,
    join,
    read_film_recipe,
    read_frames,
    write_segment,
)
from infer.flow import find_flow
from infer.landmarks import Placed
from infer.paint import unquantised
from infer.portrait import to_pixels
from infer.recipe import AI_MADE, NoRecipe, Recipe
from infer.spline import Path, even_pace
from infer.stabilise import Steadier

FRAMES = 14


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    yield
    cv2.setNumThreads(before)


class Shot:
    """A scene of known motion, as a network paints it frame by frame."""

    def __init__(self) -> None:
        scene = MovingScene(32)
        self.lowres = [scene.lowres(t) for t in range(FRAMES)]
        self.naive = [to_pixels(scene.painted(t)) for t in range(FRAMES)]
        self.shifts = [scene.true_shift(t) for t in range(FRAMES)]
        self.inner = np.zeros((scene.side, scene.side), bool)
        self.inner[16:-16, 16:-16] = True

    def error(self, frames) -> float:
        """The warp error along the true motion."""
        pictures = [unquantised(frame) for frame in frames]
        return float(
            np.mean([warp_error(pictures[t], pictures[t - 1], self.shifts[t], self.inner) for t in range(1, FRAMES)])
        )

    def flicker(self, frames) -> float:
        return self.error(frames) / self.error(self.naive)

    def sharpness(self, frames) -> float:
        return float(np.mean([sharpness(f) for f in frames]) / np.mean([sharpness(f) for f in self.naive]))

    def steadied(self, keys: Keys) -> list[np.ndarray]:
        steadier = Steadier()
        frames = (carried_frame(t, keys, self.naive.__getitem__, self.lowres.__getitem__) for t in range(FRAMES))
        return [to_pixels(steadier(frame, self.lowres[t])) for t, frame in enumerate(frames)]

    def judged(self, frames) -> object:
        judge = Judge()
        return verdict([judge(self.naive[t], frames[t], self.lowres[t]) for t in range(FRAMES)])


@pytest.fixture(scope="module")
def shot() -> Shot:
    return Shot()


@pytest.mark.parametrize("every", [1, 4])
def test_detail_holds_still_and_stays_sharp_where_the_motion_is_known(shot, every):
    frames = shot.steadied(Keys(FRAMES, every, loop=False))

    assert shot.flicker(frames) <= 0.15
    assert 0.90 <= shot.sharpness(frames) <= 1.10
    found = shot.judged(frames)
    assert found.lowres_psnr_least >= 45
    assert found.flicker == pytest.approx(shot.flicker(frames), abs=0.04)  # a flow that the method did not use


def test_averaging_frames_calms_less_and_blurs(shot):
    thirds = [
        np.mean([shot.naive[min(max(t + d, 0), FRAMES - 1)] for d in (-1, 0, 1)], axis=0).astype(np.uint8)
        for t in range(FRAMES)
    ]
    assert shot.flicker(thirds) > 0.3
    assert shot.sharpness(thirds) < 0.7


def test_ffmpegs_interpolation_gives_every_frame_and_keeps_the_keys(shot):
    keys = Keys(FRAMES, 4, loop=False)
    frames = [
        frame
        for start, end in ((0, 6), (6, FRAMES))
        for frame in interpolated(start, end, keys, shot.naive.__getitem__, Fraction(24))
    ]
    assert len(frames) == FRAMES
    for key in (0, 4, 8):
        assert np.abs(frames[key].astype(int) - shot.naive[key]).mean() < 1
    assert 0.15 < shot.flicker(frames) < 0.6


def test_detail_is_not_carried_over_a_cut(shot):
    other, lowres = unquantised(shot.naive[4][::-1]), np.ascontiguousarray(-shot.lowres[4][:, ::-1])
    steadier = Steadier()
    steadier(unquantised(shot.naive[3]), shot.lowres[3])
    after_cut, alone = steadier(other, lowres), Steadier()(other, lowres)
    trust = find_flow(lowres, shot.lowres[3]).trust
    assert np.abs(after_cut - alone)[:, trust == 0].mean() < 0.002
    assert np.abs(after_cut - alone)[:, trust == 1].mean() > 0.01
    assert (trust == 0).mean() > 0.3


def test_the_flow_does_not_depend_on_the_number_of_threads(shot):
    flows = []
    for threads in (1, 2):
        cv2.setNumThreads(threads)
        flows.append(find_flow(shot.lowres[3], shot.lowres[2]))
        assert cv2.getNumThreads() == threads
    cv2.setNumThreads(1)
    np.testing.assert_array_equal(flows[0].shift, flows[1].shift)
    np.testing.assert_array_equal(flows[0].trust, flows[1].trust)
    off = np.hypot(*(flows[0].shift - shot.shifts[3]))[shot.inner].mean()
    assert off < 0.3  # of a motion of two pixels


def test_a_looped_way_ends_at_its_start_and_keeps_the_length_of_its_keys():
    keys = np.random.default_rng(0).standard_normal((4, 100)).astype(np.float32)
    way = Path(keys)
    np.testing.assert_array_equal(way.at(np.array([4.0, 4.25])), way.at(np.array([0.0, 0.25])))
    np.testing.assert_allclose(way.at(np.arange(4.0)), keys, atol=1e-5)
    places = way.places_for(80)
    lengths = np.linalg.norm(way.at(places), axis=1)
    wanted = np.interp(places, range(5), np.linalg.norm(keys, axis=1)[[0, 1, 2, 3, 0]])
    np.testing.assert_allclose(lengths, wanted, rtol=0.02)
    assert len(places) == 80
    assert places[-1] < 4


def test_an_open_way_ends_at_its_last_key():
    keys = np.random.default_rng(0).standard_normal((3, 10)).astype(np.float32)
    way = Path(keys, loop=False)
    np.testing.assert_allclose(way.at(way.places_for(50))[[0, -1]], keys[[0, -1]], atol=1e-5)


def test_a_single_key_is_no_way():
    with pytest.raises(ValueError, match="two keys"):
        Path(np.zeros((1, 8), np.float32))


@pytest.mark.parametrize("loop", [True, False])
def test_the_picture_changes_equally_fast_everywhere(loop):
    keys = np.random.default_rng(1).standard_normal((3, 16)).astype(np.float32)
    rows = np.random.default_rng(2).standard_normal((256, 16)).astype(np.float32)

    def look(z):
        return np.clip(128 + 40 * np.tanh(2 * rows @ z), 0, 255).reshape(16, 16)

    way = Path(keys, loop)
    speeds = {}
    for name, places in (("plain", way.places_for(60)), ("even", even_pace(way, 60, look))):
        pictures = [look(z) for z in way.at(places)]
        steps = [np.sqrt(np.square(b - a).mean()) for a, b in pairwise(pictures + pictures[:1] * loop)]
        speeds[name] = np.std(steps) / np.mean(steps)
    assert speeds["even"] <= 0.10 < speeds["plain"]


def placed(count: int, noise: float = 0.0, source: str = "detector") -> list[Placed]:
    rng = np.random.default_rng(0)
    return [Placed(LANDMARKS + rng.normal(0, noise, (68, 2)), source) for _ in range(count)]


def test_landmarks_of_a_still_face_tremble_less_than_a_third():
    found = placed(60, 0.004)
    calm = steadied(found, fps=30, loop=True).points
    raw = np.stack([p.points for p in found])
    assert (calm - LANDMARKS).std() <= 0.3 * (raw - LANDMARKS).std()
    assert np.diff(calm, axis=0).std() <= 0.3 * np.diff(raw, axis=0).std()


def test_frames_without_a_face_or_with_a_wrong_one_take_theirs_from_those_around():
    found = placed(60)
    for k in (0, 1, 20, 21, 22, 40):
        found[k] = Placed(LANDMARKS + 0.1, "mean box")
    found[30] = Placed(LANDMARKS[::-1], "detector")  # a wrong face
    calm = steadied(found, fps=24, loop=True)
    np.testing.assert_allclose(calm.points, np.broadcast_to(LANDMARKS, (60, 68, 2)), atol=1e-9)
    assert Counter(calm.sources) == {"detector": 53, BRIDGED: 7}


def test_landmarks_follow_a_face_that_moves_and_are_not_late():
    moving = [Placed(LANDMARKS + 0.05 * np.sin(2 * np.pi * k / 96), "detector") for k in range(96)]
    calm = steadied(moving, fps=24, loop=True).points
    np.testing.assert_allclose(calm, [p.points for p in moving], atol=0.003)


def test_a_clip_in_which_no_face_was_found_keeps_its_guesses():
    calm = steadied(placed(20, source="mean landmarks"), fps=24, loop=False)
    assert Counter(calm.sources) == {"mean landmarks": 20}
    np.testing.assert_allclose(calm.points, np.broadcast_to(LANDMARKS, (20, 68, 2)))


COLOURS = [(255, 0, 0), (0, 255, 0), (30, 60, 250), (250, 250, 250), (5, 5, 5), (201, 150, 118)]


def drawn(count: int, side: int = 64) -> list[np.ndarray]:
    return [np.full((side, side, 3), COLOURS[k % len(COLOURS)], np.uint8) for k in range(count)]


@pytest.mark.parametrize(("suffix", "most"), [(".mp4", 3), (".mkv", 0)])
@pytest.mark.parametrize("fps", [Fraction(24), Fraction(30000, 1001)])
def test_a_film_of_segments_has_every_frame_its_colours_and_its_recipe(tmp_path, suffix, most, fps):
    frames, segments = drawn(25), []
    for start, end in ((0, 10), (10, 20), (20, 25)):
        segments.append((tmp_path / f"{start}{suffix}", end - start))
        write_segment(segments[-1][0], frames[start:end], fps, crf=8)
    film, recipe = tmp_path / f"film{suffix}", Recipe({"kind": "clip", "name": "Gänsefüßchen"}, {"x": 1})
    join(segments, film, fps, recipe)

    read = list(read_frames(film))
    assert len(read) == 25
    assert max(np.abs(a.astype(int) - b).max() for a, b in zip(read, frames, strict=True)) <= most
    assert read_film_recipe(film) == recipe
    assert is_finished_film(film, recipe.request)
    assert not is_finished_film(film, {"kind": "other"})
    with av().open(str(film)) as container:
        stream = container.streams.video[0]
        assert stream.average_rate == fps
        codec = stream.codec_context
        assert (codec.color_primaries, codec.colorspace) == ((1, 1) if suffix == ".mp4" else (1, 0))
        marks = {key.lower(): value for key, value in container.metadata.items()}
        assert (marks["comment"], marks["digital_source_type"]) == (MARK, AI_MADE)
    assert (XMP_BOX.bytes in film.read_bytes()) == (suffix == ".mp4")
    first = film.read_bytes()
    join(segments, film, fps, recipe)
    assert film.read_bytes() == first


def test_what_is_no_film_is_said(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"no video")
    with pytest.raises(NoFilm, match=r"a\.mp4"):
        list(read_frames(tmp_path / "a.mp4"))
    with pytest.raises(NoRecipe, match=r"a\.mp4"):
        read_film_recipe(tmp_path / "a.mp4")
    write_segment(tmp_path / "b.mp4", drawn(2), Fraction(24))
    with pytest.raises(NoRecipe, match=r"b\.mp4"):
        read_film_recipe(tmp_path / "b.mp4")
    with pytest.raises(ValueError, match="without frames"):
        write_segment(tmp_path / "c.mp4", [], Fraction(24))
    assert not (tmp_path / "c.mp4").exists()
