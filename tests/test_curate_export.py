"""Labels and measures go out whole, in formats that others read."""

import csv
import json
import re
import stat
from pathlib import Path
from typing import Any

import pytest
from selection_fixtures import Pile

from cli.main import call
from curate.config import ExportLabelsOptions, ExportMeasuresOptions, FilterOptions
from curate.export import LABEL_STUDIO_CONFIG, export_labels, export_measures
from curate.filters import run
from curate.numbers import numbers
from curate.store_sets import UnknownSelection
from curate.table_files import NotWritable, write_table
from curate.workspace import NothingScanned, Workspace

COLUMNS = [
    "seq", "uuid", "sha256", "path", "labeler", "verdict", "undoes", "reason",
    "decided", "received", "milliseconds", "how", "rendition", "purpose",
]  # fmt: skip


@pytest.fixture
def pile(tmp_path: Path) -> Pile:
    pile = Pile(tmp_path / "workspace")
    pile.image('/photos/a, "1"\n.jpg', labels={"Ann": "good"}, quality=0.75)
    pile.image("/photos/ü.jpg", labels={"Bo": "bad", "Ann": "skip"}, faces=0, measures={"sharpness": None})
    pile.image()
    return pile


def labels(pile: Pile, file: Path, **options: Any) -> list[dict[str, Any]]:
    export_labels(pile.workspace, ExportLabelsOptions(output=file, **options))
    return table(file)


def table(file: Path) -> list[dict[str, Any]]:
    if file.suffix == ".parquet":
        return pytest.importorskip("pyarrow.parquet").read_table(file).to_pylist()
    if file.suffix == ".jsonl":
        return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_labels_are_a_row_for_each_verdict_that_holds(pile: Pile, tmp_path: Path, ending: str) -> None:
    pile.label(1, "Ann", "bad", reason="blurry", milliseconds=420)

    rows = labels(pile, tmp_path / f"labels.{ending}")

    assert [*rows[0]] == COLUMNS
    assert [(row["path"], row["labeler"], row["verdict"]) for row in rows] == [
        ("/photos/ü.jpg", "Bo", "bad"),
        ("/photos/ü.jpg", "Ann", "skip"),
        ('/photos/a, "1"\n.jpg', "Ann", "bad"),
    ]
    assert (rows[2]["reason"], str(rows[2]["milliseconds"])) == ("blurry", "420")
    assert re.match(r"20\d\d-\d\d-\d\d[T ]\d\d:\d\d:\d\d.*(Z|\+00:00)$", str(rows[0]["decided"]))


