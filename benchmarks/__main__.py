"""Run what docs/benchmarks.md quotes and write its tables: `make bench`, or python -m benchmarks [NAME ...].

Each benchmark is a process of its own; what it prints goes between its markers on the page, with the command, the day
and the machine. One that fails leaves its table as it was. Rivals are installed into environments of their own.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.page import caption, markdown, replaced
from benchmarks.rivals import CLEANVISION, IMAGEDEDUP, NotInstallable, Rival
from curate.files import write_atomically

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "benchmarks.md"
ENVIRONMENTS = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "swipegan-benchmarks"


@dataclass(frozen=True)
class Bench:
    """Commands (arguments of Python) whose output is one table; `quick` is a small form of them, to try."""

    commands: tuple[tuple[str, ...], ...]
    quick: tuple[str, ...] = field(default=())
    photos: bool = False  # needs SWIPEGAN_PHOTOS
    rival: Rival | None = None  # its interpreter comes last on the command line
    as_table: bool = False  # lines are `what: measured`


def one(*command: str, **values: object) -> Bench:
    """A benchmark of a single command."""
    return Bench((command,), **values)  # type: ignore[arg-type] # as the fields above


BENCHES = {
    "defects": one(
        *("-m", "benchmarks.curation", "suite", "--clean", "200", "--spoiled", "40"),
        quick=("-m", "benchmarks.curation", "suite", "--clean", "4", "--spoiled", "2"),
        photos=True,
    ),
    "million": one("-m", "benchmarks.million", quick=("-m", "benchmarks.million", "--images", "2000")),
    "copies": one("-m", "benchmarks.copies", quick=("-m", "benchmarks.copies", "--portraits", "4"), photos=True),
    "imagededup": one(
        *("-m", "benchmarks.rival_copies", "--portraits", "200", "--python"),
        quick=("-m", "benchmarks.rival_copies", "--portraits", "4", "--python"),
        photos=True,
        rival=IMAGEDEDUP,
    ),
    "cleanvision": one(
        *("-m", "benchmarks.curation", "speed", "--clean", "200", "--cleanvision"),
        quick=("-m", "benchmarks.curation", "speed", "--clean", "10", "--rounds", "1", "--cleanvision"),
        photos=True,
        rival=CLEANVISION,
    ),
    "plain-dlib": one(
        *("-m", "benchmarks.plain_dlib", "--portraits", "120"),
        quick=("-m", "benchmarks.plain_dlib", "--portraits", "4", "--rounds", "1"),
        photos=True,
    ),
    "blending": one(*("-m", "benchmarks.blending", "--runs", "5"), quick=("-m", "benchmarks.blending", "--runs", "1")),
    "prints": one("-m", "benchmarks.prints"),
    "flicker": one("benchmarks/flicker.py", "--frames", "16", quick=("benchmarks/flicker.py", "--frames", "3")),
    "train-lowres": one(
        *("benchmarks/train.py", "--stage", "lowres", "--batch", "16", "--rounds", "4", "--steps", "1"),
        quick=("benchmarks/train.py", "--stage", "lowres", "--batch", "2", "--rounds", "1", "--steps", "1"),
    ),
    "train-upres": one(
        *("benchmarks/train.py", "--stage", "upres", "--rounds", "4", "--steps", "1"),
        quick=("benchmarks/train.py", "--stage", "upres", "--batch", "2", "--rounds", "1", "--steps", "1"),
    ),
    "streaming": one(
        *("benchmarks/streaming.py", "--faces", "1000", "100000"),
        quick=("benchmarks/streaming.py", "--faces", "64", "--seconds", "1"),
    ),
    "swiping": Bench(
        (
            ("benchmarks/swipe_wait.py", "--swipes", "500", "--pace", "2", "--peer", "40"),
            ("benchmarks/swipe_fast.py",),
            ("benchmarks/swipe_start.py",),
            ("benchmarks/swipe_once.py",),
            ("benchmarks/swipe_people.py",),
            ("benchmarks/swipe_scale.py", "--images", "1000000"),
        ),
        quick=("benchmarks/swipe_wait.py", "--swipes", "5", "--pace", "2", "--peer", "3"),
        as_table=True,
    ),
}


def main() -> int:
    """Run those that were named, or all; the exit code tells how many failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="default: all of --list")
    parser.add_argument("--list", action="store_true", help="say which there are, and their commands")
    parser.add_argument("--quick", action="store_true", help="a small form, to see that it works: use --page too")
    parser.add_argument("--page", type=Path, default=PAGE, help="the page to write into")
    parser.add_argument("--environments", type=Path, default=ENVIRONMENTS, help="folder for rivals' environments")
    options = parser.parse_args()
    if unknown := [name for name in options.names if name not in BENCHES]:
        parser.error(f"there is no {', '.join(unknown)}; there are {', '.join(BENCHES)}")
    if options.quick and options.page == PAGE:
        parser.error("--quick measures nothing worth quoting: name another --page")
    if options.list:
        for name, bench in BENCHES.items():
            print(f"{name:14}", "; ".join(" ".join(command) for command in bench.commands))
        return 0
    chosen = options.names or list(BENCHES)
    return sum(not into_page(name, options.page, options.environments, options.quick) for name in chosen)


def into_page(name: str, page: Path, environments: Path, quick: bool = False) -> bool:
    """Run one and write its table; whether it worked. Without photos it is left out, and that is no failure."""
    bench = BENCHES[name]
    if bench.photos and not os.environ.get("SWIPEGAN_PHOTOS"):
        print(f"== {name}: SWIPEGAN_PHOTOS names no folder of real photos: left out", file=sys.stderr)
        return True
    if quick and not bench.quick:
        print(f"== {name}: has no small form: left out", file=sys.stderr)
        return True
    commands = (bench.quick,) if quick else bench.commands
    began, load = time.time(), os.getloadavg()[0]
    try:
        more = (str(bench.rival.python(environments)),) if bench.rival else ()
        printed = [line for command in commands for line in lines_of((*command, *more))]
        content = markdown(printed, bench.as_table)
    except NotInstallable as error:
        assert bench.rival is not None
        content = f"{bench.rival.package} could not be installed here: {error}"
    except subprocess.CalledProcessError as error:
        print(f"== {name} failed with exit code {error.returncode}; its table stays as it was", file=sys.stderr)
        return False
    note = caption(name, [[*command, "PYTHON"] if bench.rival else command for command in commands], began, load)
    text = page.read_text(encoding="utf-8")  # only now: others may have written meanwhile
    write_atomically(page, replaced(text, name, f"{note}\n\n{content}").encode())
    return True


def lines_of(command: tuple[str, ...]) -> list[str]:
    """What a command prints, shown while it comes."""
    print(f"\n== python {' '.join(command)}", flush=True)
    lines = []
    where = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    with subprocess.Popen(
        [sys.executable, *command], cwd=ROOT, env=where, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            lines.append(line)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return lines


if __name__ == "__main__":
    sys.exit(main())
