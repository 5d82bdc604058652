"""Shell completion."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the shell's completion script.

    For bash: add the line  eval "$(swipegan completion bash)"  to ~/.bashrc.
    """
    from cli.main import swipegan

    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(swipegan, {}, "swipegan", "_SWIPEGAN_COMPLETE").source())
