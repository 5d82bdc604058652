"""Fuzzing that looks at which branches an input takes, for what is parsed in Python: `pip install atheris`, then

    python tests/faults/fuzz_atheris.py verdicts|rules|index|card|labels -runs=100000

It is no test: libFuzzer ends the process at the first crash, and the input lies in a file beside it.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["curate", "swipeweb.wire", "train.cards", "json"]):
    from curate.errors import UserError
    from curate.files import parsed
    from curate.importing import guess
    from curate.label_sources import read
    from curate.network_card import checked
    from curate.rules import rules_from_json
    from curate.set_index import read_entry
    from swipeweb.wire import BadRequest, read_verdicts

PLACE = Path(tempfile.mkdtemp()) / "labels"


def labels(data: bytes) -> None:
    """A file of labels."""
    PLACE.write_bytes(data)
    for event in read(PLACE, guess(PLACE), {}, "right"):
        assert event.problem or event.verdict


TARGETS: dict[str, Callable[[bytes], object]] = {
    "verdicts": lambda data: read_verdicts(parsed(data)),
    "rules": lambda data: [rule.text() for rule in rules_from_json(parsed(data))],
    "index": lambda data: read_entry(parsed(data)),
    "card": lambda data: checked(parsed(data)),
    "labels": labels,
}
REFUSALS = (UserError, BadRequest, ValueError, KeyError, TypeError)  # what the callers put into words


def main() -> None:
    """Fuzz one of the targets until libFuzzer has had enough."""
    target = TARGETS[sys.argv.pop(1)]

    def once(data: bytes) -> None:
        with contextlib.suppress(REFUSALS):
            target(data)

    atheris.Setup(sys.argv, once)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
