"""Checkpoints: whole or not there, loaded without running code, the last two kept."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path
from typing import Any

import torch

from curate.errors import UserError
from curate.files import write_atomically
from curate.progress import note

FORMAT = 1
KEPT = 2


class BadCheckpoint(UserError):
    """A checkpoint cannot be read, or is of another training."""


def path_of(run: Path, images: int) -> Path:
    """Where the checkpoint after so many images lies."""
    return run / "checkpoints" / f"{images:09d}.pt"


def checkpoints(run: Path) -> list[Path]:
    """The checkpoints of a run, oldest first."""
    return sorted((run / "checkpoints").glob("[0-9]*.pt"))


def write(run: Path, contents: dict[str, Any]) -> Path:
    """Write a checkpoint, then remove all but the last two."""
    buffer = io.BytesIO()
    torch.save({"format": FORMAT, **contents}, buffer)
    path = path_of(run, contents["images"])
    write_atomically(path, buffer.getvalue())
    for old in checkpoints(run)[:-KEPT]:
        old.unlink()
    return path


def read(path: Path) -> dict[str, Any]:
    """Read a checkpoint into main memory; every byte is checked against the checksums in the file."""
    try:
        with zipfile.ZipFile(path) as archive:  # torch.load does not compare the checksums
            spoiled = archive.testzip()
        contents: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises whatever its parser stumbles over: RuntimeError, UnpicklingError ...
        raise BadCheckpoint(f"{path} is damaged ({type(error).__name__})") from error
    if spoiled is not None:
        raise BadCheckpoint(f"{path} is damaged at {spoiled}")
    if contents.get("format") != FORMAT:
        raise BadCheckpoint(f"{path} has format {contents.get('format')}, not {FORMAT}; update swipegan")
    return contents


def newest(run: Path) -> dict[str, Any] | None:
    """The last whole checkpoint, None where there is none yet; damaged ones are set aside and said."""
    found = checkpoints(run)
    for path in reversed(found):
        try:
            return read(path)
        except BadCheckpoint as error:
            note(f"Warning: {error}; it is set aside as {path.name}.damaged, the one before is used")
            os.replace(path, path.with_name(path.name + ".damaged"))
    if found:
        raise BadCheckpoint(
            f"no checkpoint of {run} can be read; start again in another --run, or delete {run / 'checkpoints'}"
        )
    return None


def same_training(run: Path, before: dict[str, Any], now: dict[str, Any], defaults: dict[str, Any]) -> None:
    """Raise, naming the difference, where a checkpoint's `training` is not what is asked for now.

    defaults: what an option counts as that the checkpoint is too old to know.
    """
    if before["stage"] != now["stage"]:
        raise BadCheckpoint(f"{run} holds a run of stage {before['stage']}, not {now['stage']}; choose another --run")
    trained_on, given = before.get("faces"), now["faces"]
    if trained_on is not None and trained_on != given:
        raise BadCheckpoint(
            f"{run} was trained on faces of {trained_on['size']} pixels with guide {trained_on['guide']}, this set has "
            f"faces of {given['size']} with guide {given['guide']}; give the set it was trained on, or another --run"
        )
    if before["set"] != now["set"]:
        raise BadCheckpoint(
            f"{run} was trained on another set, or the set was changed (it was {before['set'][:12]}, now it is "
            f"{now['set'][:12]}); choose another --run"
        )
    was = defaults | before["options"]
    changed = [name for name, value in now["options"].items() if was.get(name) != value]
    if changed:
        told = ", ".join(
            f"--{name.replace('_', '-')} was {_said(was.get(name))}, now {_said(now['options'][name])}"
            for name in changed
        )
        raise BadCheckpoint(f"{run} was trained with other options ({told}); use the same ones, or another --run")


def _said(value: Any) -> str:
    """A value of an option as people read it."""
    return "nothing" if value in ("", None, ()) else str(value)
