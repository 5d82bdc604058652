"""Commands of the swipe app: serve it, and say who may use it."""

from __future__ import annotations

import click

from cli.console import show
from cli.options import json_option, options_from, pass_workspace
from curate.workspace import Workspace
from swipeweb.config import LinkOptions, PersonOptions, RevokeOptions, SwipeOptions


@click.group(invoke_without_command=True)
@options_from(SwipeOptions)
@pass_workspace
@click.pass_context
def swipe(context: click.Context, workspace: Workspace, options: SwipeOptions) -> None:
    """Sort photos on a phone: right = good, left = bad, up = skip.

    Prints a link with a QR code that lets one phone in; press Enter for a fresh one. Photos and verdicts stay on
    this machine. Only this machine can connect unless you give --lan.
    """
    if context.invoked_subcommand is None:
        from swipeweb.terminal import serve

        serve(workspace, options, click.echo)


@swipe.command("agreement")
@json_option
@pass_workspace
def agreement(workspace: Workspace, as_json: bool) -> None:
    """Say how far people agree: kappa, hidden repeats, settled photos, and what they are sure of together."""
    from curate.concord import agreement as run

    show(run(workspace), as_json)


@swipe.group()
def people() -> None:
    """Who labels: links, roles, and keeping somebody out."""


@people.command("add")
@options_from(PersonOptions)
@json_option
@pass_workspace
def add(workspace: Workspace, options: PersonOptions, as_json: bool) -> None:
    """Add a person, or change their role."""
    from swipeweb.people import add as run

    show(run(workspace, options), as_json)


@people.command("list")
@json_option
@pass_workspace
def list_(workspace: Workspace, as_json: bool) -> None:
    """Show everybody: role, labels, open links, browsers."""
    from swipeweb.people import everybody

    show(everybody(workspace), as_json)


@people.command("link")
@options_from(LinkOptions)
@json_option
@pass_workspace
def link(workspace: Workspace, options: LinkOptions, as_json: bool) -> None:
    """Make a one-time link for a person's phone."""
    from swipeweb.people import link as run

    show(run(workspace, options), as_json)


@people.command("revoke")
@options_from(RevokeOptions)
@json_option
@pass_workspace
def revoke(workspace: Workspace, options: RevokeOptions, as_json: bool) -> None:
    """End a person's links and throw out their browsers; their labels stay."""
    from swipeweb.people import revoke as run

    show(run(workspace, options), as_json)
