"""Commands that paint: generate, upres."""

from __future__ import annotations

import contextlib

import click

from cli.options import json_option, options_from, pass_workspace
from curate.workspace import Workspace
from infer.config import (
    GenerateImagesOptions,
    GenerateLowresOptions,
    GenerateVideoOptions,
    UpresPhotoOptions,
)
from infer.config_walk import ExploreOptions


@click.group()
def generate() -> None:
    """Make portraits of people who do not exist."""
    from infer.credentials import check_signing

    check_signing()


@generate.command()
@options_from(GenerateImagesOptions)
@json_option
@pass_workspace
def images(workspace: Workspace, options: GenerateImagesOptions, as_json: bool) -> None:
    """Make portraits from noise: the lowres run draws small faces, the upres run paints them large, in tiles.

    Each PNG holds its recipe and the mark of pictures made by an AI. The same command again makes only what is
    missing: interrupted, or even killed, it goes on where it was. Landmarks that the detector does not find are placed
    where aligned faces have them; the recipe says so, and --require-face draws such a seed again.
    """
    from cli.console import show
    from infer.images import run

    show(run(workspace, options), as_json)


@generate.command()
@options_from(GenerateLowresOptions)
@json_option
@pass_workspace
def lowres(workspace: Workspace, options: GenerateLowresOptions, as_json: bool) -> None:
    """Make small faces with their landmarks in one file, for `train upres --mix`.

    Stage 2 learns from photos and works on generated faces; with some of those mixed in, it has seen both. The file
    carries all that training needs of them, so that the training machine may lack dlib.
    """
    from cli.console import show
    from infer.lowres_faces import run

    show(run(workspace, options), as_json)


@generate.command()
@options_from(GenerateVideoOptions)
@json_option
@pass_workspace
def video(workspace: Workspace, options: GenerateVideoOptions, as_json: bool) -> None:
    """Make a clip that leads through KEYS: seeds, or portraits that `generate images` made.

    Small faces are drawn for every frame and painted large one by one; then the detail of each frame is carried along
    to the next, so that the clip holds still. It ends where it began. Interrupted, or even killed, the same command
    goes on where it was, and loses a second of film at most. Look at --preview first: the whole takes long.
    """
    from cli.console import show
    from infer.video import run

    show(run(workspace, options), as_json)


@generate.command()
@options_from(ExploreOptions)
@json_option
@pass_workspace
def explore(workspace: Workspace, options: ExploreOptions, as_json: bool) -> None:
    """Draw many small faces fast, look at them on a sheet, and pick those you like.

    Each face is a PNG of its own with the recipe in it: `generate images --like` paints it large, --near and --mix
    take it as well as a seed. With --swipe favourites are copied into the folder's `favourites`, to be painted, or
    explored further.
    """
    from cli.console import show
    from infer.explore import pick, run

    summary = run(workspace, options)
    if options.swipe:
        from swipeweb.config import SwipeOptions
        from swipeweb.terminal import serve

        click.echo(summary.text(), err=as_json)
        plain = SwipeOptions(lan=options.lan, port=options.port, order="folder", repeats=0, gold=0)
        with contextlib.suppress(KeyboardInterrupt):
            serve(Workspace(summary.folder), plain, lambda text: click.echo(text, err=as_json))
        summary = pick(summary)
    show(summary, as_json)


@click.command()
@options_from(UpresPhotoOptions)
@json_option
@pass_workspace
def upres(workspace: Workspace, options: UpresPhotoOptions, as_json: bool) -> int:
    """Enlarge PHOTOS, and those in folders: each face found, painted large, and pasted back without an edge.

    The detail is imagined: the result looks like a person, not necessarily like the one in the photo. A photo keeps its
    depth, alpha, ICC profile and print resolution. Pictures that show no face are refused unless --faceless, --whole or
    --no-guide is given. One bad file never stops the others: what failed is listed, with the reason, and the exit code
    is 1. Of a video (.mp4, .mov, ...) the main face is followed through all frames and held still; its sound is kept.
    """
    from cli.console import show
    from infer.credentials import check_signing
    from infer.upres_photo import run
    from infer.upres_video import is_film
    from infer.upres_video import run as run_films

    check_signing()
    films = any(is_film(path) for path in options.photos)
    summary = run_films(workspace, options) if films else run(workspace, options)
    show(summary, as_json)
    return 1 if summary.failed else 0
