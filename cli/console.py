"""What commands print: a summary as text for people or as JSON for programs."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any, ClassVar, Protocol

import click


class Summary(Protocol):
    """The result of a command: a dataclass that can say itself in words."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    def text(self) -> str:
        """The result for people."""
        ...


def show(summary: Summary, as_json: bool = False) -> None:
    """Print the result of a command on stdout."""
    if as_json:
        click.echo(json.dumps(dataclasses.asdict(summary), indent=2, default=_plain))
    else:
        click.echo(summary.text())


def _plain(value: object) -> object:
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "item"):  # a numpy number
        return value.item()
    raise TypeError(f"no JSON for {type(value).__name__}")
