"""The table of faults names tests that there are, and the page shows what they saw."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fault_kit import ROOT
from fault_report import KILLS, cases, counted, kills, main, page, seen
from fault_table import FAULTS, FUZZED, WATCHED, Fault
from fuzz_targets import TARGETS

TESTS = sorted({test for fault in (*FAULTS, *FUZZED) for test in fault.tests})


@pytest.mark.parametrize("test", TESTS)
def test_every_test_that_is_named_exists(test: str) -> None:
    file, _, name = test.partition("::")
    assert re.search(rf"^def {name}\(", (ROOT / file).read_text(), re.MULTILINE), test


def test_every_fault_test_is_in_the_table() -> None:
    there = {
        f"tests/faults/{path.name}::{name}"
        for path in Path(__file__).parent.glob("test_f*.py")
        if path != Path(__file__) and path.name != "test_fuzz_targets.py"
        for name in re.findall(r"^def (test_\w+)", path.read_text(), re.MULTILINE)
    }
    assert there <= set(TESTS)


def test_the_page_has_a_row_for_each_fault() -> None:
    shown = (ROOT / "docs" / "reliability.md").read_text()
    for fault in (*FAULTS, *FUZZED):
        assert f"| {fault.what} | {fault.promise} |" in shown, "call `make faults`"
    for what, promise in WATCHED.values():
        assert f"| {what} | {promise} |" in shown, "call `make faults`"
    assert "FAILED" not in shown


def test_where_commands_were_killed_is_told_by_the_call_that_tried_most(tmp_path: Path) -> None:
    file, _, name = KILLS.rpartition("::")
    case = f'<testcase classname="{file.removesuffix(".py").replace("/", ".")}" name="{name}[scan]"><properties>'
    for number, told in enumerate(("8 of 21 steps", "21 of 21 steps")):
        (tmp_path / f"{number}.xml").write_text(
            f'<testsuite>{case}<property name="seen" value="{told}"/></properties></testcase></testsuite>'
        )
    assert kills(cases(tmp_path / "1.xml", tmp_path / "0.xml")) == "`scan` 21 of 21"
    assert kills({}) == "none this time"


def test_every_target_of_the_fuzzer_is_in_the_table() -> None:
    assert list(WATCHED) == list(TARGETS)


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        ("#2\tINITED cov: 40 ft: 4\n#99\tDONE   cov: 49 ft: 49\nDone 99 runs in 2 second(s)\n", (99, 49, "held")),
        ("#2\tINITED cov: 40 ft: 4\n#64\tpulse  cov: 41 ft: 5\n", (64, 41, "held")),
        ("#7\tNEW    cov: 41 ft: 5\n==1== ERROR: libFuzzer: fuzz target exited\n", (7, 41, "**FAILED**")),
        ("ModuleNotFoundError: atheris\n", (0, 0, "**FAILED**")),
        ("", (0, 0, "not run this time")),
    ],
)
def test_what_libfuzzer_prints_is_counted(log: str, expected: tuple[int, int, str]) -> None:
    assert counted(log) == expected


def test_the_page_is_written_from_files_of_pytest_and_folders_of_the_fuzzer(tmp_path: Path) -> None:
    (tmp_path / "seen.xml").write_text("<testsuites/>")
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "card.txt").write_text("Done 1234 runs in 2 second(s)\n")
    main([str(tmp_path / "seen.xml"), str(tmp_path / "logs"), str(tmp_path / "page.md")])
    assert "| cards of networks | read, or refused | held | 0 | 1,234 |" in (tmp_path / "page.md").read_text()


def test_what_failed_or_was_skipped_is_said(tmp_path: Path) -> None:
    (tmp_path / "faults.xml").write_text(
        '<testsuites><testsuite><testcase classname="tests.test_a" name="test_x[1]"><properties>'
        '<property name="tried" value="7"/><property name="seen" value="7 of 9"/></properties></testcase>'
        '<testcase classname="tests.test_a" name="test_x[2]"><failure/></testcase>'
        '<testcase classname="tests.test_a" name="test_y"><skipped/></testcase>'
        '<testcase classname="tests.test_b" name="test_b"/></testsuite></testsuites>'
    )
    found = cases(tmp_path / "faults.xml")

    fails = seen(Fault("a", "b", ("tests/test_a.py::test_x",)), found)
    assert (fails.passed, fails.failed, fails.tried) == (1, 1, 8)
    assert "FAILED" in fails.text
    assert "not run" in seen(Fault("a", "b", ("tests/test_a.py::test_z",)), found).text
    assert "1 skipped" in seen(Fault("a", "b", ("tests/test_a.py::test_y",)), found).text
    assert (
        "held, 1 skipped, 1 of its tests not run this time"
        in seen(
            Fault("a", "b", ("tests/test_a.py::test_y", "tests/test_b.py::test_b", "tests/test_a.py::test_w")), found
        ).text
    )
    assert "not run" in page({}, {})
