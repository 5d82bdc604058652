"""The report says whom the pile shows, whom selections keep, and how selections differ."""

from __future__ import annotations

from pathlib import Path

import pytest
from selection_fixtures import Pile
from test_curate_people import people

from curate.config import FilterOptions
from curate.filters import run
from curate.report_bias import SKIN_LIMITS
from curate.report_facts import Report
from curate.report_gather import gather
from curate.report_page import page
from curate.report_text import text
from curate.store_report import reading


@pytest.fixture(scope="module")
def pile(tmp_path_factory: pytest.TempPathFactory) -> Pile:
    """Twelve images of four people: six frontal and light, the others turned and dark, of whom most are called bad."""
    pile = Pile(tmp_path_factory.mktemp("bias"))
    for number, descriptor in enumerate(people(4, 3)):
        turned = number >= 6
        pile.image(
            yaw=-25.0 if turned else 3.0,
            descriptor=descriptor,
            measures={"sharpness": float(number), "brightness": 0.3, "skin_tone": -40.0 if turned else 45.0},
            labels={"Ann": "bad" if turned else "good"} if number % 3 else {},
        )
    run(pile.workspace, FilterOptions(name="frontal", max_yaw=20.0))
    run(pile.workspace, FilterOptions(name="sharp", min_sharpness=3.0))
    return pile


@pytest.fixture(scope="module")
def report(pile: Pile) -> Report:
    with reading(pile.sessions) as session:
        return gather(session, pile.workspace, 4)


def test_every_image_with_a_number_is_in_one_class(report: Report) -> None:
    assert report.bias is not None
    for leaning in report.bias.leanings:
        assert sum(row.images for row in leaning.classes) == 12
    assert [leaning.title for leaning in report.bias.leanings] == [
        "Turned to the side", "Up or down", "Light on the face", "Skin tone, as photographed",
    ]  # fmt: skip


def test_a_class_says_what_people_said_of_it_and_what_selections_keep_of_it(report: Report) -> None:
    assert report.bias is not None
    assert report.bias.selections == ("sharp", "frontal")
    turned = {row.name: row for row in report.bias.leanings[0].classes}
    skin = {row.name: row for row in report.bias.leanings[3].classes}
    assert (turned["0-10°"].images, turned["0-10°"].labeled, turned["0-10°"].good) == (6, 4, 4)
    assert (turned["20-35°"].labeled, turned["20-35°"].good) == (4, 0)
    assert (turned["0-10°"].kept, turned["20-35°"].kept) == ((3, 6), (6, 0))
    assert (skin["light"].kept, skin["dark"].kept) == ((3, 6), (6, 0))


def test_selections_are_laid_beside_each_other(report: Report) -> None:
    beside = report.comparison
    assert beside is not None
    assert (beside.names, beside.kept) == (("sharp", "frontal"), (9, 6))
    assert beside.shared == ((9, 3), (3, 6))
    assert (beside.labeled, beside.good) == ((6, 4), (2, 4))
    assert dict(beside.medians)["Sharpness"] == (7.0, 2.5)


def test_a_persons_pictures_are_a_group_of_another_kind(report: Report) -> None:
    (kind,) = (kind for kind in report.duplicates if kind.kind == "people")
    assert (kind.groups, kind.spare) == (4, 8)
    assert {len(group.images) for group in kind.shown} == {3}


def test_page_and_text_say_so_and_name_the_limits_of_the_tone_of_the_skin(report: Report, tmp_path: Path) -> None:
    html, words = page(report, tmp_path), text(report)
    assert SKIN_LIMITS in html
    for said in ("Does it lean", "beside each other", "Skin tone, as photographed"):
        assert said.lower() in html.lower()
        assert said.lower() in words.lower()
    assert "4 people with 12 images" in words


def test_one_selection_has_nothing_beside_it(tmp_path: Path) -> None:
    pile = Pile(tmp_path)
    pile.image(faces=0)
    run(pile.workspace, FilterOptions(name="all"))
    with reading(pile.sessions) as session:
        alone = gather(session, pile.workspace, 4)
    assert (alone.comparison, alone.bias) == (None, None)
