"""`swipegan export labels | measures`: out again, for other tools."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, groupby
from operator import itemgetter
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

from sqlalchemy.orm import Session

from curate import store_export as store
from curate.config import ExportLabelsOptions, ExportMeasuresOptions
from curate.errors import UsageProblem
from curate.progress import Meter
from curate.store_sets import newest_selection
from curate.table_files import ENDINGS, plain, replacing, write_table
from curate.workspace import Workspace

# What a project in Label Studio needs as its labeling interface to show the exported tasks.
LABEL_STUDIO_CONFIG = """<View>
  <Image name="image" value="$image"/>
  <Choices name="verdict" toName="image" choice="single" showInline="true">
    <Choice value="good"/><Choice value="bad"/><Choice value="skip"/>
  </Choices>
</View>"""


@dataclass(frozen=True)
class ExportSummary:
    """A file that was written."""

    file: Path
    format: str
    rows: int
    what: str

    def text(self) -> str:
        """One line; for Label Studio what else it needs."""
        line = f"{self.rows:,} {self.what} written to {self.file} ({self.format})."
        if self.format != "label-studio":
            return line
        return (
            f"{line}\n\nLabeling interface of the Label Studio project:\n\n{LABEL_STUDIO_CONFIG}\n\n"
            "Label Studio shows files of this machine if it runs with LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED=true\n"
            "and LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT=/, and the project has a local storage with the photos' folder."
        )


def export_labels(workspace: Workspace, options: ExportLabelsOptions) -> ExportSummary:
    """Write the verdicts that hold, or with `events` everything that was said."""
    format_name = options.format or {**ENDINGS, ".json": "label-studio"}.get(options.output.suffix.lower(), "csv")
    if options.events and format_name == "label-studio":
        raise UsageProblem("--events has no place in Label Studio's format; take csv, jsonl or parquet")
    with store.snapshot(workspace.scanned()) as session:
        chosen = _selection_id(session, options.selection)
        if format_name == "label-studio":
            chunks = _shown(store.labels_by_image(session, selection_id=chosen), "labels")
            with replacing(options.output) as file:
                rows, what = _write_tasks(file, chunks, options.url), "tasks"
        else:
            chunks = _shown(store.labels(session, events=options.events, selection_id=chosen), "labels")
            rows, what = write_table(options.output, format_name, store.label_columns(), chunks), "labels"
    return ExportSummary(options.output, format_name, rows, what)


def export_measures(workspace: Workspace, options: ExportMeasuresOptions) -> ExportSummary:
    """Write everything that is known of each image: measures, main face, quality, what people said."""
    format_name = options.format or ENDINGS.get(options.output.suffix.lower(), "csv")
    with store.snapshot(workspace.scanned()) as session:
        chosen = _selection_id(session, options.selection)
        chunks = _shown(store.measures(session, selection_id=chosen), "images")
        rows = write_table(options.output, format_name, store.measure_columns(), chunks)
    return ExportSummary(options.output, format_name, rows, "images")


def task(rows: list[dict[str, Any]], url: str) -> dict[str, Any]:
    """Label Studio's task of one image, with an annotation for each person's verdict (rows of one image)."""
    path = (rows[0]["path"] or rows[0]["sha256"]).replace(os.sep, "/")
    return {
        "data": {"image": url + quote(path.lstrip("/")), "sha256": rows[0]["sha256"], "path": rows[0]["path"]},
        "annotations": [_annotation(row) for row in rows],
    }


def _annotation(row: dict[str, Any]) -> dict[str, Any]:
    choice = {
        "from_name": "verdict",
        "to_name": "image",
        "type": "choices",
        "value": {"choices": [row["verdict"]]},
        "meta": {"labeler": [row["labeler"]]},
    }
    seconds = None if row["milliseconds"] is None else row["milliseconds"] / 1000
    return {"unique_id": row["uuid"], "result": [choice], "created_at": plain(row["decided"]), "lead_time": seconds}


def _write_tasks(file: IO[bytes], chunks: Iterator[list[dict[str, Any]]], url: str) -> int:
    count = 0
    file.write(b"[")
    for _, rows in groupby(chain.from_iterable(chunks), key=itemgetter("sha256")):
        file.write((",\n" if count else "\n").encode() + json.dumps(task(list(rows), url), ensure_ascii=False).encode())
        count += 1
    file.write(b"\n]\n")
    return count


def _shown(chunks: Iterator[list[dict[str, Any]]], unit: str) -> Iterator[list[dict[str, Any]]]:
    with Meter("export", None, unit) as meter:
        for chunk in chunks:
            yield chunk
            meter.advance(len(chunk))


def _selection_id(session: Session, name: str | None) -> int | None:
    return None if name is None else newest_selection(session, name).id
