"""The command `swipegan`."""

from __future__ import annotations

import importlib
import logging
import os
import sys
from pathlib import Path

import click

from cli.console import remember, to_call
from curate.errors import UsageProblem, UserError
from curate.workspace import Workspace
from infer.credentials import FOLDER, sign_by

COMMANDS = {
    "demo": "cli.demo:demo",
    "samples": "cli.curation:samples",
    "scan": "cli.curation:scan",
    "swipe": "cli.labeling:swipe",
    "judge": "cli.curation:judge",
    "filter": "cli.curation:filter_",
    "guides": "cli.curation:guides",
    "train": "cli.training:train",
    "generate": "cli.generation:generate",
    "upres": "cli.generation:upres",
    "evaluate": "cli.training:evaluate",
    "gap": "cli.training:gap",
    "ablate": "cli.training:ablate",
    "serve": "cli.serving:serve",
    "credentials": "cli.credentials:credentials",
    "report": "cli.reporting:report",
    "export": "cli.reporting:export",
    "import": "cli.reporting:import_",
    "backup": "cli.reporting:backup",
    "forget": "cli.reporting:forget",
    "doctor": "cli.reporting:doctor",
    "completion": "cli.completion:completion",
}
INTERRUPTED = 130  # 128 + SIGINT, as shells have it


class LazyGroup(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, _context: click.Context) -> list[str]:
        """In the order of the work, not of the alphabet; what this version does not have yet is not shown."""
        return [name for name in COMMANDS if self._find(name) is not None]

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        """Import the module that holds the command."""
        return self._find(name)

    def _find(self, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, attribute = COMMANDS[name].split(":")
        try:
            found = getattr(importlib.import_module(module), attribute, None)
        except ModuleNotFoundError as error:
            if error.name != module:
                raise
            return None
        return found if isinstance(found, click.Command) else None


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="swipegan", prog_name="swipegan")
@click.option(
    "--workspace",
    "-w",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="SWIPEGAN_WORKSPACE",
    default=Path(),
    help="Folder of database, sets, runs and renders.  [env: SWIPEGAN_WORKSPACE; default: the current folder]",
)
@click.option(
    "--database", envvar="SWIPEGAN_DATABASE", help="Another database than the workspace's, as an SQLAlchemy URL."
)
@click.option("--verbose", "-v", count=True, help="Say more (-v), or everything (-vv), on stderr.")
@click.option("--quiet", "-q", is_flag=True, help="Show no progress.")
@click.option("--log-file", type=click.Path(path_type=Path, dir_okay=False), help="Write the log there as well.")
@click.pass_context
def swipegan(
    context: click.Context, workspace: Path, database: str | None, verbose: int, quiet: bool, log_file: Path | None
) -> None:
    """From a pile of face photos to high-resolution imagined faces.

    Sort the pile by swiping on a phone; the labels clean it; the clean faces train two GANs; the second one paints
    portraits of 768 x 768 and larger in tiles, guided by where eyes, brows, nose and lips are.

    `swipegan demo` shows all of it on portraits that it draws itself.
    """
    set_up_log(verbose, log_file)
    if quiet:
        from curate.progress import be_quiet

        be_quiet()
    remember(context, workspace)
    context.obj = Workspace(workspace, database)
    folder = workspace / FOLDER
    sign_by(folder if folder.is_dir() else None)


def set_up_log(verbose: int, log_file: Path | None) -> None:
    """Send the log to stderr as `-v` asks, and all of it to a file if one is named."""
    level = [logging.WARNING, logging.INFO, logging.DEBUG][min(verbose, 2)]
    screen = logging.StreamHandler()
    screen.setLevel(level)
    handlers: list[logging.Handler] = [screen]
    if log_file is not None:
        try:
            handlers.append(logging.FileHandler(log_file, encoding="utf-8"))
        except OSError as error:
            raise UserError(f"cannot write the log file {log_file}: {error.strerror}") from error
    logging.basicConfig(
        level=logging.DEBUG if log_file or verbose > 1 else level,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        handlers=handlers,
        force=True,
    )
    for noisy in ("PIL", "alembic", "matplotlib"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def main() -> None:
    """Run the command; errors for people become one line, anything else is a bug and shows itself."""
    sys.exit(call(sys.argv[1:]))


def call(arguments: list[str]) -> int:
    """Run `swipegan` with these arguments and return its exit code: 0, 1 (error), 2 (usage), 130 (interrupted)."""
    try:
        result = swipegan.main(arguments, prog_name="swipegan", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return 2
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.exceptions.Exit as error:
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return _say("Interrupted; what was finished is kept.", INTERRUPTED)
    except UserError as error:
        return _say(f"Error: {error}", 2 if isinstance(error, UsageProblem) else 1)
    except BrokenPipeError:  # `swipegan report | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (OSError, MemoryError) as error:
        from curate.trouble import explained

        text = explained(error)
        if text is None:
            raise
        logging.getLogger("swipegan").debug("in full:", exc_info=error)
        return _say(f"Error: {text}", 1)
    return result if isinstance(result, int) else 0


def _say(text: str, code: int) -> int:
    text = to_call(text)
    colour = "red" if code != INTERRUPTED and sys.stderr.isatty() else None
    click.echo(click.style(text, fg=colour) if colour else text, err=True)
    return code


if __name__ == "__main__":
    main()
