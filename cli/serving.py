"""The page to play with: who paints (infer) and who shows it (swipeweb) meet here."""

from __future__ import annotations

from dataclasses import dataclass

import click

from cli.options import options_from, pass_workspace
from curate.workspace import Workspace
from infer.config_walk import PainterOptions
from swipeweb.config import PlayOptions


@dataclass(frozen=True, kw_only=True)
class ServeOptions(PlayOptions, PainterOptions):
    """A page to play with the networks, and how they paint."""

    def __post_init__(self) -> None:
        PlayOptions.__post_init__(self)
        PainterOptions.__post_init__(self)


@click.command()
@options_from(ServeOptions)
@pass_workspace
def serve(workspace: Workspace, options: ServeOptions) -> None:
    """Play with the networks on a page: draw faces, move between them, move landmarks, watch the tiles being painted.

    Prints a link with a QR code that lets one browser in; press Enter for a fresh one. A portrait from the page is
    the same, to the byte, as that of `generate images` with the same seed and options. Only this machine can connect
    unless you give --lan.
    """
    from infer.credentials import check_signing
    from infer.painter import painter
    from swipeweb.play import serve as run

    check_signing()
    run(workspace, options, painter(workspace, options), click.echo)
