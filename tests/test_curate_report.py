"""What the report says, and that its page stands alone."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import sqlalchemy as sa
from report_fixtures import LIMIT, START, DrawnPile, whole_pile

from curate import report_pictures, store_report
from curate.config import ReportOptions
from curate.errors import UserError
from curate.measure_words import words
from curate.models import File, Labeler, Measures
from curate.report import run
from curate.report_facts import Histogram, Report
from curate.report_labels import current, majority
from curate.report_learning import expected
from curate.report_measures import auc
from curate.report_pictures import SIDE, square
from curate.report_plots import Line, heat, histogram, lines, number, stacked_bar
from curate.report_text import spark
from curate.store_columns import measure_names
from curate.store_report import LabelRow, reading
from curate.workspace import Workspace


@pytest.fixture(scope="module")
def pile(tmp_path_factory: pytest.TempPathFactory) -> DrawnPile:
    return whole_pile(tmp_path_factory.mktemp("report"))


@pytest.fixture(scope="module")
def report(pile: DrawnPile) -> Report:
    return run(pile.workspace, ReportOptions(images=4)).report


@pytest.fixture(scope="module")
def page(pile: DrawnPile, report: Report) -> str:
    assert report
    return (pile.workspace.root / "report.html").read_text(encoding="utf-8")


def test_the_head_counts_everything(report: Report) -> None:
    counts = report.counts
    assert (counts.images, counts.files, counts.bad_files, counts.missing_files) == (23, 27, 3, 1)
    assert (counts.faces, counts.labeled, counts.labels, counts.people) == (21, 20, 30, 2)
    assert (counts.selections, counts.sets, counts.runs) == (1, 0, 1)


def test_bad_files_are_counted_by_reason_and_named(report: Report, page: str) -> None:
    assert [(kind.kind, kind.count) for kind in report.bad] == [("truncated", 2), ("gone", 1), ("not a picture", 1)]
    assert "cut.jpg" in page
    assert "12 bytes are missing" in page


def test_images_without_a_face_and_with_several_are_shown(pile: DrawnPile, report: Report) -> None:
    assert {one.image for one in report.no_face.examples} == {pile.images[20], pile.images[22]}
    assert [one.image for one in report.several_faces.examples] == [pile.images[21]]


def test_every_image_with_a_number_is_in_its_histogram(report: Report) -> None:
    sharpness = next(one for one in report.measures if one.name == "sharpness")
    assert sum(map(sum, sharpness.histogram.counts)) == sharpness.count == 23
    by_class = dict(zip(sharpness.histogram.classes, map(sum, sharpness.histogram.counts), strict=True))
    assert by_class == {"good": 12, "bad": 7, "none": 4}  # one is a tie, three nobody saw


def test_a_measures_ends_are_its_extremes(pile: DrawnPile, report: Report) -> None:
    sharpness = next(one for one in report.measures if one.name == "sharpness")
    assert [one.image for one in sharpness.lowest] == pile.images[:4]
    assert [one.image for one in sharpness.highest] == pile.images[:-5:-1]
    assert [one.note for one in sharpness.highest] == ["23", "22", "21", "20"]
    assert sharpness.quartiles[1] == 12
    assert sharpness.auc == 1


def test_every_float_column_is_a_measure_and_has_words() -> None:
    names = measure_names()
    assert {"sharpness"} <= set(names) < {column.name for column in Measures.__table__.columns}
    assert "phash" not in names
    assert words("a_column_of_tomorrow").title == "A column of tomorrow"


def test_a_verdict_holds_until_it_is_outvoted_or_taken_back() -> None:
    def row(uuid: str, image: int, verdict: str, undoes: str | None = None, person: int = 1) -> LabelRow:
        return LabelRow(uuid, image, person, verdict, undoes, None, START, START, None)

    events = [row("a", 1, "bad"), row("b", 1, "good"), row("c", 2, "bad"), row("d", 2, "undo", undoes="c")]
    events += [row("e", 3, "good"), row("f", 3, "bad", person=2), row("g", 4, "skip")]

    assert {(one.image, one.verdict) for one in current(events)} == {(1, "good"), (3, "good"), (3, "bad"), (4, "skip")}
    assert majority(current(events)) == {1: "good", 4: "skip"}


def test_agreement_of_two_people(report: Report) -> None:
    assert report.labels is not None
    (pair,) = report.labels.pairs
    assert (pair.first, pair.second, pair.both, pair.same) == ("Ann", "Bo", 10, 9)
    # by hand: Ann calls 2 of 10 good, Bo 3; chance agrees on .2 * .3 + .8 * .7 = .62
    assert pair.kappa == pytest.approx((0.9 - 0.62) / (1 - 0.62))
    assert report.labels.disputed.count == 1


def test_labels_over_time_are_all_there(report: Report) -> None:
    assert report.labels is not None
    assert report.labels.times is not None
    assert sum(map(sum, report.labels.times.counts)) == 30
    assert [(one.name, one.good + one.bad, one.seconds) for one in report.labels.people] == [
        ("Ann", 20, 1.5),
        ("Bo", 10, 1.5),
    ]


def test_what_the_rules_removed_adds_up(report: Report) -> None:
    (clean,) = report.selections
    assert (clean.version, clean.kept, clean.left_out) == (2, 9, 14)
    assert [(rule.name, rule.removed, rule.remaining) for rule in clean.rules] == [
        ("min_sharpness", 13, 10),
        ("no_duplicates", 1, 9),
    ]
    assert clean.labels == 30


def test_the_images_at_a_rules_border_are_the_nearest_on_either_side(pile: DrawnPile, report: Report) -> None:
    rule = report.selections[0].rules[0]
    place = int(LIMIT) - 1
    assert [one.image for one in rule.just_removed] == [pile.images[place - n] for n in (1, 2, 3, 4)]
    assert [one.image for one in rule.just_kept] == [pile.images[place + n] for n in (0, 1, 2, 3)]


def test_two_versions_are_compared(report: Report) -> None:
    change = report.selections[0].change
    assert change is not None
    assert (change.before, change.after, change.added.count, change.dropped.count) == (1, 2, 0, 8)
    assert [version for version, *_ in report.selections[0].versions] == [2, 1]


def test_duplicates_are_groups(pile: DrawnPile, report: Report) -> None:
    (looks,) = report.duplicates
    assert (looks.kind, looks.groups, looks.spare) == ("looks", 1, 1)
    assert {one.image for one in looks.shown[0].images} == {pile.images[20], pile.images[22]}


def test_equal_hashes_are_groups_too(pile: DrawnPile, report: Report) -> None:
    assert report
    with reading(pile.sessions) as session:
        assert store_report.same_hash(session) == [[pile.images[20], pile.images[22]]]


def test_files_with_the_same_bytes_are_a_group(tmp_path: Path) -> None:
    pile = DrawnPile(tmp_path, count=2)
    with pile.sessions.begin() as session:
        first = session.scalars(sa.select(File)).first()
        assert first is not None
        session.add(File(path="/again.jpg", bytes=1, mtime_ns=1, image_id=first.image_id, state="ok"))

    (bytes_,) = run(pile.workspace, ReportOptions(text=True)).report.duplicates

    assert (bytes_.kind, bytes_.groups, bytes_.spare) == ("bytes", 1, 1)


def test_poses_are_counted_once_each(report: Report) -> None:
    assert report.faces is not None
    assert sum(map(sum, report.faces.heat)) == report.faces.count == 21
    assert all((pose.count > 0) == (pose.example is not None) for pose in report.faces.poses)


def test_a_run_has_curves_scores_grids_and_what_lies_behind_it(report: Report) -> None:
    (one,) = report.runs
    assert (one.images, one.stage, one.set_name, one.selection, one.labels) == (1196, "upres", "clean", "clean v2", 30)
    assert [curve.name for curve in one.losses] == ["pixel_loss", "images_per_second"]
    (score,) = one.scores
    assert (score.name, score.last, score.levels) == ("lr_psnr", 22.5, (("bicubic", 25.0),))
    assert one.fixed == (("tiles", 64.0),)
    assert len(one.losses[0].points) <= 160
    assert one.losses[0].points[-1][0] == 1196
    assert (one.samples[0][0], one.samples[-1][0], len(one.samples)) == (0, 19 * 60, 12)
    assert one.checkpoints[0].scores["lr_psnr"] == 21.5  # what was known after 600 images


def test_a_run_with_a_cut_config_is_shown_with_the_problem(tmp_path: Path) -> None:
    pile = DrawnPile(tmp_path, count=1)
    (pile.run() / "config.json").write_text('{"stage": "up')

    summary = run(pile.workspace, ReportOptions())

    assert "config.json cannot be read" in str(summary.report.runs[0].problem)
    assert "config.json cannot be read" in (pile.workspace.root / "report.html").read_text()


def test_the_page_asks_for_nothing(page: str) -> None:
    wanted = re.findall(r"""(?:src|href)\s*=\s*["']([^"']*)|url\(["']?([^"')]*)""", page)
    outside = [one or other for one, other in wanted if not (one or other).startswith(("data:", "#"))]
    assert outside == []
    assert len(wanted) > 10
    assert "default-src 'none'" in page


def test_names_of_files_cannot_change_the_page(tmp_path: Path) -> None:
    pile = DrawnPile(tmp_path, count=1)
    evil = "<img src=x onerror=alert(1)>'\"&.jpg"
    pile.images.append(pile.image(2, name=evil))
    pile.bad_file("</script><script>alert(2)</script>", "not a picture")
    pile.person("<b>Eve</b>")

    run(pile.workspace, ReportOptions())

    page = (pile.workspace.root / "report.html").read_text()
    assert "<img src=x" not in page
    assert "<script>alert" not in page


def test_pictures_that_cannot_be_read_become_tiles_with_the_reason(tmp_path: Path) -> None:
    pile = DrawnPile(tmp_path, count=4)
    (pile.photos / "face 1.jpg").unlink()
    (pile.photos / "face 2.jpg").write_bytes(b"something else")

    run(pile.workspace, ReportOptions())

    page = (pile.workspace.root / "report.html").read_text()
    assert "file is gone" in page
    assert "changed since the scan" in page
    assert 'class="t s0"' in page


def test_thumbnails_are_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pile = DrawnPile(tmp_path, count=4)
    run(pile.workspace, ReportOptions())
    first = re.findall("data:image[^\"')]+", (pile.workspace.root / "report.html").read_text())
    monkeypatch.setattr(report_pictures, "read_image", lambda *_: pytest.fail("a picture was read again"))

    run(pile.workspace, ReportOptions())

    again = re.findall("data:image[^\"')]+", (pile.workspace.root / "report.html").read_text())
    assert first == again
    assert len(first) >= 1


@pytest.mark.parametrize("box", [None, (10, 10, 40, 40), (-30, -30, 20, 20), (80, 60, 200, 180), (90, 70, 91, 71)])
def test_a_thumbnail_is_square_and_inside_the_picture(box: tuple[int, int, int, int] | None) -> None:
    picture = np.full((80, 100, 3), 200, np.uint8)
    assert square(picture, box).shape == (SIDE, SIDE, 3)
    assert (square(picture, box) == 200).all()


def test_reading_a_report_lets_others_write(pile: DrawnPile) -> None:
    with reading(pile.sessions) as session:
        before = store_report.people(session)
        with pile.sessions.begin() as other:
            other.add(Labeler(name="Cleo"))
        assert store_report.people(session) == before  # one state of the database throughout


def test_the_text_says_the_same(pile: DrawnPile) -> None:
    summary = run(pile.workspace, ReportOptions(text=True))

    text = summary.text()
    assert summary.page is None
    for fact in ("23 images in 27 files", "2  truncated", "Ann and Bo agree on 9 of 10", "-13  min sharpness 14"):
        assert fact in text
    assert "Selection clean version 2: 9 of 23 kept" in text
    assert "lr_psnr 20 -> 22.5" in text


def test_the_json_is_whole(pile: DrawnPile, capsys: pytest.CaptureFixture[str]) -> None:
    from cli.console import show

    show(run(pile.workspace, ReportOptions(text=True)), as_json=True)

    facts = json.loads(capsys.readouterr().out)["report"]
    assert facts["counts"]["images"] == 23
    shown = facts["measures"][0]["lowest"][0]["image"]
    assert facts["images"][str(shown)]["path"].endswith(".jpg")


def test_an_empty_workspace_has_a_page_too(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.open()

    assert "0 images in 0 files" in run(workspace, ReportOptions()).text()


def test_without_a_database_the_error_says_how_to_begin(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="swipegan scan"):
        run(Workspace(tmp_path), ReportOptions())


def test_a_page_that_cannot_be_written_is_an_error_for_people(pile: DrawnPile) -> None:
    (pile.photos / "no folder").write_text("")
    with pytest.raises(UserError, match="another --output"):
        run(pile.workspace, ReportOptions(output=pile.photos / "no folder" / "report.html"))


def test_what_more_swipes_bring_is_measured_on_unseen_labels(tmp_path: Path) -> None:
    pile = DrawnPile(tmp_path, count=80)
    ann = pile.person("Ann")
    for place, image in enumerate(pile.images):
        pile.label(ann, image, "good" if place >= 40 and place != 69 else "bad", place)

    learning = run(pile.workspace, ReportOptions(text=True)).report.learning

    assert learning is not None
    assert [labels for labels, _ in learning.points] == [25, 50, 60]
    assert learning.points[-1][1] > 0.9  # sharpness says it all
    assert learning.surprising[0].image == pile.images[69]
    assert sum(count for *_, count in learning.calibration) == 80
    assert (learning.drawn, learning.labeled) == (80, 80)


def test_the_curve_goes_on_as_a_power() -> None:
    points = [(size, 1 - 2 * size**-0.5) for size in (25, 100, 400)]
    assert expected(points, 1600) == (1600, pytest.approx(0.95))
    assert expected([(25, 0.9), (50, 0.8), (100, 0.7)], 200) is None


PLOT = Histogram(low=0.0, high=2.0, classes=("good", "bad", "none"), counts=((1, 2), (0, 1), (9, 0)))


@pytest.mark.parametrize(
    "svg",
    [
        histogram(PLOT, "a < b", "px", [(1.0, "half")]),
        lines([Line([(0.0, 1.0), (5.0, float("nan")), (9.0, 3.0)])], "loss", "images"),
        stacked_bar([("good", 3), ("bad", 1)], 4, "Ann"),
        stacked_bar([("good", 0)], 0, "nobody"),
        heat([[0, 3], [70_000, 1]], (-10, 0, 10), (-5, 0, 5), "poses"),
    ],
)
def test_a_plot_is_well_formed_and_says_what_it_shows(svg: str) -> None:
    root = ElementTree.fromstring(svg)
    drawing = root if root.tag == "svg" else root.find("svg")
    assert drawing is not None
    assert drawing.get("role") == "img"
    assert drawing.findtext("title")
    assert drawing.findtext("desc")
    assert "nan" not in svg


def test_the_bars_of_a_histogram_are_as_high_as_their_counts() -> None:
    data = Histogram(low=0.0, high=3.0, classes=("accent",), counts=((10, 5, 0),))
    heights = [float(height) for height in re.findall(r'height="([\d.]+)"', histogram(data, "t"))]
    assert len(heights) == 2  # an empty bin has no bar
    assert heights[0] == pytest.approx(2 * heights[1], abs=0.1)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.12345, "0.123"), (12345.6, "12,346"), (1.0, "1"), (999.5, "1000"), (3e-9, "3.0e-09"), (-2.5, "-2.5")],
)
def test_numbers_are_short(value: float, text: str) -> None:
    assert number(value) == text


def test_auc_of_known_order() -> None:
    good, bad = np.array([3, 2], np.float32), np.array([1, 2, 2], np.float32)
    assert auc(good, bad) == pytest.approx((3 + 2) / 6)  # 3 beats all three, 2 beats one and ties with two
    assert auc(good, bad[:0]) is None


def test_a_histogram_in_a_line_shows_where_most_lie() -> None:
    data = Histogram(low=0, high=1, classes=("none",), counts=((0, 8, 1, 0),))
    assert spark(data) == " █▁ "
