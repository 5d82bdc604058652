"""Commands of training: train lowres, train upres, evaluate, ablate."""

from __future__ import annotations

import click

from cli.console import Summary
from cli.options import json_option, options_from, pass_workspace
from curate.workspace import Workspace
from infer.config import EvaluateOptions
from infer.config_gap import GapOptions
from train.config import LowresOptions, UpresOptions
from train.config_ablate import AblateOptions


@click.group()
def train() -> None:
    """Train the two GANs on a set; interrupted in any way, the same command goes on.

    First `lowres`, from noise to small faces; then, or beside it, `upres`, from small faces to large ones.
    """


@train.command()
@options_from(LowresOptions)
@json_option
@pass_workspace
def lowres(workspace: Workspace, options: LowresOptions, as_json: bool) -> None:
    """Train stage 1 on SET: noise to small faces.

    Writes a run: checkpoints, samples/latest.png, stats.jsonl and generator.safetensors. The same command goes on with
    a run that was stopped; a small --width and --extent train in minutes on a CPU.
    """
    from train.lowres import run

    _tell(run(workspace, options), as_json)


@train.command()
@options_from(UpresOptions)
@json_option
@pass_workspace
def upres(workspace: Workspace, options: UpresOptions, as_json: bool) -> None:
    """Train stage 2 on SET: crops of a small face and its guide to tiles eight times as large.

    Writes a run like stage 1's, with scores on people held out. --preset modern gives a sharp and calm picture
    sooner than the article's own network, also of faces that stage 1 made.
    """
    from train.upres import run

    _tell(run(workspace, options), as_json)


@click.command()
@options_from(EvaluateOptions)
@json_option
@pass_workspace
def evaluate(workspace: Workspace, options: EvaluateOptions, as_json: bool) -> None:
    """Score RUN on SET, or the pictures of a folder against real ones.

    Stage 2 is scored on people that it never saw: agreement with the small face, texture by scale and by region, where
    the features are, the pattern locked to the tile. Stage 1, and portraits from noise (--lowres), are scored as a
    crowd: distances between painted and real people, each beside what real people are apart.
    """
    from cli.console import show
    from infer.evaluate import run

    show(run(workspace, options), as_json)


@click.command()
@options_from(GapOptions)
@json_option
@pass_workspace
def gap(workspace: Workspace, options: GapOptions, as_json: bool) -> None:
    """Measure the gap between generated faces and the photos of SET that stage 2, RUN, learned on.

    Two judges look: a small classifier at the inputs of stage 2, made from photos (clean, and spoiled as --spoil does)
    and from generated faces; and the discriminator of RUN at what it paints of both. Told apart 0.5 of the time means
    that there is no gap; --spoil and --mix close it.
    """
    from cli.console import show
    from infer.gap import run

    show(run(workspace, options), as_json)


def _tell(summary: Summary, as_json: bool) -> None:
    """Print what training says at its end; of several processes one speaks."""
    from cli.console import show
    from train.distributed import is_writer

    if is_writer():
        show(summary, as_json)


@click.command()
@options_from(AblateOptions)
@json_option
@pass_workspace
def ablate(workspace: Workspace, options: AblateOptions, as_json: bool) -> None:
    """Test one of the article's claims by paired trainings.

    \b
    guide     a guide of where eyes, brows, nose and lips are helps
    pooled    comparing pixels after pooling beats comparing them at full resolution
    normless  without batch norm the generator of stage 2 is no worse
    clean     a smaller clean set beats a larger dirty one

    The arms have seeds, images and networks in common. How many seeds are enough is fixed beforehand by a few trainings
    that are not part of the test; pixel weights are chosen for each arm on people kept for that. Says the effect, its
    95 % interval, and whether the claim holds. Interrupted, the same command goes on.
    """
    from cli.console import show
    from train.ablate import run

    show(run(workspace, options), as_json)
