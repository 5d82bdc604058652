"""The documents say what the program does."""

import importlib.util
import os
import re
import shlex
import subprocess
import sys
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
    for target, anchor in re.findall(r"\]\(([^)#\s]*)(?:#([^)\s]+))?", without_code(page)):
        if "://" in target or target.startswith("mailto:"):
            continue
        place = page.parent / target if target else page
        assert place.exists(), f"{page.name} names {target}"
        assert not anchor or anchor in anchors(place), f"{page.name} names {target}#{anchor}"


def without_code(page: Path) -> str:
    """The page without its blocks and words of code."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    return re.sub(r"`[^`\n]*`", "", text)


def anchors(page: Path) -> set[str]:
    """What headings can be pointed at, by the rule that GitHub and MkDocs have in common."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    heads = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", head).strip().lower()) for head in heads}


def test_the_site_lists_every_page() -> None:
    listed = re.findall(r"[\w/-]+\.md", (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:")[2])
    pages = [page.relative_to(ROOT / "docs").as_posix() for page in (ROOT / "docs").rglob("*.md")]
    assert sorted(listed) == sorted(pages), "nav of mkdocs.yml"


@pytest.mark.skipif(importlib.util.find_spec("mkdocs") is None, reason="needs the extra docs")
def test_the_site_is_built_without_a_warning_and_fetches_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")]
    built = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stdout + built.stderr
    pages = list((tmp_path / "site").rglob("*.html"))
    assert len(pages) > len(PAGES) // 2
    outside = re.compile(r"""<(?:script|img|link rel="stylesheet")[^>]+(?:src|href)=["']?(https?://[^"' >]+)""")
    for page in pages:
        fetched = outside.findall(page.read_text(encoding="utf-8"))
        assert not fetched, f"{page.name} fetches {fetched}"


def test_the_pictures_of_the_pages_are_small() -> None:
    drawn = list((ROOT / "docs" / "pictures").glob("method-*"))
    assert len(drawn) == 4
    assert sum(picture.stat().st_size for picture in drawn) < 300_000


def test_the_readme_opens_with_a_picture_and_is_one_page() -> None:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert any(line.startswith("![") for line in lines[:8])
    assert len(lines) < 130


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
                assert next(rest, None) is not None, f"{page.name}: {command.name} {name} wants a value"
        elif isinstance(command, click.Group):
            child = command.get_command(context, word)
            assert child is not None, f"{page.name}: there is no command {word}"
            check(child, list(rest), page)
            return
