"""The command `swipegan demo`."""

from __future__ import annotations

import click

from cli.config import DemoOptions
from cli.console import show
from cli.options import json_option, options_from


@click.command()
@options_from(DemoOptions)
@json_option
def demo(options: DemoOptions, as_json: bool) -> None:
    """Walk the whole road on portraits that it draws itself, in minutes, without a GPU.

    Draws portraits, scans them, labels them through the swipe app, filters, builds guides, trains both stages small,
    generates, reports; everything lands in FOLDER (default: swipegan-demo). It fails if a stage did not do its work.
    """
    from cli.road import run

    show(run(options), as_json)