def test_events_are_everything_that_was_said(pile: Pile, tmp_path: Path) -> None:
    event = pile.label(1, "Ann", "bad")
    pile.label(1, "Ann", "undo", undoes=event)

    rows = labels(pile, tmp_path / "labels.csv", events=True)

    assert [row["verdict"] for row in rows] == ["good", "bad", "skip", "bad", "undo"]
    assert rows[-1]["undoes"] == event == rows[-2]["uuid"]


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_measures_are_a_row_for_each_image_with_every_number(pile: Pile, tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"measures.{ending}"

    summary = export_measures(pile.workspace, ExportMeasuresOptions(output=file))

    rows = table(file)
    assert summary.rows == 3
    assert {"id", "sha256", "path", "left", "bottom", "phash", "verdict", *numbers()} <= rows[0].keys()
    assert [float(rows[0][name]) for name in ("sharpness", "face_size", "quality", "good")] == [9, 300, 0.75, 1]
    assert [row["verdict"] or None for row in rows] == ["good", "bad", None]
    assert rows[1]["sharpness"] in (None, ""), "what is not known is not 0"
    assert rows[1]["face_size"] in (None, "")
    assert int(rows[1]["faces"]) == 0


def test_a_selection_limits_both(pile: Pile, tmp_path: Path) -> None:
    run(pile.workspace, FilterOptions(name="clean", one_face=True))

    rows = labels(pile, tmp_path / "labels.csv", selection="clean")
    export_measures(pile.workspace, ExportMeasuresOptions(output=tmp_path / "measures.csv", selection="clean"))

    assert [row["labeler"] for row in rows] == ["Ann"]
    assert [row["id"] for row in table(tmp_path / "measures.csv")] == ["1", "3"]
    with pytest.raises(UnknownSelection, match="there are: clean"):
        labels(pile, tmp_path / "labels.csv", selection="dirty")


def test_label_studio_gets_a_task_for_each_image(pile: Pile, tmp_path: Path) -> None:
    summary = export_labels(pile.workspace, ExportLabelsOptions(output=tmp_path / "tasks.json"))

    tasks = json.loads((tmp_path / "tasks.json").read_text(encoding="utf-8"))
    assert summary.rows == len(tasks) == 2
    assert tasks[1]["data"]["image"] == "/data/local-files/?d=photos/%C3%BC.jpg"
    results = [annotation["result"][0] for annotation in tasks[1]["annotations"]]
    assert [result["value"]["choices"] for result in results] == [["bad"], ["skip"]]
    for result in results:  # or Label Studio shows nothing
        assert f'<Choices name="{result["from_name"]}" toName="{result["to_name"]}"' in LABEL_STUDIO_CONFIG
    assert LABEL_STUDIO_CONFIG in summary.text()


def test_nothing_to_export_is_still_a_file_that_can_be_read(tmp_path: Path) -> None:
    empty = Pile(tmp_path / "workspace")
    assert labels(empty, tmp_path / "labels.csv") == []
    export_labels(empty.workspace, ExportLabelsOptions(output=tmp_path / "tasks.json"))
    assert json.loads((tmp_path / "tasks.json").read_text()) == []


def test_rows_beyond_one_chunk_come_in_order(pile: Pile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("curate.store_export.CHUNK", 1)

    assert [row["seq"] for row in labels(pile, tmp_path / "labels.csv")] == ["1", "2", "3"]
    assert len(labels(pile, tmp_path / "labels.csv", events=True)) == 3
    export_labels(pile.workspace, ExportLabelsOptions(output=tmp_path / "tasks.json"))
    tasks = json.loads((tmp_path / "tasks.json").read_text())
    assert [len(task["annotations"]) for task in tasks] == [1, 2]


def test_an_export_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    file.write_text("before")

    def rows() -> Any:
        yield [{"a": 1}]
        raise OSError(28, "No space left on device")

    with pytest.raises(NotWritable, match="No space left"):
        write_table(file, "csv", {"a": int}, rows())
    assert [path.name for path in tmp_path.iterdir()] == ["labels.csv"]
    assert file.read_text() == "before"


def test_an_exported_file_can_be_read_by_others(pile: Pile, tmp_path: Path) -> None:
    labels(pile, tmp_path / "labels.csv")
    assert stat.S_IMODE((tmp_path / "labels.csv").stat().st_mode) == 0o644


def test_a_missing_extra_is_named(pile: Pile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(Exception, match=re.escape("swipegan[parquet]")):
        labels(pile, tmp_path / "labels.parquet")
    assert not (tmp_path / "labels.parquet").exists()


def test_without_a_database_none_is_made(tmp_path: Path) -> None:
    with pytest.raises(NothingScanned):
        export_measures(Workspace(tmp_path / "new"), ExportMeasuresOptions(output=tmp_path / "m.csv"))
    assert not (tmp_path / "new").exists()


def test_the_command_says_what_it_wrote(pile: Pile, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    workspace = ["-w", str(pile.workspace.root)]

    assert call([*workspace, "export", "labels", "-o", str(tmp_path / "l.csv")]) == 0
    assert capsys.readouterr().out == f"3 labels written to {tmp_path / 'l.csv'} (csv).\n"
    assert call([*workspace, "export", "measures", "-o", str(tmp_path / "m.jsonl"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["format"] == "jsonl"
    assert call([*workspace, "export", "labels", "-o", str(tmp_path / "l.json"), "--events"]) == 2
