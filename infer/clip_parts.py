"""What is finished of a clip, in a folder beside it: the same command goes on from there, whatever ended it before."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from curate.alone import alone
from curate.files import read_json, sha256_of, write_json, writing


class Parts:
    """A folder of finished parts; each counts only for the request it was made for, with every byte as it was."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def alone(self, film: Path) -> AbstractContextManager[None]:
        """Within, no other process works on these parts of `film`; raises Taken where one does."""
        advice = "wait for it, then call this again; or give another --output"
        return alone(self.path(".lock"), f"making {film}", advice)

    def path(self, name: str) -> Path:
        """Where a file of the folder lies."""
        return self.folder / name

    def finish(self, part: str, request: Mapping[str, Any], files: Sequence[str], facts: Any = None) -> None:
        """Note that a part is done, after its files are written."""
        sums = {name: sha256_of(self.path(name)) for name in files}
        write_json(self.path(f"{part}.json"), {"request": digest_of(request), "files": sums, "facts": facts})

    def facts(self, part: str, request: Mapping[str, Any]) -> dict[str, Any] | None:
        """What was noted of a part, `{"facts": ...}`; None where it is not done, or for another request, or damaged."""
        try:
            noted: dict[str, Any] = read_json(self.path(f"{part}.json"))
            whole = all(sha256_of(self.path(name)) == sums for name, sums in noted["files"].items())
            return {"facts": noted["facts"]} if whole and noted["request"] == digest_of(request) else None
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def is_done(self, part: str, request: Mapping[str, Any]) -> bool:
        """Whether a part is done for this request."""
        return self.facts(part, request) is not None

    def save(self, name: str, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Write arrays into one file."""
        with writing(self.path(name)) as file:
            np.savez(file, **dict(arrays))  # type: ignore[arg-type] # numpy's stub takes the names for its own options

    def load(self, name: str) -> dict[str, NDArray[Any]]:
        """The arrays of a file."""
        with np.load(self.path(name), allow_pickle=False) as arrays:
            return dict(arrays)

    def remove(self) -> None:
        """Remove the folder with all that is in it."""
        shutil.rmtree(self.folder, ignore_errors=True)


def digest_of(request: Mapping[str, Any]) -> str:
    """SHA-256 of a request, 64 hex digits."""
    return hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()
