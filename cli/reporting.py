"""Commands that look at the workspace and carry things in and out: report, export, import, backup, forget, doctor."""

from __future__ import annotations

import click

from cli.options import json_option, options_from, pass_workspace
from curate.config import (
    BackupOptions,
    CarryInOptions,
    ExportLabelsOptions,
    ExportMeasuresOptions,
    ExportPeopleOptions,
    ExportSelectionsOptions,
    ExportSetOptions,
    ForgetOptions,
    ImportLabelsOptions,
    ReportOptions,
)
from curate.errors import UserError
from curate.workspace import Workspace
from infer.config import ExportOnnxOptions


@click.command()
@options_from(ReportOptions)
@json_option
@pass_workspace
def report(workspace: Workspace, options: ReportOptions, as_json: bool) -> None:
    """Show what is in the workspace on one page: pictures and plots of images, labels, selections, sets and runs.

    The page is a single file, works without a network, and can be printed. It holds small pictures of the images, so
    give it only to those who may see them. --text and --json say the same in words and for programs.
    """
    from cli.console import show
    from curate.report import run

    show(run(workspace, options), as_json)


@click.group()
def export() -> None:
    """Write labels, measures, selections, people, sets or networks for other tools and workspaces."""


@export.command("labels")
@options_from(ExportLabelsOptions)
@json_option
@pass_workspace
def export_labels(workspace: Workspace, options: ExportLabelsOptions, as_json: bool) -> None:
    """Write what people said, a row for each verdict.

    A verdict is a person's last word on an image; what was taken back or changed is left out but for --events.
    `swipegan import labels` reads such a file again; with --events nothing is lost on the way. The format label-studio
    is a list of tasks for the import page of Label Studio, an annotation for each verdict.
    """
    from cli.console import show
    from curate.export import export_labels as run

    show(run(workspace, options), as_json)


@export.command("measures")
@options_from(ExportMeasuresOptions)
@json_option
@pass_workspace
def export_measures(workspace: Workspace, options: ExportMeasuresOptions, as_json: bool) -> None:
    """Write what is known of each image, a row for each.

    Path, SHA-256, every measure, box and pose of the main face, quality, and how many people said what.
    """
    from cli.console import show
    from curate.export import export_measures as run

    show(run(workspace, options), as_json)


@export.command("selections")
@options_from(ExportSelectionsOptions)
@json_option
@pass_workspace
def export_selections(workspace: Workspace, options: ExportSelectionsOptions, as_json: bool) -> None:
    """Write every selection: its rules, and for each picture whether it was kept or which rule left it out.

    Pictures go by SHA-256, so that `swipegan import selections` finds them in any workspace that has scanned them.
    """
    from cli.console import show
    from curate.carry import export_selections as run

    show(run(workspace, options), as_json)


@export.command("people")
@options_from(ExportPeopleOptions)
@json_option
@pass_workspace
def export_people(workspace: Workspace, options: ExportPeopleOptions, as_json: bool) -> None:
    """Write who labels: name, role, and how far they can be relied on.

    Their links and their browsers' cookies stay here: make new ones by `swipegan swipe people`.
    """
    from cli.console import show
    from curate.carry import export_people as run

    show(run(workspace, options), as_json)


@export.command("set")
@options_from(ExportSetOptions)
@json_option
@pass_workspace
def export_set(workspace: Workspace, options: ExportSetOptions, as_json: bool) -> None:
    """Write SET for other trainers: as folders of pictures, or as tar files.

    folder: train/face and held_out/face hold the faces, each with a metadata.jsonl of landmarks, person and source;
    guides lie apart. webdataset: train-000000.tar and so on, with ID.jpg, ID.guide.png and ID.json for each face.
    """
    from cli.console import show
    from curate.export_set import run

    show(run(workspace, options), as_json)


