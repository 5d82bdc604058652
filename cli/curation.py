"""Commands from the pile to a set: samples, scan, judge, filter, guides."""

from __future__ import annotations

import click

from cli.options import json_option, options_from, pass_workspace
from curate.config import FilterOptions, GuidesOptions, JudgeOptions, SamplesOptions, ScanOptions
from curate.workspace import Workspace


@click.command()
@options_from(SamplesOptions)
@json_option
def samples(options: SamplesOptions, as_json: bool) -> None:
    """Draw portraits of people who do not exist into FOLDER, to try everything on.

    Part of them is spoiled as photos are: blurred, half-toned, drawn, hidden, grey, tiny, doubled, without a face or
    with two. truth.csv says for each file what it is, and where the 68 landmarks lie. The same seed draws the same.
    """
    from cli.console import show
    from curate.samples import run

    show(run(options), as_json)


@click.command()
@options_from(ScanOptions)
@json_option
@pass_workspace
def scan(workspace: Workspace, options: ScanOptions, as_json: bool) -> None:
    """Read the pictures in FOLDERS into the database: measures, faces, landmarks, pose, perceptual hash.

    Nothing in the folders is changed. Any tree and mix of files will do: what cannot be used is counted and named with
    the reason. Run it again after adding pictures, and only what is new or changed is read; a picture that was moved or
    renamed keeps its labels. Ctrl-C keeps what was read, and the next scan goes on from there.
    """
    from cli.console import show
    from curate.scan import run

    show(run(workspace, options), as_json)


@click.command()
@options_from(JudgeOptions)
@json_option
@pass_workspace
def judge(workspace: Workspace, options: JudgeOptions, as_json: bool) -> None:
    """Learn quality from the labels, score every image, say how sure that is.

    The score is the probability that a careful person would say good, with the measures that moved it the most. The
    labels of all people count, each person's as far as they are reliable. A part of the labels on images that were
    drawn at random is kept from the model and audits what it would keep: the promise holds though one looks after
    every swipe.
    """
    from cli.console import show
    from curate.judge import run

    show(run(workspace, options), as_json)


@click.command("filter")
@options_from(FilterOptions)
@json_option
@pass_workspace
def filter_(workspace: Workspace, options: FilterOptions, as_json: bool) -> None:
    """Choose images by rules: the selection NAME.

    A reason is kept for each image left out; --explain shows what every rule thinks of one, --preview what is just out
    and just in, --suggest which limits the labels ask for. Rules are applied in the order of the list below; an image
    counts for the first rule that leaves it out. An image of which a rule does not know the number is left out, too.
    The same rules on the same data change nothing; other rules, or other data, make the next version.

    Measures for --min and --max are the columns that `swipegan export measures` writes. Angles are limited both ways.
    """
    from cli.console import show
    from curate.filters import run

    show(run(workspace, options), as_json)


@click.command()
@options_from(GuidesOptions)
@json_option
@pass_workspace
def guides(workspace: Workspace, options: GuidesOptions, as_json: bool) -> None:
    r"""Make a set from SELECTION: faces aligned, guides drawn, for training anywhere.

    The set lies in the workspace under sets/. It holds faces, guides and an index with landmarks, sources and
    checksums, and needs neither database nor photos. Interrupted, the same command goes on. Some people are held out:
    training never sees them, `evaluate` measures on them; --people says which files show the same person, such as
    --people '(.+)-\d+'.
    """
    from cli.console import show
    from curate.make_set import run

    show(run(workspace, options), as_json)
