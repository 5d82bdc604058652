"""Writes docs/reliability.md from what was seen: `python tests/faults/fault_report.py SEEN... docs/reliability.md`.

SEEN are JUnit files of pytest and folders that fuzz_atheris.py wrote. `--list` prints the ids of all tests that the
table names, for pytest.
"""

from __future__ import annotations

import re
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from fault_table import FAULTS, FUZZED, WATCHED, Fault

KILLS = "tests/faults/test_faults_commands.py::test_killed_at_any_step_the_same_command_goes_on"
TEMPLATE = Path(__file__).with_name("reliability.in.md")


@dataclass
class Seen:
    """What pytest saw of some tests."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    tried: int = 0
    absent: int = 0
    notes: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """For the table."""
        parts = ["held" if self.passed and not self.failed else "**FAILED**" if self.failed else "not run this time"]
        parts += [f"{self.skipped} skipped"] if self.skipped else []
        parts += [f"{self.absent} of its tests not run this time"] if self.absent and self.passed else []
        return ", ".join([*parts, *self.notes])


def main(arguments: list[str]) -> None:
    """Print ids, or write the page."""
    if arguments == ["--list"]:
        sys.stdout.write("\n".join(sorted({test for fault in (*FAULTS, *FUZZED) for test in fault.tests})) + "\n")
        return
    *sources, target = map(Path, arguments)
    logs = {path.stem: path.read_text("utf-8", "replace") for one in sources for path in sorted(one.glob("*.txt"))}
    target.write_text(page(cases(*(one for one in sources if one.is_file())), logs), encoding="utf-8")


def cases(*sources: Path) -> dict[str, list[ET.Element]]:
    """The cases of JUnit files, by file::test."""
    found: dict[str, list[ET.Element]] = {}
    for case in (case for source in sources for case in ET.parse(source).iter("testcase")):
        file = case.get("classname", "").replace(".", "/") + ".py"
        found.setdefault(f"{file}::{case.get('name', '').partition('[')[0]}", []).append(case)
    return found


def seen(fault: Fault, found: dict[str, list[ET.Element]]) -> Seen:
    """What was seen of a fault, over all its tests."""
    total, notes = Seen(absent=sum(test not in found for test in fault.tests)), []
    for case in (case for test in fault.tests for case in found.get(test, [])):
        told = {one.get("name"): one.get("value", "") for one in case.iter("property")}
        if case.find("skipped") is not None:
            total.skipped += 1
        elif case.find("failure") is not None or case.find("error") is not None:
            total.failed += 1
        else:
            total.passed += 1
        total.tried += int(told.get("tried") or "1") if case.find("skipped") is None else 0
        notes += [told["seen"]] if "seen" in told and len(fault.tests) < 4 else []
    total.notes = tuple(notes[:1])
    return total


def page(found: dict[str, list[ET.Element]], logs: dict[str, str]) -> str:
    """All of docs/reliability.md. logs: what libFuzzer printed, by target."""
    text = TEMPLATE.read_text(encoding="utf-8")
    tables = {"faults": rows(FAULTS, found), "fuzzed": rows(FUZZED, found), "watched": watched_rows(logs)}
    for name, lines in tables.items():
        text = text.replace(f"{{{name}}}", "\n".join(lines))
    return text.replace("{kills}", kills(found))


def kills(found: dict[str, list[ET.Element]]) -> str:
    """At how many of its steps each command was killed, where it was tried most often."""
    most: dict[str, str] = {}
    for case in found.get(KILLS, []):
        told = next((one.get("value", "") for one in case.iter("property") if one.get("name") == "seen"), "")
        name = case.get("name", "").partition("[")[2].rstrip("]")
        most[name] = max(
            most.get(name, ""), told.removesuffix(" steps"), key=lambda text: int(text.split()[0] if text else 0)
        )
    return ", ".join(f"`{name}` {told}" for name, told in most.items()) or "none this time"


def watched_rows(logs: dict[str, str]) -> list[str]:
    """The rows of the table of atheris."""
    told = [(what, promise, counted(logs.get(name, ""))) for name, (what, promise) in WATCHED.items()]
    return [
        f"| {what} | {promise} | {saw} | {branches:,} | {runs:,} |" for what, promise, (runs, branches, saw) in told
    ]


def counted(log: str) -> tuple[int, int, str]:
    """Runs, branches reached and what was seen, of libFuzzer's output; to be ended from outside is no fault."""
    runs = re.findall(r"^(?:Done |#)(\d+)", log, re.MULTILINE)
    branches = re.findall(r"^#\d+\s+\w+\s+cov: (\d+)", log, re.MULTILINE)
    bad = "ERROR: libFuzzer" in log or "Uncaught Python exception" in log or (bool(log) and not runs)
    saw = "**FAILED**" if bad else "held" if runs else "not run this time"
    return max(map(int, runs), default=0), int((branches or ["0"])[-1]), saw


def rows(faults: Iterable[Fault], found: dict[str, list[ET.Element]]) -> list[str]:
    """The rows of a table."""
    told = [(fault, seen(fault, found)) for fault in faults]
    return [f"| {fault.what} | {fault.promise} | {saw.text} | {saw.tried:,} |" for fault, saw in told]


if __name__ == "__main__":
    main(sys.argv[1:])
