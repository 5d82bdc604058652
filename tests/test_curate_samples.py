import csv
import importlib.util
import json
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest

from curate import progress
from curate.config import SamplesOptions
from curate.drawing import draw_portrait
from curate.drawing_scene import empty_scene
from curate.files import sha256_of
from curate.samples import KINDS, MIRRORED, FolderInUse, Sample, draw_sample, encode, plan_samples, run
from curate.spoil import SPOILERS, artifacts, blur, drawing, halftone, occlusion, spoil

SIZE = 320


def portrait(seed, size=SIZE):
    return draw_portrait(np.random.default_rng(seed), size)


@pytest.fixture(scope="module")
def portraits():
    return [portrait(seed) for seed in range(50)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    progress.be_quiet()
    folder = tmp_path_factory.mktemp("samples")
    yield folder, run(SamplesOptions(folder=folder, count=26, seed=5, size=160, spoiled=0.8, processes=1))
    progress.be_quiet(False)


def rows(folder: Path):
    with (folder / "truth.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def grey(image):
    return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)


def detail(image):
    return cv2.Laplacian(grey(image), cv2.CV_64F).var()


def at(image, point):
    x, y = np.round(point).astype(int)
    return image[max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2].mean((0, 1))


# one portrait


def test_the_same_seed_draws_the_same_bytes():
    first, second = portrait(3), portrait(3)
    np.testing.assert_array_equal(first.image, second.image)
    np.testing.assert_array_equal(first.landmarks, second.landmarks)
    assert first.facts == second.facts


def test_another_seed_draws_somebody_else():
    assert np.abs(portrait(3).image.astype(int) - portrait(4).image).mean() > 10


@pytest.mark.parametrize("size", [64, 97, 256, 768])
def test_any_size_holds_a_picture_and_its_landmarks(size):
    drawn = portrait(7, size)
    assert drawn.image.shape == (size, size, 3)
    assert drawn.image.dtype == np.uint8
    assert drawn.landmarks.shape == (68, 2)
    assert (drawn.landmarks > 0).all()
    assert (drawn.landmarks < size).all()


def test_the_face_takes_a_third_to_two_thirds_of_the_picture(portraits):
    widths = [np.ptp(drawn.landmarks[:, 0]) / SIZE for drawn in portraits]
    assert min(widths) > 0.25
    assert max(widths) < 0.65


def test_people_and_poses_differ(portraits):
    facts = [drawn.facts for drawn in portraits]
    assert len({fact["style"] for fact in facts}) >= 8
    assert len({fact["hair"] for fact in facts}) >= 6
    assert np.std([fact["yaw"] for fact in facts]) > 6
    assert max(abs(fact["yaw"]) for fact in facts) <= 25
    assert max(abs(fact["pitch"]) for fact in facts) <= 12
    assert max(abs(fact["roll"]) for fact in facts) <= 12


def test_positive_yaw_moves_the_nose_to_the_right(portraits):
    yaw = [drawn.facts["yaw"] for drawn in portraits]
    aside = [drawn.landmarks[30, 0] - drawn.landmarks[[0, 16], 0].mean() for drawn in portraits]
    assert np.corrcoef(yaw, aside)[0, 1] > 0.9


def test_positive_roll_lowers_the_right_eye(portraits):
    roll = [drawn.facts["roll"] for drawn in portraits]
    lower = [np.subtract(*drawn.landmarks[[45, 36], 1]) for drawn in portraits]
    assert np.corrcoef(roll, lower)[0, 1] > 0.9


def test_landmarks_stand_in_dlibs_order(portraits):
    for drawn in portraits:
        x, y = drawn.landmarks.T
        assert x[36:42].mean() < x[42:48].mean()  # the picture's left eye first
        assert y[8] > y[57] > y[51] > y[33] > y[27]  # chin, lower lip, upper lip, nose, bridge
        assert y[8] == pytest.approx(y[:17].max(), abs=0.03 * SIZE)  # the chin is lowest
        assert x[48] < x[51] < x[54]


def test_the_eyes_are_dark_in_the_middle_of_their_landmarks():
    for seed in range(8):
        drawn = portrait(seed, 512)
        for eye, cheek in ((range(36, 42), 2), (range(42, 48), 14)):
            middle = drawn.landmarks[list(eye)].mean(0)
            skin = (drawn.landmarks[cheek] + drawn.landmarks[30]) / 2
            reach = round(0.25 * np.ptp(drawn.landmarks[list(eye), 0]))
            x, y = np.round(middle).astype(int)
            patch = grey(drawn.image)[y - reach : y + reach, x - reach : x + reach]
            assert patch.min() < 0.7 * at(drawn.image, skin).mean()


def test_the_lips_are_redder_than_the_skin_around(portraits):
    redder = 0
    for drawn in portraits:
        lip = at(drawn.image, drawn.landmarks[[57, 66]].mean(0))
        cheek = at(drawn.image, (drawn.landmarks[4] + drawn.landmarks[48]) / 2)
        redder += lip[0] / lip[1] > cheek[0] / cheek[1]
    assert redder >= 0.75 * len(portraits)  # beards and hair hide some cheeks


def test_a_large_picture_has_detail_that_a_small_one_cannot_hold():
    large = portrait(11, 768).image
    shrunk = cv2.resize(
        cv2.resize(large, (384, 384), interpolation=cv2.INTER_AREA), (768, 768), interpolation=cv2.INTER_CUBIC
    )
    nose = portrait(11, 768).landmarks[30].astype(int)
    part = np.s_[nose[1] - 90 : nose[1] + 90, nose[0] - 90 : nose[0] + 90]
    assert detail(large[part]) > 2 * detail(shrunk[part])


def test_dlib_finds_the_clean_ones_and_agrees_about_the_landmarks(portraits):
    dlib = pytest.importorskip("dlib")
    package = importlib.util.find_spec("face_recognition_models")
    if package is None:
        pytest.skip("the landmark model is not installed")
    model = Path(package.origin).parent / "models" / "shape_predictor_68_face_landmarks.dat"
    detector, predictor = dlib.get_frontal_face_detector(), dlib.shape_predictor(str(model))
    found, errors = 0, []
    for drawn in portraits:
        boxes = detector(grey(drawn.image), 0)
        found += len(boxes) == 1
        if boxes:
            points = np.array([(point.x, point.y) for point in predictor(drawn.image, boxes[0]).parts()])
            apart = np.linalg.norm(drawn.landmarks[36:42].mean(0) - drawn.landmarks[42:48].mean(0))
            errors.append(np.linalg.norm(points - drawn.landmarks, axis=1).mean() / apart)
    assert found >= 0.98 * len(portraits)
    assert np.median(errors) < 0.07


# what spoils it


@pytest.mark.parametrize("kind", SPOILERS)
def test_spoiling_is_repeatable_and_changes_the_picture(kind, portraits):
    spoiled = [spoil(kind, portraits[0], np.random.default_rng(1)) for _ in range(2)]
    np.testing.assert_array_equal(*spoiled)
    if kind != "tiny":
        assert spoiled[0].shape == portraits[0].image.shape
        assert np.abs(spoiled[0].astype(int) - portraits[0].image).mean() > 1


def test_blur_removes_detail(portraits):
    for seed, drawn in enumerate(portraits[:10]):
        assert detail(blur(drawn, np.random.default_rng(seed))) < 0.3 * detail(drawn.image)


def test_a_drawing_has_little_colour_or_few_tones(portraits):
    for seed, drawn in enumerate(portraits[:9]):
        image = drawing(drawn, np.random.default_rng(seed))
        chroma = (image.max(2).astype(int) - image.min(2)).mean()
        tones = np.bincount(grey(image).ravel(), minlength=256)
        assert chroma < 20 or np.sort(tones)[-24:].sum() > 0.45 * tones.sum()


def test_halftone_has_a_peak_in_its_spectrum(portraits):
    for seed, drawn in enumerate(portraits[:10]):
        assert _peak(halftone(drawn, np.random.default_rng(seed))) > 3 * _peak(drawn.image)


def _peak(image):
    """The strongest wave of 2.5 to 14 pixels length against the others, in the upper half: no knitted clothes there."""
    side = SIZE // 2
    field = grey(image)[:side, side // 2 : side // 2 + side].astype(float)
    window = np.hanning(side)[:, None] * np.hanning(side)
    power = np.abs(np.fft.fftshift(np.fft.fft2((field - field.mean()) * window)))
    yy, xx = np.mgrid[:side, :side] - side // 2
    far = np.hypot(xx, yy)
    band = power[(far > side / 14) & (far < side / 2.5)]
    return band.max() / band.mean()


def test_artifacts_change_the_picture_far_more_than_a_good_jpeg_does(portraits):
    for seed, drawn in enumerate(portraits[:12]):
        coded = cv2.imdecode(cv2.imencode(".jpg", drawn.image, [cv2.IMWRITE_JPEG_QUALITY, 88])[1], cv2.IMREAD_COLOR)
        usual = np.abs(coded.astype(int) - drawn.image).mean()
        assert np.abs(artifacts(drawn, np.random.default_rng(seed)).astype(int) - drawn.image).mean() > 2 * usual


def test_occlusion_hides_part_of_the_face_and_leaves_the_corners(portraits):
    for seed, drawn in enumerate(portraits[:12]):
        image = occlusion(drawn, np.random.default_rng(seed))
        changed = np.abs(image.astype(int) - drawn.image).max(2) > 12
        hull = np.zeros(changed.shape, np.uint8)
        cv2.fillConvexPoly(hull, cv2.convexHull(drawn.landmarks.astype(np.int32)), 1)
        assert changed[hull > 0].mean() > 0.15
        assert not changed[:20].any()


def test_grey_has_no_colour(portraits):
    image = spoil("grey", portraits[0], np.random.default_rng(0))
    assert (image.max(2) == image.min(2)).all()


def test_tiny_is_tiny(portraits):
    assert max(spoil("tiny", portraits[0], np.random.default_rng(0)).shape) <= 128


def test_a_scene_without_anybody_has_no_face():
    dlib = pytest.importorskip("dlib")
    detector = dlib.get_frontal_face_detector()
    assert not any(len(detector(empty_scene(np.random.default_rng(seed), SIZE), 0)) for seed in range(8))


# the set


def test_truth_names_every_file_and_no_other(folder):
    folder, summary = folder
    listed = [row["file"] for row in rows(folder)]
    assert sorted(listed) == sorted(path.name for path in folder.iterdir() if path.name != "truth.csv")
    assert summary.files == len(listed) == 26
    assert Counter(row["kind"] for row in rows(folder)) == summary.kinds


def test_every_kind_appears_about_equally_often():
    kinds = Counter(sample.kind for sample in plan_samples(200, 0.33, 0))
    assert kinds["clean"] == 134
    assert {kinds[kind] for kind in KINDS} <= {6, 7}


@pytest.mark.parametrize("count", [1, 2, 3, 11])
@pytest.mark.parametrize("spoiled", [0.0, 0.33, 1.0])
def test_small_sets_can_be_planned(count, spoiled):
    plan = plan_samples(count, spoiled, 1)
    assert len(plan) == count
    assert all(plan[sample.original].kind == "clean" for sample in plan if sample.original not in (None, sample.number))


def test_the_label_is_good_where_the_picture_is(folder):
    for row in rows(folder[0]):
        assert row["label"] == ("good" if row["kind"] in ("clean", "duplicate") else "bad")


def test_the_seed_in_the_truth_draws_the_clean_picture_again(folder):
    row = next(row for row in rows(folder[0]) if row["kind"] == "clean")
    drawn = draw_portrait(np.random.default_rng(int(row["seed"])), 160)
    stored = cv2.imread(str(folder[0] / row["file"]))[..., ::-1]
    assert np.abs(stored.astype(int) - drawn.image).mean() < 6
    np.testing.assert_allclose(json.loads(row["landmarks"]), drawn.landmarks, atol=0.006)


def test_landmarks_are_given_where_there_is_one_face(folder):
    for row in rows(folder[0]):
        assert bool(row["landmarks"]) == (row["kind"] not in ("no_face", "two_faces"))
        if row["landmarks"]:
            height, width = cv2.imread(str(folder[0] / row["file"])).shape[:2]
            points = np.array(json.loads(row["landmarks"]))
            assert (points > -0.1 * width).all()
            assert (points < 1.1 * max(width, height)).all()


def test_a_copy_is_its_original_byte_for_byte(folder):
    folder, _ = folder
    copies = [row for row in rows(folder) if row["kind"] == "duplicate"]
    plan = plan_samples(26, 0.8, 5)
    assert copies
    for row in copies:
        way = plan[int(row["file"][9:14])].way
        same = sha256_of(folder / row["file"]) == sha256_of(folder / row["duplicate_of"])
        assert same == (way == "copy")


def test_a_mirrored_duplicate_shows_the_same_face_the_other_way_round():
    clean = draw_sample(Sample(0, "clean", 9), 160)
    mirrored = draw_sample(Sample(1, "duplicate", 9, 0, "mirror"), 160)
    np.testing.assert_array_equal(mirrored.image, clean.image[:, ::-1])
    assert mirrored.facts["yaw"] == -clean.facts["yaw"]
    np.testing.assert_allclose(mirrored.landmarks[MIRRORED], clean.landmarks * [-1, 1] + [159, 0])


def test_a_cropped_duplicate_is_a_part_of_the_original():
    clean = draw_sample(Sample(0, "clean", 9), 160)
    cropped = draw_sample(Sample(1, "duplicate", 9, 0, "crop"), 160)
    x, y = np.round(clean.landmarks[30] - cropped.landmarks[30]).astype(int)
    side = cropped.image.shape[0]
    np.testing.assert_array_equal(cropped.image, clean.image[y : y + side, x : x + side])
    assert side < 160


def test_most_files_are_jpeg_and_some_are_png():
    endings = Counter(encode(Sample(n, "clean", n), np.zeros((8, 8, 3), np.uint8))[0] for n in range(200))
    assert 5 < endings[".png"] < 60
    assert endings[".jpg"] > 120


def test_the_number_of_processes_changes_nothing(tmp_path):
    for processes in (1, 2):
        run(SamplesOptions(folder=tmp_path / str(processes), count=5, size=96, spoiled=0.4, processes=processes))
    alone, together = ({path.name: sha256_of(path) for path in (tmp_path / n).iterdir()} for n in "12")
    assert alone == together


def test_a_folder_with_other_files_is_left_alone(tmp_path):
    (tmp_path / "holiday.jpg").write_bytes(b"mine")
    with pytest.raises(FolderInUse, match=r"holiday\.jpg"):
        run(SamplesOptions(folder=tmp_path, count=2, size=64, processes=1))
    assert [path.name for path in tmp_path.iterdir()] == ["holiday.jpg"]


def test_the_same_set_can_be_drawn_again(tmp_path):
    options = SamplesOptions(folder=tmp_path, count=2, size=64, processes=1)
    run(options)
    first = {path.name: sha256_of(path) for path in tmp_path.iterdir()}
    run(options)
    assert {path.name: sha256_of(path) for path in tmp_path.iterdir()} == first


def test_the_summary_says_how_many_of_each_kind(folder):
    text = folder[1].text()
    assert "26 pictures" in text
    assert "clean" in text
    assert "truth.csv" in text
