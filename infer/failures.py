"""What could not be done of many pictures or videos, and why: one that fails does not stop the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from curate.errors import UserError
from curate.progress import note
from curate.trouble import concerns_all
from infer.torch_net import LostDevice


class Failures:
    """A reason for each file that could not be done."""

    def __init__(self, unread: Iterable[str] = ()) -> None:
        self.reasons = dict.fromkeys(unread, "this folder cannot be opened")

    @contextmanager
    def of(self, path: Path) -> Iterator[None]:
        """Within, an error is kept as the file's and said; one that the next file would meet too goes on."""
        try:
            yield
        except LostDevice:
            raise
        except (UserError, OSError, MemoryError) as error:
            if concerns_all(error):
                raise
            self.reasons[str(path)] = _reason(error)
            note(f"{path}: {self.reasons[str(path)]}")


def failed_lines(failed: dict[str, str]) -> list[str]:
    """What failed and why, for people; nothing where nothing did."""
    if not failed:
        return []
    return [f"{len(failed)} could not be enlarged:", *(f"  {path}: {reason}" for path, reason in failed.items())]


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"cannot be read or written ({error.strerror or error})"
    return "there is too little memory for it" if isinstance(error, MemoryError) else str(error)