@export.command("onnx")
@options_from(ExportOnnxOptions)
@json_option
@pass_workspace
def export_onnx(workspace: Workspace, options: ExportOnnxOptions, as_json: bool) -> None:
    """Write the trained network of RUN as an ONNX file, for use without torch or in other programs.

    It takes any batch, and for an upres run any extent that is a multiple of the tile, and is compared with torch
    before it is written. `generate images` and `upres` take such files for runs: all they need is in the file.
    """
    from cli.console import show
    from infer.write_onnx import run

    show(run(workspace, options), as_json)


@click.group("import")
def import_() -> None:
    """Take over labels from elsewhere; selections and people of another workspace."""


@import_.command("selections")
@options_from(CarryInOptions)
@json_option
@pass_workspace
def import_selections(workspace: Workspace, options: CarryInOptions, as_json: bool) -> None:
    """Take over the selections of SOURCE, which `swipegan export selections` wrote.

    Scan the pictures before: those that are not known here are left out and counted. What is here already is not taken
    twice; another selection of the same name and version gets the next version.
    """
    from cli.console import show
    from curate.carry import import_selections as run

    show(run(workspace, options), as_json)


@import_.command("people")
@options_from(CarryInOptions)
@json_option
@pass_workspace
def import_people(workspace: Workspace, options: CarryInOptions, as_json: bool) -> None:
    """Take over the people of SOURCE, which `swipegan export people` wrote.

    Who is not here is added with their role; nobody who is here changes. Nobody is let in by that: they need new links.
    """
    from cli.console import show
    from curate.carry import import_people as run

    show(run(workspace, options), as_json)


@import_.command("labels")
@options_from(ImportLabelsOptions)
@json_option
@pass_workspace
def import_labels(workspace: Workspace, options: ImportLabelsOptions, as_json: bool) -> None:
    """Take over labels from SOURCE: a file or a folder.

    It may be what `swipegan export labels` wrote (CSV or JSON Lines), a log of SwipeLabel, a JSON export of Label
    Studio, or a folder that holds folders named good and bad (skip as well). Pictures are recognized by SHA-256 or by
    path, so they have to be scanned before. The same source again brings in only what is new.
    """
    from cli.console import show
    from curate.importing import run

    show(run(workspace, options), as_json)


@click.command()
@options_from(BackupOptions)
@json_option
@pass_workspace
def backup(workspace: Workspace, options: BackupOptions, as_json: bool) -> None:
    """Copy the database to FILE, or put a copy back.

    It may be in use meanwhile: the copy is what it held at one moment, and is checked. FILE may be a folder. The copy
    holds labels, people, measures, faces and selections; photos, sets and runs are files and can be copied as such.
    With --restore FILE takes the database's place: stop scan and swipe before.
    """
    from cli.console import show
    from curate.backup import run

    show(run(workspace, options), as_json)


@click.command()
@options_from(ForgetOptions)
@json_option
@pass_workspace
def forget(workspace: Workspace, options: ForgetOptions, as_json: bool) -> None:
    """Remove IMAGES, or a person, from everything that the workspace holds.

    Rows, labels, faces, small pictures in the cache, and their place in sets, which stay whole but get another digest.
    Runs that have seen them are listed: a network cannot unlearn. The photo files are never touched; a new scan would
    read them again. Stop scan, swipe and training before. Asks first, unless --yes.
    """
    from cli.console import show
    from curate.forget import carry_out, clear, plan

    if options.clear:
        if not clear(workspace):
            raise UserError("the database is in use; stop `swipe` and `scan`, then try again")
        return
    found = plan(workspace, options)
    if not options.dry_run and not options.yes:
        click.echo(found.text(), err=True)
        click.confirm("Remove all this? There is no way back", abort=True, err=True)
    show(found if options.dry_run else carry_out(workspace, found), as_json)


@click.command()
@json_option
@pass_workspace
def doctor(workspace: Workspace, as_json: bool) -> None:
    """Say what works here and what to do about the rest.

    Looks at landmark model, face detector, GPU, browser, database, disk and extras, and changes nothing. Exit code 1
    if something that swipegan needs does not work.
    """
    from cli.console import show
    from curate.doctor import run

    found = run(workspace)
    show(found, as_json)
    if not found.healthy:
        raise click.exceptions.Exit(1)
