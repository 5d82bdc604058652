"""What a benchmark printed, put between its markers in docs/benchmarks.md; what stands outside is written by hand."""

from __future__ import annotations

import os
import platform
import re
import time
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path

BEGIN, END = "<!-- bench: {} -->\n", "<!-- end: {} -->\n"
MARK = re.compile(r"^<!-- bench: (\S+) -->$", re.MULTILINE)


def names(text: str) -> list[str]:
    """The benchmarks that a page has markers for, in the page's order."""
    return MARK.findall(text)


def replaced(text: str, name: str, content: str) -> str:
    """The page with `content` between the markers of `name`; ValueError where it lacks them."""
    begin, end = BEGIN.format(name), END.format(name)
    before, found, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"the page has no place for {name}: {begin.strip()} and {end.strip()}")
    return f"{before}{begin}\n{content.strip()}\n\n{end}{after}"


def markdown(lines: Iterable[str], as_table: bool = False) -> str:
    """What was printed as Markdown: tables as they are, any other line as an item; or all lines, `what: measured`, as
    the rows of a table."""
    kept = [line.strip() for line in lines if line.strip()]
    if as_table:
        cells = (line.partition(": ") for line in kept)
        return "\n".join(["| what | measured |", "|---|---|", *(f"| {what} | {said} |" for what, _, said in cells)])
    parts = []
    for is_table, group in groupby(kept, key=lambda line: line.startswith("|")):
        parts.append("\n".join(line if is_table else f"- {line.lstrip('# ')}" for line in group))
    return "\n\n".join(parts)


def caption(name: str, commands: Sequence[Sequence[str]], began: float, load: float) -> str:
    """How it was measured: the commands, the day, the machine, its load at the start and at the end."""
    said = "`, `".join(" ".join(["python", *command]) for command in commands)
    took = time.time() - began
    return (
        f"*`python -m benchmarks {name}`: `{said}`; {time.strftime('%d %b %Y', time.localtime(began))}, "
        f"{len(os.sched_getaffinity(0))} processors ({_processor()}), load {load:.0f} to {os.getloadavg()[0]:.0f}, "
        f"Python {platform.python_version()}, {took:,.0f} s.*"
    )


def _processor() -> str:
    facts = Path("/proc/cpuinfo")
    lines = facts.read_text().splitlines() if facts.exists() else []
    named = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), "")
    return named or platform.processor() or platform.machine()
