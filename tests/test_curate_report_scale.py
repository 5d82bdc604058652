"""What keeps a report of a million images short: parts, ends without a sort, and what is not looked at is said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from report_fixtures import DrawnPile, whole_pile

from curate import report_selections, store_columns
from curate.report_facts import Learning, Report
from curate.report_gather import gather
from curate.report_measures import smallest
from curate.report_page import page
from curate.report_text import text
from curate.store_columns import kept_column, measure_columns
from curate.store_report import reading


@pytest.fixture(scope="module")
def pile(tmp_path_factory: pytest.TempPathFactory) -> DrawnPile:
    return whole_pile(tmp_path_factory.mktemp("scale"))


def report_of(pile: DrawnPile) -> Report:
    with reading(pile.sessions) as session:
        return gather(session, pile.workspace, 4)


@pytest.mark.parametrize("different", [1, 3, 1000])
def test_the_smallest_are_those_of_a_whole_sort_that_keeps_the_order_of_equals(different: int) -> None:
    values = np.random.default_rng(different).integers(0, different, 500).astype(np.float32)
    for count in (0, 1, 8, 499, 500, 900):
        assert smallest(values, count).tolist() == np.argsort(values, kind="stable")[:count].tolist()


def test_a_report_in_parts_is_the_report_as_a_whole(pile: DrawnPile, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = report_of(pile)
    monkeypatch.setattr(store_columns, "IN_A_PART", 46)  # two measures of 23 images
    monkeypatch.setattr(store_columns, "AT_ONCE", 12)  # a few rows at a time

    parts = report_of(pile)

    assert replace(parts, made=whole.made) == whole
    assert len(whole.measures) >= 1


def test_selections_of_the_same_images_share_their_ids(pile: DrawnPile) -> None:
    with reading(pile.sessions) as session:
        first = kept_column(session, 1)
        second = kept_column(session, 2, first)
        others = kept_column(session, 2, measure_columns(session, ["sharpness"])._replace(ids=first.ids[:5]))
    assert second.ids is first.ids
    assert others.ids.tolist() == first.ids.tolist()
    assert second.values["kept"].tolist() == others.values["kept"].tolist() != first.values["kept"].tolist()


def test_beyond_a_number_of_images_the_report_says_that_faces_were_not_compared(
    pile: DrawnPile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = report_of(pile)
    monkeypatch.setattr(report_selections, "MOST_COMPARED", 5)

    many = report_of(pile)

    assert [kind.note for kind in few.duplicates] == [""]
    assert [kind.kind for kind in many.duplicates] == ["looks"]
    for said in (text(many), page(many, tmp_path)):
        assert report_selections.NOT_COMPARED in said


def test_a_curve_from_a_part_of_the_labels_says_so(pile: DrawnPile, tmp_path: Path) -> None:
    curve = Learning(
        points=((25, 0.8), (50, 0.9)), expected=None, calibration=(), surprising=(), drawn=1200, labeled=2000
    )
    report = replace(report_of(pile), learning=curve)
    for said in (text(report), page(report, tmp_path)):
        assert "1,200 of 2,000 labeled images" in said
    whole = replace(report, learning=replace(curve, drawn=2000))
    assert "labeled images, drawn" not in text(whole) + page(whole, tmp_path)
