"""What commands print: a summary as text for people or as JSON for programs."""

from __future__ import annotations

import dataclasses
import json
import re
import shlex
from pathlib import Path
from typing import Any, ClassVar, Protocol

import click

COMMAND = re.compile(r"(^\s*|`|then: )swipegan (?=[a-z])", re.MULTILINE)  # a command that a text says to call
_named: list[str] = []  # the workspace, as the command line named it


def remember(context: click.Context, workspace: Path) -> None:
    """Keep how the command line named its workspace, so that the commands that texts name lead to the same one."""
    named = context.get_parameter_source("workspace") is click.core.ParameterSource.COMMANDLINE
    _named[:] = [shlex.quote(str(workspace))] if named else []


def to_call(text: str) -> str:
    """A text whose commands can be copied as they stand: with `-w` where this command was given it."""
    return COMMAND.sub(lambda found: f"{found[1]}swipegan -w {_named[0]} ", text) if _named else text


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
        click.echo(to_call(summary.text()))


def _plain(value: object) -> object:
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "item"):  # a numpy number
        return value.item()
    raise TypeError(f"no JSON for {type(value).__name__}")
