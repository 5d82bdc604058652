"""Selections and people go from one workspace to another, and nothing that was made there is lost on the way."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from selection_fixtures import Pile

from cli.main import call
from curate import store_carry
from curate.carry import (
    NotCarried,
    export_people,
    export_selections,
    import_people,
    import_selections,
    read_selections,
)
from curate.config import CarryInOptions, ExportPeopleOptions, ExportSelectionsOptions, FilterOptions
from curate.filters import run as run_filter
from curate.models import Labeler, Selection
from curate.store_sets import UnknownSelection, kept_images, newest_selection
from curate.workspace import Workspace


@pytest.fixture
def home(tmp_path: Path) -> Pile:
    """Six images and two versions of a selection, by two people."""
    pile = Pile(tmp_path / "home")
    for number in range(6):
        pile.image(measures={"sharpness": float(number)}, labels={"Ann": "good", "Bo": "bad"})
    run_filter(pile.workspace, FilterOptions(name="sharp", min_sharpness=2.0))
    run_filter(pile.workspace, FilterOptions(name="sharp", min_sharpness=3.0, limit=2, seed=4))
    return pile


def abroad(tmp_path: Path, images: int = 6) -> Pile:
    """Another workspace that has scanned the same pictures, in another order."""
    pile = Pile(tmp_path / "abroad", first=7 - images)
    for _ in range(images):
        pile.image()
    return pile


def carried(home: Pile, there: Pile, file: Path, **options: Any) -> Any:
    export_selections(home.workspace, ExportSelectionsOptions(output=file))
    return import_selections(there.workspace, CarryInOptions(source=file, **options))


def chosen(pile: Pile, name: str) -> list[str]:
    with pile.sessions() as session:
        return [image.sha256 for image in kept_images(session, newest_selection(session, name))]


def told(pile: Pile, folder: Path) -> list[Any]:
    """Everything that a workspace says of its selections."""
    export_selections(pile.workspace, ExportSelectionsOptions(output=folder / "told.jsonl"))
    return [json.loads(line) for line in (folder / "told.jsonl").read_text().splitlines()]


def test_a_selection_is_the_same_in_the_other_workspace(home: Pile, tmp_path: Path) -> None:
    there = abroad(tmp_path)

    summary = carried(home, there, tmp_path / "file.jsonl")

    assert summary.new == ["sharp version 1", "sharp version 2"]
    assert told(there, tmp_path) == told(home, tmp_path)
    assert chosen(there, "sharp") == chosen(home, "sharp") != []


def test_the_same_file_again_brings_in_nothing(home: Pile, tmp_path: Path) -> None:
    there = abroad(tmp_path)
    carried(home, there, tmp_path / "file.jsonl")

    again = carried(home, there, tmp_path / "file.jsonl")

    assert (again.new, len(again.known)) == ([], 2)
    assert "2 were here already" in again.text()


def test_another_selection_of_that_name_stays_and_the_new_one_is_the_next_version(home: Pile, tmp_path: Path) -> None:
    there = abroad(tmp_path)
    run_filter(there.workspace, FilterOptions(name="sharp", one_face=True))

    carried(home, there, tmp_path / "file.jsonl")

    with there.sessions() as session:
        versions = session.execute(sa.select(Selection.version, Selection.rule).order_by(Selection.version)).all()
    assert [version for version, _ in versions] == [1, 2, 3]
    assert versions[0][1] == [{"rule": "one_face", "value": True}]
    assert chosen(there, "sharp") == chosen(home, "sharp")


def test_pictures_that_are_not_known_there_are_counted_and_come_in_once_they_are(home: Pile, tmp_path: Path) -> None:
    there = abroad(tmp_path, images=2)

    partly = carried(home, there, tmp_path / "file.jsonl")

    assert partly.absent == {"sharp version 1": 4, "sharp version 2": 4}
    assert "4 of its pictures are not known here" in partly.text()
    assert set(chosen(there, "sharp")) <= set(chosen(home, "sharp"))
    rest = Pile(tmp_path / "abroad", first=1)
    for _ in range(4):
        rest.image()
    assert carried(home, there, tmp_path / "file.jsonl").absent == {}
    assert chosen(there, "sharp") == chosen(home, "sharp")


def test_a_selection_of_pictures_that_nobody_knows_does_not_come_in(home: Pile, tmp_path: Path) -> None:
    nothing = Workspace(tmp_path / "nothing")
    nothing.open().kw["bind"].dispose()
    export_selections(home.workspace, ExportSelectionsOptions(output=tmp_path / "file.jsonl"))

    summary = import_selections(nothing, CarryInOptions(source=tmp_path / "file.jsonl"))

    assert (summary.new, summary.known, sum(summary.absent.values())) == ([], [], 12)


def test_people_come_with_their_roles_and_nobody_who_is_there_changes(home: Pile, tmp_path: Path) -> None:
    with home.sessions.begin() as session:
        session.execute(sa.update(Labeler).where(Labeler.name == "Bo").values(role="reviewer", sensitivity=0.9))
    there = abroad(tmp_path)
    there.label(1, "Ann", "good")
    export_people(home.workspace, ExportPeopleOptions(output=tmp_path / "people.jsonl"))

    summary = import_people(there.workspace, CarryInOptions(source=tmp_path / "people.jsonl"))

    assert (summary.new, summary.known) == (["Bo, reviewer"], ["Ann"])
    with there.sessions() as session:
        bo = session.scalars(sa.select(Labeler).where(Labeler.name == "Bo")).one()
    assert (bo.role, bo.sensitivity) == ("reviewer", 0.9)
    assert "secret" not in (tmp_path / "people.jsonl").read_text()


def test_a_dry_run_changes_nothing(home: Pile, tmp_path: Path) -> None:
    there = abroad(tmp_path)

    summary = carried(home, there, tmp_path / "file.jsonl", dry_run=True)

    assert len(summary.new) == 2
    assert "would come in" in summary.text()
    assert told(there, tmp_path) == []


def test_a_file_that_is_read_in_slices_brings_the_same(
    home: Pile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = abroad(tmp_path)
    monkeypatch.setattr(store_carry, "CHUNK", 4)  # six pictures in each of two selections

    summary = carried(home, there, tmp_path / "file.jsonl")

    slices = [(one.version, len(images)) for one, images in read_selections(tmp_path / "file.jsonl")]
    assert slices == [(1, 4), (1, 2), (2, 4), (2, 2)]
    assert summary.new == ["sharp version 1", "sharp version 2"]
    assert told(there, tmp_path) == told(home, tmp_path)


def test_a_picture_that_is_named_twice_is_refused_and_nothing_comes_in(home: Pile, tmp_path: Path) -> None:
    there, file = abroad(tmp_path), tmp_path / "file.jsonl"
    export_selections(home.workspace, ExportSelectionsOptions(output=file))
    lines = file.read_text().splitlines()
    file.write_text("\n".join([*lines, lines[-1]]))

    with pytest.raises(NotCarried, match="sharp version 2 twice"):
        import_selections(there.workspace, CarryInOptions(source=file))

    assert told(there, tmp_path) == []


def test_only_one_selection_goes_out_if_it_is_named(home: Pile, tmp_path: Path) -> None:
    run_filter(home.workspace, FilterOptions(name="other"))
    options = ExportSelectionsOptions(output=tmp_path / "file.jsonl", selection="other")

    assert export_selections(home.workspace, options).rows == 1
    assert [one.name for one, _ in read_selections(tmp_path / "file.jsonl")] == ["other"]
    with pytest.raises(UnknownSelection, match="sharp"):
        export_selections(home.workspace, ExportSelectionsOptions(output=tmp_path / "file.jsonl", selection="nothing"))


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"[]",
        b"{",
        b"\xff\xfe",
        b'{"sha256": "00"}',
        b'{"selection": "../x", "version": 1, "rule": [], "created": "2026-01-01T00:00:00Z"}',
        b'{"selection": "x", "version": 0, "rule": [], "created": "2026-01-01T00:00:00Z"}',
        b'{"selection": "x", "version": 1, "rule": [{"rule": "min_nonsense", "value": 1}], "created": "2026"}',
        b'{"selection": "x", "version": 1, "rule": [], "created": "yesterday"}',
        b"[" * 100_000,
    ],
)
def test_a_file_that_is_none_is_refused_in_words(home: Pile, tmp_path: Path, line: bytes) -> None:
    (tmp_path / "file.jsonl").write_bytes(line)

    if line:
        with pytest.raises(NotCarried, match="again"):
            import_selections(home.workspace, CarryInOptions(source=tmp_path / "file.jsonl"))
        with pytest.raises(NotCarried, match="again"):
            import_people(home.workspace, CarryInOptions(source=tmp_path / "file.jsonl"))
    else:
        assert import_people(home.workspace, CarryInOptions(source=tmp_path / "file.jsonl")).new == []


Anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
Names = st.sampled_from(["selection", "version", "rule", "created", "sha256", "kept", "reason", "person", "role"])
Values = st.sampled_from(["x", 1, [], "2026-01-01T00:00:00+00:00", "a" * 64, True, False, None, "owner"]) | Anything


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.dictionaries(Names, Values, max_size=6), max_size=4))
def test_whatever_a_file_holds_is_read_or_refused_in_words(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]]
) -> None:
    file = tmp_path_factory.getbasetemp() / "rows.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)))
    with contextlib.suppress(NotCarried):
        list(read_selections(file))


def test_the_commands_carry_from_one_workspace_to_the_other(
    home: Pile, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = abroad(tmp_path)
    old, new = (["-w", str(pile.workspace.root)] for pile in (home, there))
    for what in ("selections", "people"):
        assert call([*old, "export", what, "-o", str(tmp_path / f"{what}.jsonl")]) == 0
        assert call([*new, "import", what, str(tmp_path / f"{what}.jsonl")]) == 0
    said = capsys.readouterr().out
    assert "2 selections" in said
    assert "Ann, labeler" in said
