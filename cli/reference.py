"""The reference of all commands, as Markdown: `python -m cli.reference > docs/commands.md`."""

from __future__ import annotations

from collections.abc import Iterator

import click

from cli.main import swipegan

WIDTH = 100
TOP = """# Commands

Written by `make docs` from the help texts; a test holds it to them. `swipegan COMMAND --help` shows the same.
Exit codes: 0 done, 1 an error that the message explains, 2 a command that was called wrongly, 130 interrupted.
"""


def reference() -> str:
    """Every command's help text under a heading of its own."""
    parts = [TOP]
    for command, context in walk(swipegan, click.Context(swipegan, info_name="swipegan", **swipegan.context_settings)):
        parts.append(f"## {context.command_path}\n\n```\n{command.get_help(context)}\n```\n")
    return "\n".join(parts)


def walk(command: click.Command, context: click.Context) -> Iterator[tuple[click.Command, click.Context]]:
    """A command and all below it, each with the context in which it is called."""
    context.terminal_width = WIDTH
    yield command, context
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None
            inner = click.Context(child, parent=context, info_name=name, terminal_width=WIDTH)
            yield from walk(child, inner)


if __name__ == "__main__":
    click.echo(reference(), nl=False)
