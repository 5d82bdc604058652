"""The page's own files: read once, compressed once, under an address that changes with them."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from pathlib import Path
from typing import NamedTuple

from flask import Flask, Response, request
from werkzeug.exceptions import NotFound

FOLDER = Path(__file__).parent / "static"
TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}


class Asset(NamedTuple):
    """A file as it is sent."""

    plain: bytes
    packed: bytes
    mimetype: str


class Assets:
    """Files in memory: those named, or else all of the swipe page."""

    def __init__(self, *paths: Path) -> None:
        chosen = paths or sorted(FOLDER.iterdir())
        self.files = {path.name: _load(path) for path in chosen if path.is_file()}
        content = b"".join(name.encode() + asset.plain for name, asset in self.files.items())
        self.version = hashlib.sha256(content).hexdigest()[:12]

    def url(self, name: str) -> str:
        """Where a file is found; scripts import each other relative to it."""
        assert name in self.files, name
        return f"/static/{self.version}/{name}"

    def scripts(self) -> list[str]:
        """The addresses of all modules of the page, to be fetched at once."""
        return [
            self.url(name)
            for name in self.files
            if name.endswith(".js") and name not in {"sw.js", "join.js", "review.js"}
        ]

    def answer(self, name: str, version: str | None) -> Response:
        """The file, compressed if the browser takes that."""
        if name not in self.files:
            raise NotFound
        asset = self.files[name]
        packed = "gzip" in request.headers.get("Accept-Encoding", "")
        answer = Response(asset.packed if packed else asset.plain, mimetype=asset.mimetype)
        if packed:
            answer.headers["Content-Encoding"] = "gzip"
        answer.headers["Vary"] = "Accept-Encoding"
        same = version == self.version
        answer.headers["Cache-Control"] = "public, max-age=31536000, immutable" if same else "no-cache"
        return answer


def _load(path: Path) -> Asset:
    data = path.read_bytes()
    kind = TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Asset(data, gzip.compress(data, 9, mtime=0), kind)


def assets(app: Flask) -> Assets:
    """The app's files."""
    found = app.extensions["assets"]
    assert isinstance(found, Assets)
    return found
