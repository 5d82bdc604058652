"""Content credentials: `swipegan credentials`, and how other commands come to sign what they make."""

from __future__ import annotations

import click

from cli.options import json_option, options_from, pass_workspace
from curate.workspace import Workspace
from infer.config_credentials import MakeCredentialsOptions, ShowCredentialsOptions, SignOptions


@click.group()
def credentials() -> None:
    """Sign generated pictures and clips (C2PA), and read what files say of themselves.

    A workspace with a folder `credentials` signs every PNG, TIFF and MP4 that its commands make: who looks can tell
    that a machine made it, and whether it was changed since. The folder holds certificate.pem, your certificate and
    those above it, and key.pem. Nothing is asked of a service. Needs the extra c2pa.
    """


@credentials.command()
@options_from(MakeCredentialsOptions)
@json_option
@pass_workspace
def make(workspace: Workspace, options: MakeCredentialsOptions, as_json: bool) -> None:
    """Make a certificate of your own in the workspace.

    It proves that a picture was not changed since you signed it, to those who have your root.pem. Programs that know
    only the certificates of the C2PA's list will say that the signer is unknown.
    """
    from cli.console import show as show_summary
    from infer.own_certificate import run

    show_summary(run(workspace, options), as_json)


@credentials.command()
@options_from(SignOptions)
@json_option
@pass_workspace
def sign(workspace: Workspace, options: SignOptions, as_json: bool) -> None:
    """Sign FILES that swipegan made before there was a certificate."""
    from cli.console import show as show_summary
    from infer.credentials import FOLDER, sign_by
    from infer.marks import sign as run

    sign_by(workspace.root / FOLDER)
    show_summary(run(options), as_json)


@credentials.command()
@options_from(ShowCredentialsOptions)
@json_option
def show(options: ShowCredentialsOptions, as_json: bool) -> None:
    """Say of FILES whether a machine made them, by what recipe, who signed that, and whether it still holds."""
    from cli.console import show as show_summary
    from infer.marks import show as run

    show_summary(run(options), as_json)
