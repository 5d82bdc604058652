"""The page on licences names everything that is installed, and what is inside of it."""

from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

import pytest

from benchmarks.licences import direct, pins, plain

PAGE = (Path(__file__).parent.parent / "docs" / "licences.md").read_text(encoding="utf-8")
ROWS = {plain(line.split("`")[1]): line for line in PAGE.splitlines() if line.startswith("| `")}


@pytest.mark.parametrize("name", sorted(direct()))
def test_every_package_that_we_name_has_its_row(name: str) -> None:
    assert plain(name) in ROWS, "run `make docs`"


def test_every_pinned_package_has_its_row() -> None:
    assert {plain(name) for name in pins()} <= set(ROWS), "run `make docs`"


def test_no_licence_is_left_unsaid() -> None:
    assert [row for row in ROWS.values() if "not said" in row or "not installed" in row] == []


def test_what_is_under_the_gpl_inside_a_wheel_is_said() -> None:
    try:
        inside = {file.name.split(".")[0].split("-")[0] for file in files("av") or []}
    except PackageNotFoundError:
        pytest.skip("the extra video is not installed")
    for library in ("libx264", "libx265"):
        assert library not in inside or library.removeprefix("lib") in ROWS["av"]
    assert "GPL" in ROWS["av"]


def test_the_landmark_models_limit_is_said_wherever_it_matters() -> None:
    for name in ("README.md", "docs/licences.md", "docs/fair-use.md"):
        text = (Path(__file__).parent.parent / name).read_text(encoding="utf-8")
        assert "300-W" in text, name
        assert "commercial use" in text, name
