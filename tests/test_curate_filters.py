"""Rules make a selection, with a reason for each image left out."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from selection_fixtures import Pile

from cli.main import call
from curate.config import FilterOptions
from curate.errors import UsageProblem
from curate.filters import Explanation, FilterSummary, run
from curate.models import Selection, SelectionImage
from curate.store_selections import UnknownImage
from curate.workspace import NothingScanned, Workspace


@pytest.fixture
def pile(tmp_path: Path) -> Pile:
    return Pile(tmp_path)


def choose(pile: Pile, **rules: Any) -> FilterSummary:
    summary = run(pile.workspace, FilterOptions(name="clean", **rules))
    assert isinstance(summary, FilterSummary)
    return summary


def explain(pile: Pile, image: str, **rules: Any) -> Explanation:
    found = run(pile.workspace, FilterOptions(name="clean", explain=image, **rules))
    assert isinstance(found, Explanation)
    return found


def reasons(pile: Pile, version: int = 1) -> dict[int, tuple[str | None, str | None]]:
    """What the selection says of each image: (rule, reason), or (None, None) for a kept one."""
    query = sa.select(SelectionImage.image_id, SelectionImage.rule, SelectionImage.reason).join(Selection)
    with pile.sessions() as session:
        rows = session.execute(query.where(Selection.name == "clean", Selection.version == version))
        return {image: (rule, reason) for image, rule, reason in rows}


KEPT = (None, None)


def test_without_rules_everything_that_is_there_is_kept(pile: Pile) -> None:
    here, gone = pile.image(), pile.image(missing=True)

    assert choose(pile).kept == 1
    assert reasons(pile) == {here: KEPT, gone: ("missing", "all its files are missing")}


@pytest.mark.parametrize(
    ("image", "rule", "reason"),
    [
        ({"measures": {"sharpness": 3.14}}, {"min_sharpness": 5.0}, ("min_sharpness", "sharpness 3.1 < 5")),
        ({"measures": {"sharpness": 4.999}}, {"min_sharpness": 5.0}, ("min_sharpness", "sharpness 4.999 < 5")),
        ({"measures": {"sharpness": None}}, {"min_sharpness": 5.0}, ("min_sharpness", "sharpness was not measured")),
        ({"measures": {}}, {"min_sharpness": 5.0}, ("min_sharpness", "sharpness was not measured")),
        ({"measures": {"sharpness": 9.0}}, {"maximum": ("sharpness=8.5",)}, ("max_sharpness", "sharpness 9 > 8.5")),
        ({"measures": {"halftone": 0.9}}, {"max_halftone": 0.5}, ("max_halftone", "halftone 0.9 > 0.5")),
        ({"measures": {"occlusion": None}}, {"max_occlusion": 0.5}, ("max_occlusion", "occlusion was not measured")),
        ({"faces": 0}, {"one_face": True}, ("one_face", "no face found")),
        ({"faces": 2}, {"one_face": True}, ("one_face", "2 faces found")),
        ({"faces": 0}, {"min_face_size": 100.0}, ("min_face_size", "no face found")),
        ({"face_size": 199}, {"min_face_size": 200.0}, ("min_face_size", "face_size 199 < 200")),
        ({"yaw": -40.25}, {"max_yaw": 30.0}, ("max_yaw", "yaw -40 beyond ±30")),
        ({"yaw": 5.0}, {"minimum": ("yaw=10",)}, ("min_yaw", "yaw 5 within ±10")),
        ({"width": 400}, {"minimum": ("width=512",)}, ("min_width", "width 400 < 512")),
        ({"quality": 0.4}, {"min_quality": 0.5}, ("min_quality", "quality 0.4 < 0.5")),
        ({}, {"min_quality": 0.5}, ("min_quality", "no quality is known yet: `swipegan judge` learns it")),
        ({}, {"labels": ("good",)}, ("labels", "not labeled yet")),
        ({"labels": {"Ann": "bad"}}, {"labels": ("good",)}, ("labels", "labeled bad by Ann")),
        ({"labels": {"Ann": "bad", "Bo": "bad"}}, {"labels": ("not-bad",)}, ("labels", "labeled bad by Ann and Bo")),
        (
            {"labels": {"Ann": "good", "Bo": "bad"}},
            {"labels": ("good",)},
            ("labels", "people disagree: good by Ann, bad by Bo"),
        ),
        ({"labels": {"Ann": "skip"}}, {"labels": ("labeled",)}, ("labels", "labeled skip by Ann")),
        ({"path": "/photos/a/1.jpg"}, {"folder": ("b*",)}, ("folder", "in no folder like b*")),
    ],
)
def test_an_image_is_left_out_with_a_reason(
    pile: Pile, image: dict[str, Any], rule: dict[str, Any], reason: tuple[str, str]
) -> None:
    image_id = pile.image(**image)

    choose(pile, **rule)

    assert reasons(pile) == {image_id: reason}


@pytest.mark.parametrize(
    ("image", "rule"),
    [
        ({"measures": {"sharpness": 5.0}}, {"min_sharpness": 5.0}),
        ({"yaw": -30.0}, {"max_yaw": 30.0}),
        ({"labels": {"Ann": "good", "Bo": "good", "Cy": "bad"}}, {"labels": ("good",)}),
        ({}, {"labels": ("not-bad",)}),
        ({}, {"labels": ("good", "unlabeled")}),
        ({"labels": {"Ann": "bad"}}, {"labels": ("any",)}),
        ({"path": "/photos/b1/deep/1.jpg"}, {"folder": ("b*",)}),
        ({"path": "/photos/b1/deep/1.jpg"}, {"under": Path("/photos/b1")}),
        ({"path": "raw:/photos/b1/\\xe9.jpg"}, {"under": Path("/photos")}),
    ],
)
def test_an_image_that_fits_is_kept(pile: Pile, image: dict[str, Any], rule: dict[str, Any]) -> None:
    image_id = pile.image(**image)

    choose(pile, **rule)

    assert reasons(pile) == {image_id: KEPT}


def test_a_folder_whose_name_begins_alike_is_not_under_the_other(pile: Pile) -> None:
    pile.image("/photos/b10/1.jpg")
    assert choose(pile, under=Path("/photos/b1")).kept == 0


def test_an_opinion_that_was_taken_back_or_changed_does_not_count(pile: Pile) -> None:
    image = pile.image(labels={"Ann": "bad"})
    event = pile.label(image, "Bo", "bad")
    pile.label(image, "Bo", "undo", undoes=event)
    pile.label(image, "Ann", "good")

    assert choose(pile, labels=("good",)).kept == 1


def test_the_first_rule_in_the_fixed_order_gets_the_image(pile: Pile) -> None:
    image = pile.image(faces=0, measures={"sharpness": 1.0}, labels={"Ann": "bad"})

    summary = choose(pile, max_yaw=10.0, min_sharpness=5.0, one_face=True, labels=("good",))

    assert [step.rule for step in summary.steps] == [
        "files are missing",
        "labels good",
        "one_face",
        "min_sharpness 5",
        "max_yaw 10",
    ]
    assert [step.removed for step in summary.steps] == [0, 1, 0, 0, 0]
    assert reasons(pile)[image][0] == "labels"


def test_of_copies_the_one_with_most_pixels_stays_if_it_passes_the_other_rules(pile: Pile) -> None:
    same, near = {"phash": "00ff00ff00ff00ff"}, {"phash": "00ff00ff00ff00fe"}
    small = pile.image("/photos/small.jpg", width=500, measures=near)
    large = pile.image("/photos/large.jpg", width=900, measures=same)
    blurred = pile.image("/photos/blurred.jpg", width=2000, measures=same | {"sharpness": 1.0})
    other, without = pile.image(measures={"phash": "0" * 16}), pile.image(measures={"phash": None})

    choose(pile, min_sharpness=5.0, duplicates=False)

    assert reasons(pile) == {
        small: ("no_duplicates", "a lesser copy of large.jpg"),
        large: KEPT,
        blurred: ("min_sharpness", "sharpness 1 < 5"),
        other: KEPT,
        without: KEPT,
    }


def test_of_copies_with_a_face_the_one_with_the_most_real_detail_stays(pile: Pile) -> None:
    chip = np.random.default_rng(0).integers(0, 256, (48, 48)).astype(np.uint8)
    enlarged = pile.image("/photos/enlarged.jpg", width=4000, measures={"resolution": 300.0}, chip=chip)
    sharp = pile.image("/photos/sharp.jpg", width=900, measures={"resolution": 700.0}, chip=chip[:, ::-1])
    other = pile.image(chip=chip.T)

    choose(pile, duplicates=False)

    assert reasons(pile) == {enlarged: ("no_duplicates", "a lesser copy of sharp.jpg"), sharp: KEPT, other: KEPT}


def test_folders_and_the_whole_are_capped_by_a_draw(pile: Pile) -> None:
    for number in range(30):
        pile.image(f"/photos/{'big' if number < 25 else 'little'}/{number}.jpg")

    summary = choose(pile, max_per_folder=8, limit=6, seed=3)

    assert [(step.removed, step.left) for step in summary.steps] == [(0, 30), (17, 13), (7, 6)]
    found = set(reasons(pile).values())
    assert found == {
        KEPT,
        ("max_per_folder", "not among the 8 drawn from its folder"),
        ("limit", "not among the 6 drawn"),
    }


def test_the_draw_depends_on_the_seed_and_the_pictures_alone(pile: Pile, tmp_path: Path) -> None:
    for _ in range(40):
        pile.image()
    first, other_seed = choose(pile, limit=10), choose(pile, limit=10, seed=1)
    backwards = Pile(tmp_path / "other")
    hashes = [image.sha256 for image in images_of(pile)]
    for sha256 in reversed(hashes):
        backwards.image(sha256=sha256)

    assert first.digest == choose(backwards, limit=10).digest
    assert first.digest != other_seed.digest


def images_of(pile: Pile) -> list[Any]:
    from curate.models import Image

    with pile.sessions() as session:
        return list(session.scalars(sa.select(Image).order_by(Image.id)))


def test_the_same_rules_on_the_same_images_make_no_new_version(pile: Pile) -> None:
    pile.image()
    first, again = choose(pile, min_sharpness=5.0), choose(pile, min_sharpness=5.0)

    assert (first.version, first.is_new) == (1, True)
    assert (again.version, again.is_new, again.digest) == (1, False, first.digest)


@pytest.mark.parametrize("change", ["rules", "kept", "left out", "reason"])
def test_anything_else_makes_the_next_version(pile: Pile, change: str) -> None:
    pile.image(), pile.image(labels={"Ann": "bad"})
    choose(pile, labels=("not-bad",))
    if change == "kept":
        pile.image()
    elif change == "left out":
        pile.image(labels={"Ann": "bad"})
    elif change == "reason":
        pile.label(2, "Bo", "bad")

    rules = {"one_face": True} if change == "rules" else {}
    assert choose(pile, labels=("not-bad",), **rules).version == 2
    assert len(reasons(pile, 1)) == 2, "the first version stays as it was"


def test_again_applies_the_saved_rules_to_what_is_new(pile: Pile) -> None:
    pile.image()
    choose(pile, min_sharpness=5.0, folder=("photos",), limit=9, seed=4)
    pile.image(measures={"sharpness": 1.0})

    assert choose(pile, again=True).steps[2].removed == 1
    with pytest.raises(UsageProblem, match="--again"):
        choose(pile, again=True, one_face=True)


def test_the_rule_is_kept_as_readable_json(pile: Pile) -> None:
    pile.image()
    choose(pile, labels=("good",), min_sharpness=4.0, limit=7)

    with pile.sessions() as session:
        rule = session.scalars(sa.select(Selection.rule)).one()
    assert json.loads(json.dumps(rule)) == [
        {"rule": "labels", "value": ["good"]},
        {"rule": "min_sharpness", "value": 4.0},
        {"rule": "limit", "value": {"count": 7, "seed": 0}},
    ]


def test_explain_asks_every_rule_also_after_the_first_that_says_no(pile: Pile) -> None:
    image = pile.image("/photos/nina.jpg", yaw=50.0, measures={"sharpness": 2.0})
    pile.image()

    found = explain(pile, "nina.jpg", min_sharpness=5.0, max_yaw=30.0, one_face=True, limit=1)

    assert (found.image, found.kept) == (image, False)
    assert [(opinion.rule, opinion.passes) for opinion in found.opinions] == [
        ("files", True),
        ("one_face", True),
        ("min_sharpness 5", False),
        ("max_yaw 30", False),
        ("limit 1, seed 0", None),
    ]
    assert found.opinions[2].finding == "sharpness 2 < 5"


def test_explain_without_rules_takes_the_saved_ones_and_saves_nothing(pile: Pile) -> None:
    pile.image(), pile.image()
    choose(pile, limit=1)
    out = next(image for image, said in reasons(pile).items() if said != KEPT)

    found = explain(pile, str(out))

    assert found.opinions[-1].finding == "not among the 1 drawn"
    assert choose(pile, again=True).version == 1


def test_an_image_is_found_by_id_hash_and_path(pile: Pile) -> None:
    pile.image("/photos/a/x.jpg"), pile.image("/photos/b/x.jpg")
    sha256 = images_of(pile)[1].sha256

    assert [explain(pile, text).image for text in ("2", sha256, sha256[:8], "/photos/b/x.jpg", "b/x.jpg")] == [2] * 5
    with pytest.raises(UnknownImage, match="2 or more"):
        explain(pile, "x.jpg")
    with pytest.raises(UnknownImage, match=r"no image 'y\.jpg'"):
        explain(pile, "y.jpg")


def test_without_images_the_message_names_the_next_step(tmp_path: Path) -> None:
    with pytest.raises(NothingScanned, match="swipegan scan"):
        run(Workspace(tmp_path / "new"), FilterOptions(name="clean"))
    with pytest.raises(NothingScanned, match="swipegan scan"):
        run(Pile(tmp_path).workspace, FilterOptions(name="clean"))
    assert not (tmp_path / "new").exists()


def test_the_command_prints_what_each_rule_removed(pile: Pile, capsys: pytest.CaptureFixture[str]) -> None:
    pile.image(), pile.image(faces=0)

    assert call(["-w", str(pile.workspace.root), "filter", "clean", "--one-face", "--max", "yaw=30"]) == 0

    shown = capsys.readouterr().out
    assert "Selection clean, version 1, made." in shown
    assert "1 of 2 images kept (50%)" in shown
    assert call(["-w", str(pile.workspace.root), "filter", "clean", "--one-face", "--max", "yaw=30", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["is_new"] is False
    assert call(["-w", str(pile.workspace.root), "filter", "clean", "--min", "sharpness"]) == 2
