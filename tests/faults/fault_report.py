"""Writes docs/reliability.md from what pytest saw: `python tests/faults/fault_report.py SEEN.xml docs/reliability.md`.

`--list` prints the ids of all tests that the table names, for pytest.
"""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from fault_table import FAULTS, FUZZED, Fault

TEMPLATE = Path(__file__).with_name("reliability.in.md")


@dataclass
class Seen:
    """What pytest saw of some tests."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    tried: int = 0
    notes: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """For the table."""
        parts = ["held" if self.passed and not self.failed else "**FAILED**" if self.failed else "not run this time"]
        parts += [f"{self.skipped} skipped"] if self.skipped else []
        return ", ".join([*parts, *self.notes])


def main(arguments: list[str]) -> None:
    """Print ids, or write the page."""
    if arguments == ["--list"]:
        sys.stdout.write("\n".join(sorted({test for fault in (*FAULTS, *FUZZED) for test in fault.tests})) + "\n")
        return
    *sources, target = map(Path, arguments)
    target.write_text(page(cases(*sources)), encoding="utf-8")


def cases(*sources: Path) -> dict[str, list[ET.Element]]:
    """The cases of JUnit files, by file::test."""
    found: dict[str, list[ET.Element]] = {}
    for case in (case for source in sources for case in ET.parse(source).iter("testcase")):
        file = case.get("classname", "").replace(".", "/") + ".py"
        found.setdefault(f"{file}::{case.get('name', '').partition('[')[0]}", []).append(case)
    return found


def seen(fault: Fault, found: dict[str, list[ET.Element]]) -> Seen:
    """What was seen of a fault, over all its tests."""
    total, notes = Seen(), []
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


def page(found: dict[str, list[ET.Element]]) -> str:
    """All of docs/reliability.md."""
    text = TEMPLATE.read_text(encoding="utf-8")
    tables = {"faults": FAULTS, "fuzzed": FUZZED}
    for name, faults in tables.items():
        text = text.replace(f"{{{name}}}", "\n".join(rows(faults, found)))
    return text


def rows(faults: Iterable[Fault], found: dict[str, list[ET.Element]]) -> list[str]:
    """The rows of a table."""
    told = [(fault, seen(fault, found)) for fault in faults]
    return [f"| {fault.what} | {fault.promise} | {saw.text} | {saw.tried:,} |" for fault, saw in told]


if __name__ == "__main__":
    main(sys.argv[1:])
