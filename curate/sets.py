"""A set: a self-contained training folder of aligned faces, guides and an index.

Reading one needs neither the database nor dlib nor the photos.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from curate.errors import UserError
from curate.files import read_json, write_atomically, write_json
from curate.guides import Encoding, channels
from curate.set_files import Files, Folder, files_of
from curate.set_index import Entry, part_of, points, read_entry, read_index

__all__ = ["INDEX", "INFO", "BrokenSet", "Entry", "FaceSet", "SetInfo", "index_bytes", "open_set", "read_entry", "seal"]

FORMAT = 1
INFO, INDEX = "set.json", "index.jsonl"
GUIDE_EXTENT = 128  # pixels of the guides that lie in a set; others are drawn from the landmarks


class BrokenSet(UserError):
    """A set lacks a file, or a file is not the one that was written."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SetInfo:
    """What `set.json` says about a set."""

    format: int
    name: str
    size: int  # side of a face in pixels
    guide: Encoding
    count: int
    held_out: int
    selection: dict[str, Any]  # name, version, rule
    mean_landmarks: tuple[tuple[float, float], ...]  # 68, 0..1
    mean_box: tuple[float, float, float, float]  # left, top, right, bottom of the detector's box, 0..1
    created: str  # ISO 8601, UTC
    swipegan: str  # version that wrote it
    index_sha256: str
    left_out: dict[str, int]  # reason -> images of the selection
    recipe: str  # SHA-256 of what it was made from: equal where the same command would write the same set


class FaceSet:
    """An open set; faces are read, and checked against the index, when asked for."""

    def __init__(self, path: Path, info: SetInfo, entries: Sequence[Entry], files: Files | None = None) -> None:
        self.path = path
        self.info = info
        self.entries = entries
        self.files = files or Folder(path)

    def __len__(self) -> int:
        return len(self.entries)

    @property
    def digest(self) -> str:
        """Identity of the set: equal for equal faces, guides, landmarks and split, whatever the folder is called."""
        return self.info.index_sha256

    @cached_property
    def train(self) -> Sequence[Entry]:
        """The faces to train on."""
        return part_of(self.entries, held_out=False)

    @cached_property
    def held_out(self) -> Sequence[Entry]:
        """The faces of people that training never sees."""
        return part_of(self.entries, held_out=True)

    @property
    def mean_landmarks(self) -> NDArray[np.float64]:
        """Mean over the faces: shape (68, 2), 0..1."""
        return np.array(self.info.mean_landmarks, np.float64)

    def face(self, entry: Entry) -> NDArray[np.uint8]:
        """The aligned face: shape (size, size, 3), RGB, 0..255."""
        decoded = cv2.imdecode(np.frombuffer(self.face_bytes(entry), np.uint8), cv2.IMREAD_COLOR)
        side = self.info.size
        if decoded is None or decoded.shape != (side, side, 3):
            raise BrokenSet(f"{self.path / entry.face} is no picture of {side}x{side}; make the set again")
        return np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), np.uint8)

    def landmarks(self, entry: Entry) -> NDArray[np.float64]:
        """The face's landmarks: shape (68, 2), 0..1 of the square."""
        return np.array(entry.landmarks, np.float64)

    def guide(self, entry: Entry) -> NDArray[np.uint8]:
        """The guide as it was written: shape (128, 128, C), 0..255. `draw_guide` of the landmarks gives the same."""
        if self.info.guide == "none":
            return np.zeros((GUIDE_EXTENT, GUIDE_EXTENT, 0), np.uint8)
        decoded = cv2.imdecode(np.frombuffer(self.guide_bytes(entry), np.uint8), cv2.IMREAD_UNCHANGED)
        if decoded is None:
            raise BrokenSet(f"{self.path / entry.guide} is no picture; make the set again")
        if self.info.guide == "rgb":
            return np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), np.uint8)
        stacked = decoded.reshape(channels(self.info.guide), -1, decoded.shape[1])
        return np.ascontiguousarray(np.moveaxis(stacked, 0, -1), np.uint8)

    def check(self) -> None:
        """Read every file and compare its checksum with the index; raises BrokenSet at the first that differs."""
        for entry in self.entries:
            self.face_bytes(entry)
            if entry.guide:
                self.guide_bytes(entry)

    def face_bytes(self, entry: Entry) -> bytes:
        """The face's file as it was written; raises BrokenSet where it was not."""
        return self._bytes(entry.face, entry.face_sha256)

    def guide_bytes(self, entry: Entry) -> bytes:
        """The guide's file as it was written; raises BrokenSet where it was not."""
        return self._bytes(entry.guide, entry.guide_sha256)

    def _bytes(self, name: str, sha256: str) -> bytes:
        path = self.path / name
        try:
            data = self.files.read(name)
        except OSError as error:
            raise BrokenSet(f"{path} cannot be read ({error.strerror}); make the set again") from error
        if hashlib.sha256(data).hexdigest() != sha256:
            raise BrokenSet(f"{path} was changed since the set was made; make the set again")
        return data


