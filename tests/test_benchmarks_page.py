"""The tables of docs/benchmarks.md: each has a command, and the command writes it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.__main__ import BENCHES, PAGE, into_page
from benchmarks.page import markdown, names, replaced
from benchmarks.rivals import NotInstallable, Rival

TEXT = PAGE.read_text(encoding="utf-8")


def between(text: str, name: str) -> str:
    return text.partition(f"<!-- bench: {name} -->")[2].partition(f"<!-- end: {name} -->")[0]


def test_the_page_has_a_place_for_each_benchmark_and_no_other():
    assert sorted(names(TEXT)) == sorted(BENCHES)
    assert all(between(TEXT, name).strip() for name in BENCHES)


def test_every_command_is_there():
    for bench in BENCHES.values():
        for command in (*bench.commands, *([bench.quick] if bench.quick else [])):
            file = command[1].replace(".", "/") + ".py" if command[0] == "-m" else command[0]
            assert (PAGE.parent.parent / file).is_file(), command


def test_only_what_stands_between_the_marks_is_replaced():
    changed = replaced(TEXT, "blending", "| a |\n|---|\n| 1 |")

    assert between(changed, "blending") == "\n\n| a |\n|---|\n| 1 |\n\n"
    assert replaced(changed, "blending", between(TEXT, "blending")) == TEXT
    with pytest.raises(ValueError, match="no place for nonsense"):
        replaced(TEXT, "nonsense", "")


def test_what_is_printed_becomes_tables_and_items():
    said = ["\n", "### stage: cpu\n", "| a | b |\n", "|---|---|\n", "| 1 | 2 |\n", "and a remark\n"]
    assert markdown(said) == "- stage: cpu\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n- and a remark"
    assert markdown(["wait: p50 31 ms: good\n"], as_table=True).splitlines()[2] == "| wait | p50 31 ms: good |"


def test_a_command_writes_its_table_into_a_copy_of_the_page(tmp_path):
    page = tmp_path / "benchmarks.md"
    page.write_text(TEXT, encoding="utf-8")

    command = [sys.executable, "-m", "benchmarks", "blending", "--quick", "--page", str(page)]
    subprocess.run(command, cwd=PAGE.parent.parent, check=True, capture_output=True)

    written = page.read_text(encoding="utf-8")
    table = between(written, "blending")
    assert "*`python -m benchmarks blending`: `python -m benchmarks.blending --runs 1`; " in table
    assert table.count("| hard crop |") == 2  # tiles that are unrelated, and half related
    assert replaced(written, "blending", between(TEXT, "blending")) == TEXT


def test_a_rival_that_cannot_be_installed_is_said_in_its_place(tmp_path, monkeypatch):
    page = tmp_path / "benchmarks.md"
    page.write_text(TEXT, encoding="utf-8")
    monkeypatch.setenv("SWIPEGAN_PHOTOS", str(tmp_path))

    def refuse(rival: Rival, environments: Path) -> Path:
        raise NotInstallable("no matching distribution")

    monkeypatch.setattr(Rival, "python", refuse)
    assert into_page("cleanvision", page, tmp_path, quick=True)
    assert "could not be installed here: no matching distribution" in between(page.read_text(), "cleanvision")


def test_a_benchmark_that_fails_leaves_its_table(tmp_path, monkeypatch):
    page = tmp_path / "benchmarks.md"
    page.write_text(TEXT, encoding="utf-8")
    monkeypatch.setenv("SWIPEGAN_PHOTOS", str(tmp_path / "nowhere"))

    assert not into_page("copies", page, tmp_path, quick=True)
    assert page.read_text(encoding="utf-8") == TEXT


def test_without_photos_what_needs_them_is_left_out(tmp_path, monkeypatch):
    monkeypatch.delenv("SWIPEGAN_PHOTOS", raising=False)
    assert into_page("copies", tmp_path / "none.md", tmp_path)


@pytest.mark.parametrize("wrong", [["nonsense"], ["blending", "--quick"]])
def test_what_would_write_nonsense_is_refused(wrong):
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", *wrong],
        cwd=PAGE.parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "nonsense" in done.stderr or "another --page" in done.stderr
