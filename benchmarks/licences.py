"""The tables of docs/licences.md, from what is pinned and installed: python -m benchmarks.licences docs/licences.md"""

from __future__ import annotations

import argparse
import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

from curate.files import write_atomically

ROOT = Path(__file__).parent.parent
NAME = re.compile(r"^[A-Za-z0-9._-]+")
BEGIN, END = "<!-- written by `make docs`: {} -->\n", "<!-- end: {} -->\n"

# What a wheel's own words leave out: found in the wheels themselves.
INSIDE = {
    "av": "FFmpeg (LGPL-3.0 or later by its own words), **x264, x265 (GPL-2.0 or later)**, LAME and others",
    "c2pa-python": "c2pa-rs (MIT or Apache-2.0) and the Rust crates that it is built of",
    "opencv-python-headless": "FFmpeg (LGPL-2.1), OpenSSL, OpenBLAS",
    "face_recognition_models": "Davis King's networks, CC0; **one learned from iBUG 300-W**: see above",
    "numpy": "OpenBLAS (BSD), libgfortran (GPL with the runtime exception)",
    "scipy": "OpenBLAS (BSD), libgfortran (GPL with the runtime exception)",
    "scikit-learn": "libgomp (GPL with the runtime exception)",
    "psycopg-binary": "libpq (PostgreSQL licence), OpenSSL, OpenLDAP, Kerberos",
    "torch": "builds for CUDA bring packages of NVIDIA's under its own terms; builds for the CPU do not",
    "playwright": "used with a browser that is installed apart; needed by tests only",
}
# Where a package's metadata says nothing: read in its licence file or repository.
ELSEWHERE = {
    "axe-playwright-python": "MIT (axe-core inside: MPL-2.0)",
    "protobuf": "BSD-3-Clause",
    "torch-fidelity": "Apache-2.0",
}


def main() -> None:
    """Write the tables into the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", type=Path)
    page: Path = parser.parse_args().page
    text = page.read_text(encoding="utf-8")
    for name, table in tables().items():
        begin, end = BEGIN.format(name), END.format(name)
        before, _, rest = text.partition(begin)
        text = before + begin + "\n" + table + "\n" + end + rest.partition(end)[2]
    write_atomically(page, text.encode())


def tables() -> dict[str, str]:
    """Both tables: packages that swipegan names itself, and those that these bring along."""
    own, all_pins = direct(), pins()
    first = [
        f"| `{name}` | {extra} | {licence(name)} | {INSIDE.get(name, '')} |"
        for name, extra in sorted(own.items(), key=lambda item: (item[1] != "always", item[1], item[0].lower()))
    ]
    others = sorted((name for name in all_pins if plain(name) not in map(plain, own)), key=str.lower)
    second = [f"| `{name}` | {licence(name)} | {INSIDE.get(name, '')} |" for name in others]
    return {
        "direct": "\n".join(
            ["| package | installed by | licence | inside the wheel |", "|---|---|---|---|", *first, ""]
        ),
        "indirect": "\n".join(["| package | licence | inside the wheel |", "|---|---|---|", *second, ""]),
    }


def direct() -> dict[str, str]:
    """Each package that pyproject.toml names, and `always` or the first extra that installs it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found = {_name(text): "always" for text in project["dependencies"]}
    for extra, packages in project["optional-dependencies"].items():
        for text in packages:
            if not text.startswith("swipegan["):
                found.setdefault(_name(text), extra)
    return found


def pins() -> list[str]:
    """The names that constraints.txt pins."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return [_name(line) for line in lines if line and not line.startswith("#")]


def licence(name: str) -> str:
    """The licence as the installed package says it."""
    if name in ELSEWHERE:
        return ELSEWHERE[name]
    try:
        said = metadata(name)
    except PackageNotFoundError:
        return "not installed here; see its own page"
    if expression := said.get("License-Expression"):
        return str(expression)
    return next(_words(said.get_all("Classifier") or [], said.get("License") or ""), "not said")


def _words(classifiers: list[str], free: str) -> Iterator[str]:
    short = free.strip().splitlines()[0] if free.strip() else ""
    if short and len(short) <= 30:
        yield short
    for classifier in classifiers:
        if classifier.startswith("License :: "):
            yield classifier.rpartition(" :: ")[2]


def plain(name: str) -> str:
    """A package's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _name(text: str) -> str:
    found = NAME.match(text)
    assert found is not None, text
    return found.group()


if __name__ == "__main__":
    main()
