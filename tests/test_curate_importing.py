"""Labels from elsewhere come in, each once, and what was not understood is said."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from selection_fixtures import Pile

from cli.main import call
from curate.config import ExportLabelsOptions, ImportLabelsOptions
from curate.export import export_labels
from curate.files import sha256_of
from curate.importing import ImportSummary, NothingMatches, run
from curate.label_sources import FORMATS, Format, Heard, NotLabels, _swipelabel_line, guess, picture_of, read
from curate.models import Label, Labeler
from curate.store_export import labels_that_hold


@pytest.fixture
def pile(tmp_path: Path) -> Pile:
    pile = Pile(tmp_path / "workspace")
    for name in ("one.jpg", "two.jpg", "three.jpg", "11.jpg"):
        pile.image(f"/photos/{name}")
    return pile


def take(pile: Pile, source: Path, text: str | None = None, **options: Any) -> ImportSummary:
    if text is not None:
        source.write_text(text, encoding="utf-8")
    return run(pile.workspace, ImportLabelsOptions(source=source, **options))


def held(pile: Pile) -> list[tuple[int, str, str]]:
    """(image, who, verdict) of what holds."""
    c = labels_that_hold.c
    with pile.sessions() as session:
        query = sa.select(c.image_id, c.labeler, c.verdict).order_by(c.image_id, c.labeler)
        return [(image, who, verdict) for image, who, verdict in session.execute(query)]


def test_a_line_of_nothing_but_spaces_costs_no_time(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("a.jpg 1\nx" + " " * 100_000 + "y\n")
    heard = list(read(tmp_path / "log", "swipelabel", {}, "right"))  # minutes for the expression that was here
    assert [bool(one.problem) for one in heard] == [False, True]


@pytest.mark.parametrize(
    ("line", "heard"),
    [
        ("images/7.jpg:-1", ("images/7.jpg", "-1")),
        ("LOG: a b.jpg , skip \n", ("a b.jpg", "skip")),
        ("a.jpg:1:+1", ("a.jpg:1", "+1")),
        ("a.jpg\t0", ("a.jpg", "0")),
        ("a.jpg1", None),
        (" a.jpg 1", None),
        ("1", None),
        (": 1", None),
        ("", None),
    ],
)
def test_a_line_of_swipelabels_log(line: str, heard: tuple[str, str] | None) -> None:
    assert _swipelabel_line(line) == heard


def test_a_log_of_swipelabel(pile: Pile, tmp_path: Path) -> None:
    log = "images/one.jpg:-1\nhttp://10.0.0.2:5000/images/two.jpg:1\n/images/three.jpg:0\n"

    summary = take(pile, tmp_path / "logfile.log", log, labeler="Mike")

    assert summary.format == "swipelabel"
    assert held(pile) == [(1, "Mike", "good"), (2, "Mike", "bad"), (3, "Mike", "skip")]


def test_the_side_that_meant_good_can_be_the_left(pile: Pile, tmp_path: Path) -> None:
    take(pile, tmp_path / "logfile.log", "one.jpg:1\ntwo.jpg:-1\n", good="left")
    assert held(pile) == [(1, "import", "good"), (2, "import", "bad")]


def test_a_log_that_grew_brings_in_only_what_is_new_and_the_last_word_holds(pile: Pile, tmp_path: Path) -> None:
    log = "one.jpg:1\ntwo.jpg:1\n"
    take(pile, tmp_path / "logfile.log", log)

    summary = take(pile, tmp_path / "logfile.log", log + "one.jpg:-1\nthree.jpg:-1\n")

    assert (summary.new, summary.known) == (2, 2)
    assert held(pile) == [(1, "import", "good"), (2, "import", "bad"), (3, "import", "good")]


def test_a_name_inside_another_name_is_not_taken_for_it(pile: Pile, tmp_path: Path) -> None:
    summary = take(pile, tmp_path / "logfile.log", "1.jpg:-1\n11.jpg:-1\n")

    assert held(pile) == [(4, "import", "good")]
    assert summary.unmatched == ["1.jpg"]


CREATED = "2026-01-02T03:04:05Z"


def a_task(image: str, *annotations: dict[str, Any]) -> dict[str, Any]:
    return {"id": 1, "data": {"image": image}, "annotations": list(annotations)}


def an_annotation(choice: str, **more: Any) -> dict[str, Any]:
    value = {"choices": [choice]}
    return {"result": [{"type": "choices", "from_name": "q", "to_name": "image", "value": value}]} | more


def test_label_studio_json(pile: Pile, tmp_path: Path) -> None:
    tasks = [
        a_task(
            "/data/local-files/?d=photos/one.jpg",
            an_annotation("Good", completed_by={"email": "ann@home"}, lead_time=1.25, created_at=CREATED),
            an_annotation("Bad", completed_by=7),
        ),
        a_task("/data/upload/3/0a1b2c3d-two.jpg", {"result": [], "was_cancelled": True}),
        a_task("s3://bucket/photos/three.jpg", an_annotation("sharp")),
    ]

    summary = take(pile, tmp_path / "export.json", json.dumps(tasks))

    assert held(pile) == [(1, "ann@home", "good"), (1, "user 7", "bad"), (2, "import", "skip")]
    assert summary.problems == {"unknown verdict 'sharp'; --word says what a word means": 1}
    with pile.sessions() as session:
        label = session.scalars(sa.select(Label).where(Label.verdict == "good")).one()
    assert (label.milliseconds, label.how, label.decided.isoformat()) == (1250, "import", "2026-01-02T03:04:05+00:00")


def test_label_studio_json_min_with_words_of_its_own(pile: Pile, tmp_path: Path) -> None:
    tasks = [
        {"image": "/data/local-files/?d=photos/one.jpg", "id": 1, "choice": "sharp", "annotator": 1, "lead_time": 2.5},
        {"image": "/data/local-files/?d=photos/two.jpg", "id": 2, "q": "bad", "annotator": 1},
    ]

    take(pile, tmp_path / "min.json", json.dumps(tasks), words=("Sharp=good",))

    assert held(pile) == [(1, "user 1", "good"), (2, "user 1", "bad")]


def test_folders_named_good_and_bad_are_recognized_by_content(pile: Pile, tmp_path: Path) -> None:
    for folder in ("sorted/Good/deep", "sorted/bad", "sorted/other"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "copy.jpg").write_bytes(folder.encode())
    good = pile.image("/photos/a.jpg", sha256=sha256_of(tmp_path / "sorted/Good/deep/copy.jpg"))
    bad = pile.image(str(tmp_path / "sorted/bad/copy.jpg"))

    summary = take(pile, tmp_path / "sorted")

    assert held(pile) == [(good, "import", "good"), (bad, "import", "bad")]
    assert (summary.matched["content"], summary.matched["path"]) == (1, 1)


def test_a_plain_table_with_a_path_and_a_label(pile: Pile, tmp_path: Path) -> None:
    take(pile, tmp_path / "truth.csv", "file,label,more\none.jpg,good,1\ntwo.jpg,bad,2\n", images=Path("/photos"))
    assert held(pile) == [(1, "import", "good"), (2, "import", "bad")]


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet", "json"])
def test_our_own_export_moves_what_holds_to_another_workspace(pile: Pile, tmp_path: Path, ending: str) -> None:
    pile.label(1, "Ann", "good", reason=None, milliseconds=300)
    pile.label(1, "Bo", "bad", reason="blurry")
    event = pile.label(2, "Ann", "bad")
    pile.label(2, "Ann", "undo", undoes=event)
    file = tmp_path / f"labels.{ending}"
    export_labels(pile.workspace, ExportLabelsOptions(output=file))
    other = Pile(tmp_path / "other")
    for number in (4, 3, 2, 1):
        other.image(f"/elsewhere/{number}.png", sha256=sha_of(pile, number))

    summary = take(other, file)

    assert held(other) == [(4, "Ann", "good"), (4, "Bo", "bad")]
    assert take(other, file).known == 2
    assert summary.matched["sha256"] == 2


def sha_of(pile: Pile, image_id: int) -> str:
    from curate.models import Image

    with pile.sessions() as session:
        return session.scalars(sa.select(Image.sha256).where(Image.id == image_id)).one()


def test_all_events_come_back_to_the_last_detail(pile: Pile, tmp_path: Path) -> None:
    dice = random.Random(5)
    for _ in range(60):
        image, who = dice.randint(1, 4), dice.choice(["Ann", "Bo"])
        event = pile.label(image, who, dice.choice(["good", "bad", "skip"]), milliseconds=dice.randint(1, 900))
        if dice.random() < 0.3:
            pile.label(image, who, "undo", undoes=event)
    before = events(pile)
    export_labels(pile.workspace, ExportLabelsOptions(output=tmp_path / "all.jsonl", events=True))
    with pile.sessions.begin() as session:
        session.execute(sa.delete(Label))

    take(pile, tmp_path / "all.jsonl")

    assert events(pile) == before


def events(pile: Pile) -> list[tuple[Any, ...]]:
    columns = (Label.uuid, Label.image_id, Labeler.name, Label.verdict, Label.undoes, Label.decided, Label.milliseconds)
    query = sa.select(*columns, Label.how, Label.purpose).join(Labeler, Labeler.id == Label.labeler_id)
    with pile.sessions() as session:
        return [tuple(row) for row in session.execute(query.order_by(Label.seq))]


def test_an_older_word_does_not_outvote_a_newer_one(pile: Pile, tmp_path: Path) -> None:
    pile.label(1, "Ann", "good")
    row = "path,labeler,verdict,decided\n/photos/one.jpg,Ann,bad,2020-01-01T00:00:00Z\n"

    summary = take(pile, tmp_path / "old.csv", row)

    assert (summary.new, summary.outdated) == (0, 1)
    assert held(pile) == [(1, "Ann", "good")]


def test_a_dry_run_changes_nothing(pile: Pile, tmp_path: Path) -> None:
    summary = take(pile, tmp_path / "logfile.log", "one.jpg:1\n", dry_run=True)

    assert summary.new == 1
    assert held(pile) == []
    with pile.sessions() as session:
        assert session.scalars(sa.select(Labeler)).all() == []


def test_two_pictures_of_one_name_are_told_apart_by_their_folder_or_not_at_all(pile: Pile, tmp_path: Path) -> None:
    pile.image("/albums/summer/x.jpg")
    winter = pile.image("/albums/winter/x.jpg")

    summary = take(pile, tmp_path / "logfile.log", "x.jpg:1\nwinter/x.jpg:-1\n")

    assert held(pile) == [(winter, "import", "good")]
    assert summary.ambiguous == ["x.jpg"]


def test_a_source_without_known_pictures_is_an_error_that_names_the_next_step(pile: Pile, tmp_path: Path) -> None:
    with pytest.raises(NothingMatches, match=r"swipegan scan.*--images"):
        take(pile, tmp_path / "logfile.log", "unknown.jpg:1\n")


@pytest.mark.parametrize("text", ["", "hello\n", "\x00\x01\x02", "[1, 2", "<html>"])
def test_a_source_that_is_none_is_an_error(pile: Pile, tmp_path: Path, text: str) -> None:
    with pytest.raises(NotLabels):
        take(pile, tmp_path / "file.txt", text)
    with pytest.raises(NotLabels, match="cannot read"):
        take(pile, tmp_path / "absent.txt")


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("/data/local-files/?d=a%20b/c.jpg", "a b/c.jpg"),
        ("/data/upload/12/0a1b2c3d-c.jpg", "c.jpg"),
        ("http://host:5000/images/c%20d.jpg?x=1", "images/c d.jpg"),
        ("s3://bucket/a/c.jpg", "a/c.jpg"),
        ("/photos/100%.jpg", "/photos/100%.jpg"),
        (r"C:\photos\c.jpg", r"C:\photos\c.jpg"),
    ],
)
def test_the_path_behind_a_url(url: str, path: str) -> None:
    assert picture_of(url) == path


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "data",
                    "annotations",
                    "result",
                    "value",
                    "choices",
                    "image",
                    "label",
                    "verdict",
                    "meta",
                    "labeler",
                    "completed_by",
                    "created_at",
                    "lead_time",
                    "sha256",
                    "uuid",
                    "undoes",
                    "path",
                    "was_cancelled",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(st.one_of(junk.map(json.dumps), st.lists(junk).map(json.dumps), st.text()), st.sampled_from(FORMATS[:3]))
@example('[{"data": {}, "annotations": 1}]', "label-studio")
@example('[{"data": {}, "annotations": [{"result": 1}]}]', "label-studio")
@example("[" * 100_000, "label-studio")
@example('{"a":' * 100_000, "swipegan")
@example('[{"data": {"image": "http://["}, "annotations": [{}]}]', "label-studio")
def test_whatever_a_file_holds_is_read_or_refused_in_words(tmp_path: Path, text: str, kind: Format) -> None:
    source = tmp_path / "source"
    source.write_text(text, encoding="utf-8", errors="replace")

    try:
        guess(source)
    except NotLabels as error:
        assert str(error)  # noqa: PT017 - both outcomes are right
    try:
        heard = list(read(source, kind, {}, "right"))
    except NotLabels as error:
        assert str(error)  # noqa: PT017 - both outcomes are right
        return
    assert all(is_sound(event) for event in heard)


def is_sound(event: Heard) -> bool:
    """Whether an event may go into the database, or says why not."""
    if event.problem is not None:
        return bool(event.problem)
    texts = [event.picture, event.labeler or "", event.reason or "", event.how]
    return (
        event.verdict in ("good", "bad", "skip", "undo")
        and (event.verdict == "undo") == (event.undoes is not None)
        and bool(event.picture or event.sha256)
        and all("\0" not in text and text.encode() is not None for text in texts)
    )


def test_the_command_says_what_came_in(pile: Pile, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "logfile.log").write_text("one.jpg:1\nnone.jpg:1\nrubbish\n")

    assert call(["-w", str(pile.workspace.root), "import", "labels", str(tmp_path / "logfile.log")]) == 0

    shown = capsys.readouterr().out
    assert "1 came in: 1 bad; by import (1)" in shown
    assert "none.jpg" in shown
    assert "not a line of SwipeLabel's log: rubbish" in shown
    assert call(["-w", str(pile.workspace.root), "import", "labels", str(tmp_path / "none.log")]) == 1
    assert call(["-w", str(pile.workspace.root), "import", "labels", "x", "--word", "sharp=great"]) == 2
