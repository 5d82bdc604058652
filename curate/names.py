"""File names as text that a database can hold and people can read, whatever bytes they are made of."""

from __future__ import annotations

import os
import re
from pathlib import Path

RAW = "raw:"  # absolute paths never start so


def stored_name(path: str) -> str:
    r"""The text that stands for a path in the database: the path itself, unless it holds bytes that are no UTF-8.

    Those become `\xe9` and so on, backslashes are doubled, and `raw:` stands before it, so that no two paths get the
    same text.
    """
    if path.isascii() or not re.search("[\ud800-\udfff]", path):
        return path
    return RAW + os.fsencode(path.replace("\\", "\\\\")).decode("utf-8", "backslashreplace")


def as_text(name: str) -> str:
    r"""A name as the database holds it inside of a path: bytes that are no UTF-8 are written as \xe9 and so on."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def real_path(stored: str) -> Path:
    """The path that a text of the database stands for."""
    if not stored.startswith(RAW):
        return Path(stored)
    data = re.sub(rb"\\(\\|x[0-9a-f]{2})", _byte, stored.removeprefix(RAW).encode())
    return Path(os.fsdecode(data))


def _byte(match: re.Match[bytes]) -> bytes:
    code = match.group(1)
    return code if code == b"\\" else bytes([int(code[1:], 16)])


def shown(path: str) -> str:
    """A path on one line, for a terminal: line breaks, controls and odd bytes are written as escapes."""
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in path)
