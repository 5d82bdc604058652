"""Tables written row by row as CSV, JSON Lines or Parquet: the file is whole or what it was before."""

from __future__ import annotations

import csv
import datetime as dt
import importlib.util
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from curate.errors import MissingExtra, UserError
from curate.files import writing

Rows = Iterable[list[dict[str, Any]]]  # in chunks
ENDINGS = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet", ".pq": "parquet"}


class NotWritable(UserError):
    """A file cannot be written where it should be."""


def write_table(path: Path, format_name: str, columns: dict[str, type], rows: Rows) -> int:
    """Write rows with these columns; returns how many.

    Columns are typed str, int, float, or object for a time. None is an empty field in CSV and null elsewhere.

    Raises:
        MissingExtra: Parquet without pyarrow.
        NotWritable: the folder does not take the file.
    """
    writer = {"csv": _write_csv, "jsonl": _write_lines, "parquet": _write_parquet}[format_name]
    with replacing(path) as file:
        return writer(file, columns, rows)


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """A file to write that takes the place of `path` when all is written; after an error `path` is as it was."""
    try:
        with writing(path) as file:
            yield file
    except OSError as error:
        raise NotWritable(
            f"cannot write {path}: {error.strerror or error}; what was there is as it was, choose another file"
        ) from error


def plain(value: Any) -> Any:
    """A value as JSON and CSV take it: times in ISO 8601, UTC."""
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
    return value


def _write_csv(file: IO[bytes], columns: dict[str, type], rows: Rows) -> int:
    import io

    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(columns)
    count = 0
    for chunk in rows:
        writer.writerows([plain(row[name]) for name in columns] for row in chunk)
        count += len(chunk)
    text.flush()
    text.detach()
    return count


def _write_lines(file: IO[bytes], columns: dict[str, type], rows: Rows) -> int:
    count = 0
    for chunk in rows:
        for row in chunk:
            line = json.dumps({name: plain(row[name]) for name in columns}, ensure_ascii=False, allow_nan=False)
            file.write(line.encode() + b"\n")
        count += len(chunk)
    return count


def _write_parquet(file: IO[bytes], columns: dict[str, type], rows: Rows) -> int:
    if importlib.util.find_spec("pyarrow") is None:
        raise MissingExtra("parquet", "pyarrow")
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {str: pa.string(), int: pa.int64(), float: pa.float64(), object: pa.timestamp("us", tz="UTC")}
    schema = pa.schema([(name, kinds[kind]) for name, kind in columns.items()])
    count = 0
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for chunk in rows:
            arrays = {name: [row[name] for row in chunk] for name in columns}
            writer.write_table(pa.table(arrays, schema=schema))
            count += len(chunk)
    return count
