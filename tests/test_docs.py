"""The documents say what the program does."""

import re
import shlex
from pathlib import Path

import click
import pytest

from cli.main import swipegan
from cli.reference import reference

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def test_the_reference_is_what_the_help_texts_say() -> None:
    written = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert written == reference(), "run `make docs`"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
        if "://" not in target and not target.startswith("mailto:"):
            assert (page.parent / target).exists(), f"{page.name} names {target}"


def commands_in(page: Path) -> list[list[str]]:
    """Each `swipegan ...` line of the page's code blocks, as words; a line that ends in a backslash goes on."""
    blocks = re.findall(r"```(?:\w+)?\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    starts = re.compile(r"^\s*(?:\$ )?(?:\S*=\S+ )*(?:nice )?(?:\.venv/bin/)?swipegan (.*)$")
    found = [match.group(1) for line in lines if (match := starts.match(line))]
    return [shlex.split(line, comments=True) for line in found if not line.lstrip().startswith("[")]


@pytest.mark.parametrize("page", [page for page in PAGES if page.name != "commands.md"], ids=lambda page: page.name)
def test_commands_and_options_in_code_blocks_exist(page: Path) -> None:
    for words in commands_in(page):
        check(swipegan, words, page)


def check(command: click.Command, words: list[str], page: Path) -> None:
    """Every option among the words is one of the command that it stands behind."""
    known = {name: p for p in command.params for name in (*p.opts, *p.secondary_opts)}
    context = click.Context(command)
    rest = iter(words)
    for word in rest:
        if word in ("|", ">", "&&", ";"):
            return
        if word.startswith("-") and not re.fullmatch(r"-\d.*", word):
            name = word.split("=")[0]
            assert name in known or name in ("--help", "-h"), f"{page.name}: {command.name} has no {name}"
            option = known.get(name)
            if isinstance(option, click.Option) and not option.is_flag and not option.count and "=" not in word:
                next(rest, None)
        elif isinstance(command, click.Group):
            child = command.get_command(context, word)
            assert child is not None, f"{page.name}: there is no command {word}"
            check(child, list(rest), page)
            return
