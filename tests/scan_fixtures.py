"""Pictures and bad files for the tests of pixels and scan."""

from __future__ import annotations

import io
import os
import signal
import sqlite3
import struct
import zlib
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from curate.drawing import draw_portrait
from curate.scan_cluster import examine_chunk
from curate.scan_worker import Outcome, examine_all

Pixels = NDArray[np.uint8]


@cache
def portrait(seed: int = 1, size: int = 256) -> Pixels:
    """A drawn portrait, (size, size, 3)."""
    return draw_portrait(np.random.default_rng(seed), size).image


def encoded(array: NDArray[Any], format_name: str, mode: str | None = None, **options: Any) -> bytes:
    """A picture file's bytes, by Pillow."""
    image = Image.fromarray(array)
    buffer = io.BytesIO()
    (image.convert(mode) if mode else image).save(buffer, format_name, **options)
    return buffer.getvalue()


def bomb_png(width: int, height: int) -> bytes:
    """A small PNG file that says it has a great many pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def bad_files() -> dict[str, tuple[bytes, str]]:
    """Files that cannot be used, by name: their bytes, and the kind of reason that is expected."""
    jpeg = encoded(portrait(), "JPEG", quality=90)
    png = encoded(portrait(), "PNG")
    broken = bytearray(png)
    broken[len(png) // 2] ^= 0xFF
    return {
        "empty.jpg": (b"", "empty file"),
        "half.jpg": (jpeg[: len(jpeg) // 2], "truncated"),
        "nearly.jpg": (jpeg[:-2], "truncated"),
        "head.jpg": (jpeg[:200], "truncated"),
        "start.jpg": (jpeg[:3], "damaged"),
        "half.png": (png[: len(png) // 2], "truncated"),
        "crc.png": (bytes(broken), "damaged"),
        "half.webp": (encoded(portrait(), "WEBP")[:900], "damaged"),
        "half.gif": (encoded(portrait(), "GIF")[:4000], "truncated"),
        "half.tiff": (encoded(portrait(), "TIFF")[:5000], "truncated"),
        "bomb.png": (bomb_png(60_000, 60_000), "too many pixels"),
        "large.png": (bomb_png(10_000, 9_000), "too many pixels"),
        "page.jpg": (b"<html><body>404 Not Found</body></html>", "not a picture"),
        "notes.txt": (b"bring milk", "not a picture"),
        "film.mp4": (b"\x00\x00\x00\x18ftypmp42" + bytes(64), "not a picture"),
        "phone.heic": (b"\x00\x00\x00\x18ftypheic" + bytes(64), "HEIC picture"),
        "zeros.jpg": (bytes(5000), "not a picture"),
    }


def odd_files() -> dict[str, tuple[bytes, str]]:
    """Pictures that need care, by name: their bytes, and the format that is expected."""
    face = portrait()
    alpha = np.dstack([face, np.full(face.shape[:2], 128, np.uint8)])
    frames = [Image.fromarray(face), Image.fromarray(255 - face)]
    deep = (face[..., 0].astype(np.uint16) * 257).astype(np.uint16)
    return {
        "grey.jpg": (encoded(face, "JPEG", "L"), "JPEG"),
        "cmyk.jpg": (encoded(face, "JPEG", "CMYK"), "JPEG"),
        "progressive.jpg": (encoded(face, "JPEG", progressive=True), "JPEG"),
        "deep.png": (encoded(deep, "PNG"), "PNG"),
        "palette.png": (encoded(face, "PNG", "P"), "PNG"),
        "alpha.png": (encoded(alpha, "PNG"), "PNG"),
        "bits.png": (encoded(face, "PNG", "1"), "PNG"),
        "moving.gif": (encoded(face, "GIF", save_all=True, append_images=frames[1:]), "GIF"),
        "moving.webp": (encoded(face, "WEBP", save_all=True, append_images=frames[1:]), "WEBP"),
        "pages.tiff": (encoded(face, "TIFF", save_all=True, append_images=frames[1:]), "TIFF"),
        "bitmap.bmp": (encoded(face, "BMP"), "BMP"),
        "plain.ppm": (encoded(face, "PPM"), "PPM"),
        "wave.jp2": (encoded(face, "JPEG2000"), "JPEG2000"),
        "really-a-png.jpg": (encoded(face, "PNG"), "PNG"),
        "tail.jpg": (encoded(face, "JPEG") + b"\0" * 100, "JPEG"),
    }


def write_all(folder: Path, files: dict[str, tuple[bytes, str]]) -> None:
    """Put such files into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, (data, _) in files.items():
        (folder / name).write_bytes(data)


def write_portraits(folder: Path, count: int, size: int = 160) -> None:
    """Different portraits: a few that are drawn, in other light."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        light = np.clip(portrait(1 + number % 3, size) * (0.6 + 0.005 * number), 0, 255).astype(np.uint8)
        (folder / f"portrait-{number:03}.jpg").write_bytes(encoded(light, "JPEG", quality=80))


def examine_or_die(paths: list[str]) -> list[Outcome]:
    """What a worker does, and it is killed by some files."""
    if any("killer" in path for path in paths):
        os.kill(os.getpid(), signal.SIGKILL)
    return examine_all(paths)


def die_or_examine(paths: list[str], scan: str) -> list[Outcome]:
    """What a worker of a cluster does, and it is killed by some files."""
    if any("killer" in path for path in paths):
        os.kill(os.getpid(), signal.SIGKILL)
    return examine_chunk(paths, scan)


def content(database: Path) -> list[str]:
    """What a scan wrote, without row ids and times, in an order of its own."""
    with closing(sqlite3.connect(database)) as connection:
        connection.row_factory = sqlite3.Row
        images = {row["id"]: row["sha256"] for row in connection.execute("select id, sha256 from images")}
        rows: list[str] = []
        for table in ("images", "files", "measures", "faces"):
            for row in connection.execute(f"select * from {table}"):
                values = {name: row[name] for name in row.keys() if name not in {"id", "first_seen", "seen"}}  # noqa: SIM118 - a Row iterates over its values
                if values.get("image_id") is not None:
                    values["image_id"] = images[values["image_id"]]
                rows.append(f"{table} {values}")
    return sorted(rows)