def open_set(path: Path) -> FaceSet:
    """Open a set, in folders or in tar files; raises BrokenSet where its index was changed, or a file is missing."""
    info = _read_info(path)
    missing: list[str] = []
    try:
        files = files_of(path)
        digest, entries = read_index(path / INDEX, lambda entry: missing.extend(_missing(files, entry)))
    except OSError as error:
        raise BrokenSet(f"{error.filename} cannot be read ({error.strerror}); make the set again") from error
    except (ValueError, KeyError, TypeError):  # no index any more, nor what the checksum is of
        digest, entries = "", ()
    if digest != info.index_sha256:
        raise BrokenSet(f"{path / INDEX} was changed since the set was made; make the set again")
    if missing:
        raise BrokenSet(f"{path / missing[0]} is missing; make the set again")
    return FaceSet(path, info, entries, files)


def _missing(files: Files, entry: Entry) -> list[str]:
    return [name for name in (entry.face, entry.guide) if name and not files.has(name)]


def index_bytes(entries: Iterable[Entry]) -> bytes:
    """The index file of these entries, a JSON object per line."""
    return b"".join(json.dumps(asdict(entry), separators=(",", ":")).encode() + b"\n" for entry in entries)


def seal(folder: Path, info: dict[str, Any], entries: Iterable[Entry]) -> SetInfo:
    """Write index.jsonl and set.json over faces and guides that are there: with set.json the set is complete.

    info: the fields of SetInfo that are not counted from the entries (name, size, guide, selection, mean_box, created,
    swipegan, left_out, recipe).
    """
    entries = list(entries)
    if not entries:
        raise BrokenSet(f"no face for the set {info['name']}; loosen the rules of its selection, or --max-upscale")
    index = index_bytes(entries)
    mean = np.mean([entry.landmarks for entry in entries], axis=0).round(6)
    counted = {
        "format": FORMAT,
        "count": len(entries),
        "held_out": sum(entry.held_out for entry in entries),
        "mean_landmarks": mean.tolist(),
        "index_sha256": hashlib.sha256(index).hexdigest(),
    }
    content = {**info, **counted}
    write_atomically(folder / INDEX, index)
    write_json(folder / INFO, {field.name: content[field.name] for field in fields(SetInfo)})
    return _read_info(folder)


def _check(info: SetInfo) -> None:
    """Raise ValueError where set.json says what no set has."""
    numbers = (info.format, info.size, info.count, info.held_out)
    if any(isinstance(one, bool) or not isinstance(one, int) or not 0 <= one < 2**31 for one in numbers):
        raise ValueError("format, size, count and held_out are whole numbers")
    if len(info.mean_landmarks) != 68 or len(info.mean_box) != 4 or not np.isfinite(info.mean_box).all():
        raise ValueError("mean_landmarks are 68 points, mean_box 4 edges")
    texts = (info.name, info.created, info.swipegan, info.index_sha256, info.recipe)
    if not all(isinstance(one, str) for one in texts) or info.guide not in get_args(Encoding):
        raise ValueError("name, created, swipegan, index_sha256, recipe are text, guide is rgb, regions or none")
    if not isinstance(info.selection, dict) or not isinstance(info.left_out, dict):
        raise TypeError("selection and left_out are objects")


def _read_info(path: Path) -> SetInfo:
    if not (path / INFO).is_file():
        raise BrokenSet(f"{path} is no set: it has no {INFO}; sets are made by `swipegan guides`")
    try:
        content = read_json(path / INFO)
        names = {field.name for field in fields(SetInfo)}
        content["mean_landmarks"] = points(content["mean_landmarks"])
        content["mean_box"] = tuple(float(edge) for edge in content["mean_box"])
        info = SetInfo(**{name: value for name, value in content.items() if name in names})
        _check(info)
    except OSError as error:
        raise BrokenSet(f"{path / INFO} cannot be read ({error.strerror}); make the set again") from error
    except (ValueError, KeyError, TypeError, ArithmeticError) as error:
        raise BrokenSet(f"{path / INFO} cannot be understood ({str(error)!a}); make the set again") from error
    if info.name in ("", ".", "..") or any(mark in info.name for mark in "/\\\0"):
        raise BrokenSet(f"{path / INFO} gives the name {info.name!r}, which is a path; do not use this set")
    if info.format > FORMAT:
        raise BrokenSet(f"{path} has format {info.format}, this swipegan reads up to {FORMAT}; update swipegan")
    return info
