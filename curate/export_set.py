"""`swipegan export set`: a set for other trainers, as folders of pictures or as tar files."""

from __future__ import annotations

import io
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from curate.config import ExportSetOptions
from curate.errors import UserError
from curate.files import read_json, write_atomically
from curate.progress import track
from curate.sets import INDEX, INFO, Entry, FaceSet, open_set, seal
from curate.table_files import NotWritable
from curate.workspace import Workspace

PARTS = ("train", "held_out")
CLASS = "face"  # ImageFolder wants a folder for each class, and there is one
LEFT_TO_US = ("face", "guide", "face_sha256", "guide_sha256")  # of an entry: where things lie in a set of ours


class NotEmpty(UserError):
    """Something is where an export should go."""


@dataclass(frozen=True)
class SetExportSummary:
    """A set that was written for other trainers."""

    folder: Path
    format: str
    train: int
    held_out: int
    files: int
    bytes: int

    def text(self) -> str:
        """What was written, and what reads it."""
        reader = {
            "folder": f'torchvision.datasets.ImageFolder("{self.folder}/train")',
            "webdataset": f'webdataset.WebDataset("{self.folder}/train-{{000000..N}}.tar")',
        }[self.format]
        return (
            f"{self.train:,} faces to train on and {self.held_out:,} held out written to {self.folder} "
            f"({self.files:,} files, {self.bytes / 1e6:,.1f} MB); {reader} reads them."
        )


def run(workspace: Workspace, options: ExportSetOptions) -> SetExportSummary:
    """Write the set; every file is checked against the set's index on the way."""
    faces = open_set(workspace.set_path(options.set))
    with _new_folder(options.output) as folder:
        for part, entries in zip(PARTS, (faces.train, faces.held_out), strict=True):
            shown = track(entries, total=len(entries), title=f"export {part}", unit="faces")
            if options.form == "folder":
                _write_folder(folder, part, faces, shown, options.guides)
            else:
                _write_tars(folder, part, faces, shown, options)
        if options.form == "webdataset":
            _write_index(folder, faces, options.guides)
        files = [path for path in folder.rglob("*") if path.is_file()]
        size = sum(path.stat().st_size for path in files)
    return SetExportSummary(options.output, options.form, len(faces.train), len(faces.held_out), len(files), size)


@contextmanager
def _new_folder(target: Path) -> Iterator[Path]:
    """A folder to fill that becomes `target` when all is written; after an error nothing is left."""
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise NotEmpty(f"{target} is there already; choose another --output, or remove it")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    except OSError as error:
        raise NotWritable(f"cannot write {target}: {error.strerror}; choose another folder") from error
    try:
        yield folder
        folder.chmod(0o755)
        os.replace(folder, target)
    except OSError as error:
        raise NotWritable(
            f"cannot write {target}: {error.strerror or error}; make room there or choose another folder"
        ) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def about(entry: Entry) -> dict[str, Any]:
    """What goes with a face: all that the index says of it but for where its files lie."""
    return {name: value for name, value in asdict(entry).items() if name not in LEFT_TO_US}


def _write_folder(folder: Path, part: str, faces: FaceSet, entries: Iterator[Entry], guides: bool) -> None:
    """part/face/ID.jpg, part/metadata.jsonl, and guides/part/ID.png, where no reader takes them for faces."""
    (folder / part / CLASS).mkdir(parents=True)
    with (folder / part / "metadata.jsonl").open("w", encoding="utf-8") as lines:
        for entry in entries:
            name = f"{CLASS}/{entry.id}{Path(entry.face).suffix}"
            (folder / part / name).write_bytes(faces.face_bytes(entry))
            line = {"file_name": name, **about(entry)}
            if guides and entry.guide:
                place = Path("guides", part, f"{entry.id}.png")
                (folder / place).parent.mkdir(parents=True, exist_ok=True)
                (folder / place).write_bytes(faces.guide_bytes(entry))
                line["guide"] = f"../{place.as_posix()}"
            lines.write(json.dumps(line) + "\n")


def _write_tars(folder: Path, part: str, faces: FaceSet, entries: Iterator[Entry], options: ExportSetOptions) -> None:
    """part-000000.tar and so on, for each face ID.jpg, ID.guide.png and ID.json; the same bytes each time."""
    number = 0
    while shard := list(islice(entries, options.shard)):
        with tarfile.open(folder / f"{part}-{number:06}.tar", "w", format=tarfile.USTAR_FORMAT) as tar:
            for entry in shard:
                _add(tar, f"{entry.id}{Path(entry.face).suffix}", faces.face_bytes(entry))
                if options.guides and entry.guide:
                    _add(tar, f"{entry.id}.guide.png", faces.guide_bytes(entry))
                _add(tar, f"{entry.id}.json", json.dumps(about(entry)).encode())
        number += 1


def _write_index(folder: Path, faces: FaceSet, guides: bool) -> None:
    """What makes a set of the tar files: `train` takes the folder as it takes the set itself."""
    if guides:
        for name in (INFO, INDEX):
            write_atomically(folder / name, (faces.path / name).read_bytes())
    else:
        without = (replace(entry, guide="", guide_sha256="") for entry in faces.entries)
        seal(folder, read_json(faces.path / INFO), without)


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    head = tarfile.TarInfo(name)  # without time and owner
    head.size, head.mode = len(data), 0o644
    tar.addfile(head, io.BytesIO(data))
