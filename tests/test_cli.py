"""The command as people expect it."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import click
import pytest
from click.testing import CliRunner

from cli.main import COMMANDS, call, swipegan
from cli.options import options_from

ROOT = Path(__file__).parent.parent
HEAVY = {"torch", "dlib", "sqlalchemy", "flask", "cv2", "numpy", "sklearn", "scipy"}


def every_command() -> list[list[str]]:
    """The words of every command and subcommand, found by walking the groups."""

    def walk(command: click.Command, words: list[str]) -> list[list[str]]:
        found = [words]
        if isinstance(command, click.Group):
            context = click.Context(command)
            for name in command.list_commands(context):
                child = command.get_command(context, name)
                assert child is not None
                found += walk(child, [*words, name])
        return found

    return walk(swipegan, [])


@pytest.mark.parametrize("words", every_command(), ids=" ".join)
def test_every_command_has_a_help_text(words: list[str]) -> None:
    result = CliRunner().invoke(swipegan, [*words, "--help"])
    assert result.exit_code == 0, result.output
    assert "Usage:" in result.output


@pytest.mark.parametrize("words", every_command(), ids=" ".join)
def test_every_option_has_a_help_text(words: list[str]) -> None:
    command: click.Command = swipegan
    for word in words:
        assert isinstance(command, click.Group)
        found = command.get_command(click.Context(command), word)
        assert found is not None
        command = found
    assert command.help, f"{words} has no text"
    silent = [p.name for p in command.params if isinstance(p, click.Option) and not p.hidden and not p.help]
    assert silent == []


def test_help_imports_nothing_heavy() -> None:
    script = (
        "import sys; from cli.main import call\n"
        f"for words in {every_command()!r}: call([*words, '--help'])\n"
        f"print('HEAVY', sorted(set(sys.modules) & {HEAVY!r}))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.splitlines()[-1] == "HEAVY []"


def test_the_version_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["--version"]) == 0
    assert "swipegan, version 0." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["nonsense"], 2, "No such command"),
        (["doctor", "--nonsense"], 2, "No such option"),
        (["--log-file", "/nowhere/at/all.log", "doctor"], 1, "cannot write the log file"),
    ],
)
def test_errors_are_one_line_and_an_exit_code(
    arguments: list[str], code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(arguments) == code
    error = capsys.readouterr().err
    assert words in error
    assert "Traceback" not in error
    assert "\x1b[" not in error, "colours only on a terminal"


def test_a_file_that_is_no_database_is_an_error_with_exit_code_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "swipegan.db").write_bytes(b"x" * 4096)
    assert call(["--workspace", str(tmp_path), "report", "--text"]) == 1
    assert capsys.readouterr().err.startswith("Error: ")


def test_commands_to_call_next_lead_to_the_workspace_that_was_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "my faces"
    place.mkdir()
    assert call(["-w", str(place), "filter", "clean"]) == 1
    assert f"`swipegan -w '{place}' scan" in capsys.readouterr().err
    monkeypatch.chdir(place)
    assert call(["filter", "clean"]) == 1
    assert "`swipegan scan" in capsys.readouterr().err


def test_the_log_file_holds_the_log(tmp_path: Path) -> None:
    assert call(["--workspace", str(tmp_path), "--log-file", str(tmp_path / "log.txt"), "-v", "doctor"]) in (0, 1)
    assert (tmp_path / "log.txt").exists()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_printed(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["completion", shell]) == 0
    assert "_SWIPEGAN_COMPLETE" in capsys.readouterr().out


def test_completion_knows_the_commands() -> None:
    words = {"COMP_WORDS": "swipegan fil", "COMP_CWORD": "1", "_SWIPEGAN_COMPLETE": "bash_complete"}
    done = subprocess.run(
        [sys.executable, "-m", "cli"],
        env={**os.environ, **words},
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert "filter" in done.stdout


def test_every_command_of_the_table_exists() -> None:
    shown = set(swipegan.list_commands(click.Context(swipegan)))
    assert shown <= set(COMMANDS)
    assert {"demo", "samples", "scan", "swipe", "filter", "guides", "train", "generate", "upres", "report"} <= shown


@pytest.mark.skipif(os.name == "nt", reason="signals as POSIX has them")
def test_ctrl_c_leaves_one_line_and_130(tmp_path: Path) -> None:
    # a shell's background job has Ctrl-C switched off, and so would have all that it starts
    start = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from cli.main import main; main()"
    words = ["samples", str(tmp_path / "photos"), "--count", "2000", "--size", "512"]
    process = subprocess.Popen(
        [sys.executable, "-c", start, *words],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob("photos/*")) and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    error = process.communicate(timeout=60)[1]
    assert process.returncode == 130, error
    assert "Traceback" not in error, error
    assert [line for line in error.splitlines() if "Interrupted" in line] == [error.splitlines()[-1]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Everything:
    """Each kind of field."""

    files: tuple[Path, ...] = field(metadata={"argument": True})
    count: int = field(default=3, metadata={"help": "how many", "short": "-n", "min": 1})
    share: float | None = field(default=None, metadata={"help": "a share"})
    way: Literal["left", "right"] = field(default="left", metadata={"help": "where to"})
    loud: bool = field(default=False, metadata={"help": "say more"})
    names: tuple[str, ...] = field(default=(), metadata={"help": "who"})

    def __post_init__(self) -> None:
        if self.share is not None and self.share > 1:
            raise ValueError("--share is at most 1")


@click.command()
@options_from(Everything)
def everything(options: Everything) -> None:
    """Print the options."""
    click.echo(json.dumps([list(map(str, options.files)), options.count, options.share, options.way, options.loud]))
    click.echo(json.dumps(options.names))


def test_fields_become_options() -> None:
    words = ["a", "b", "-n", "5", "--share", ".5", "--way", "right", "--loud", "--names", "x", "--names", "y"]
    result = CliRunner().invoke(everything, words)
    assert result.output.splitlines() == ['[["a", "b"], 5, 0.5, "right", true]', '["x", "y"]']


def test_defaults_are_the_fields() -> None:
    assert CliRunner().invoke(everything, ["a"]).output.splitlines() == ['[["a"], 3, null, "left", false]', "[]"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["a", "--share", "2"], "--share is at most 1"),
        (["a", "--count", "0"], "0 is not in the range"),
        (["a", "--way", "up"], "is not one of"),
        ([], "Missing argument"),
    ],
)
def test_wrong_values_are_usage_errors(words: list[str], says: str) -> None:
    result = CliRunner().invoke(everything, words)
    assert result.exit_code == 2
    assert says in result.output
