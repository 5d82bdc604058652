"""Rules that look at images as a group: people, poses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from selection_fixtures import Pile
from test_curate_people import people

from cli.main import call
from curate.config import FilterOptions
from curate.filters import Explanation, FilterSummary, run
from curate.models import Selection, SelectionImage
from curate.store_groups import NobodyKnown

KEPT = (None, None)
UNKNOWN = "who it is was not looked at: `swipegan scan --people`"


@pytest.fixture
def pile(tmp_path: Path) -> Pile:
    return Pile(tmp_path)


def choose(pile: Pile, **rules: Any) -> FilterSummary:
    summary = run(pile.workspace, FilterOptions(name="clean", **rules))
    assert isinstance(summary, FilterSummary)
    return summary


def reasons(pile: Pile) -> dict[int, tuple[str | None, str | None]]:
    query = sa.select(SelectionImage.image_id, SelectionImage.rule, SelectionImage.reason).join(Selection)
    with pile.sessions() as session:
        return {image: (rule, reason) for image, rule, reason in session.execute(query)}


def test_of_a_person_the_best_pictures_stay(pile: Pile) -> None:
    ann, bo = people(2, 3).reshape(2, 3, 128)
    small = pile.image("/photos/small.jpg", width=500, descriptor=ann[0])
    liked = pile.image("/photos/liked.jpg", width=400, descriptor=ann[1], quality=0.9)
    large = pile.image("/photos/large.jpg", width=900, descriptor=ann[2])
    others = [pile.image(descriptor=each) for each in bo[:2]]
    unknown, faceless = pile.image(), pile.image(faces=0)

    choose(pile, max_per_person=2)

    assert reasons(pile) == {
        small: ("max_per_person", "one of 3 of the person in liked.jpg, not among the 2 best"),
        liked: KEPT,
        large: KEPT,
        **dict.fromkeys(others, KEPT),
        unknown: ("max_per_person", UNKNOWN),
        faceless: ("max_per_person", "no face found"),
    }


def test_who_was_left_out_before_takes_no_place_of_the_person(pile: Pile) -> None:
    for number, descriptor in enumerate(people(1, 4)[:4]):
        pile.image(descriptor=descriptor, measures={"sharpness": 1.0 if number < 2 else 9.0})

    assert [step.removed for step in choose(pile, min_sharpness=5.0, max_per_person=2).steps] == [0, 2, 0]


def test_without_described_faces_the_message_names_the_command(pile: Pile) -> None:
    pile.image()
    with pytest.raises(NobodyKnown, match="scan --people"):
        choose(pile, max_per_person=1)


def test_of_a_pose_the_best_pictures_stay(pile: Pile) -> None:
    frontal = [pile.image(yaw=yaw, pitch=pitch, width=width) for yaw, pitch, width in ((-4, 4, 500), (4, -4, 700))]
    turned = [pile.image(yaw=yaw, pitch=-12, width=width) for yaw, width in ((21, 300), (18, 400), (24.9, 200))]
    faceless = pile.image(faces=0)

    choose(pile, max_per_pose=1)

    beaten = "not among the 1 best at yaw {}°, pitch {}°"
    assert reasons(pile) == {
        frontal[0]: ("max_per_pose", beaten.format("+0", "+0")),
        frontal[1]: KEPT,
        turned[0]: ("max_per_pose", beaten.format("+20", "-10")),
        turned[1]: KEPT,
        turned[2]: ("max_per_pose", beaten.format("+20", "-10")),
        faceless: ("max_per_pose", "no face found"),
    }


def test_no_pose_has_more_than_its_quota_whatever_the_width_of_the_cells(pile: Pile) -> None:
    dice = np.random.default_rng(0)
    poses = {pile.image(yaw=yaw, pitch=pitch): (yaw, pitch) for yaw, pitch in dice.normal(0, 15, (120, 2)).tolist()}

    summary = choose(pile, max_per_pose=2, pose_degrees=15.0)

    kept = [np.round(np.array(poses[image]) / 15).astype(int) for image, said in reasons(pile).items() if said == KEPT]
    cells, counts = np.unique(kept, axis=0, return_counts=True)
    assert counts.max() == 2
    assert len(cells) == len(np.unique(np.round(np.array(list(poses.values())) / 15).astype(int), axis=0))
    assert summary.steps[-1].rule == "max_per_pose 2, degrees 15"


def test_the_same_pictures_give_the_same_selection_to_the_byte_in_whatever_order_they_came(
    pile: Pile, tmp_path: Path
) -> None:
    dice = np.random.default_rng(1)
    shown = [
        {"sha256": f"{number:064x}", "yaw": yaw, "descriptor": each, "path": f"/p/{number % 3}/{number}.jpg"}
        for number, (each, yaw) in enumerate(zip(people(8, 5, seed=2), dice.normal(0, 20, 40).tolist(), strict=True))
    ]
    backwards = Pile(tmp_path / "other")
    for one, other in zip(shown, reversed(shown), strict=True):
        pile.image(**one), backwards.image(**other)

    rules = {"max_per_person": 3, "max_per_pose": 4, "max_per_folder": 6, "limit": 15}
    first, second = choose(pile, **rules), choose(backwards, **rules)

    assert first.digest == second.digest
    assert first.kept == 15
    assert [step.removed for step in first.steps] == [step.removed for step in second.steps]


def test_saved_group_rules_are_applied_again_and_explained(pile: Pile) -> None:
    for descriptor in people(1, 3):
        pile.image(descriptor=descriptor)
    first = choose(pile, max_per_person=1, max_per_pose=5)

    again = choose(pile, again=True)
    explained = run(pile.workspace, FilterOptions(name="clean", explain="3"))

    assert (again.version, again.digest) == (1, first.digest)
    assert isinstance(explained, Explanation)
    assert [opinion.rule for opinion in explained.opinions[1:]] == ["max_per_person 1", "max_per_pose 5, degrees 10"]


def test_the_command_takes_quotas(pile: Pile, capsys: pytest.CaptureFixture[str]) -> None:
    pile.image()
    assert call(["-w", str(pile.workspace.root), "filter", "clean", "--max-per-pose", "3", "--pose-degrees", "20"]) == 0
    assert "max_per_pose 3, degrees 20" in capsys.readouterr().out
    assert call(["-w", str(pile.workspace.root), "filter", "clean", "--max-per-person", "0"]) == 2
