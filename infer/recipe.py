"""What a picture was made of, kept in the picture itself, with the mark of pictures made by an AI."""

from __future__ import annotations

import hashlib
import io
import json
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from curate.errors import UserError

KEY = "swipegan"
XMP_KEY = "XML:com.adobe.xmp"
SIGNATURE = b"\x89PNG\r\n\x1a\n"
AI_MADE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
AI_EDITED = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"  # from a photo
# The byte order mark is part of the packet's header (XMP specification, part 1, 7.3.2).
XMP = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
    ' xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:CreatorTool="swipegan {version}">'
    "<Iptc4xmpExt:DigitalSourceType>{source}</Iptc4xmpExt:DigitalSourceType>"
    '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)


class NoRecipe(UserError):
    """A file that is no whole PNG with a recipe."""


@dataclass(frozen=True)
class Recipe:
    """`request`: what was asked for, all that decides how the picture looks. `result`: what was found on the way."""

    request: dict[str, Any]
    result: dict[str, Any] = field(default_factory=dict)
    source: str = AI_MADE

    def __post_init__(self) -> None:
        if not isinstance(self.request, dict) or not isinstance(self.result, dict):
            raise TypeError("request and result are objects")

    def text(self) -> str:
        """The recipe as JSON, in ASCII."""
        return json.dumps(asdict(self), sort_keys=True)

    def texts(self) -> dict[str, str]:
        """What goes into a PNG's text chunks."""
        return {KEY: self.text(), XMP_KEY: xmp(self.source)}


def xmp(source: str) -> str:
    """The XMP packet that says who made a picture, and how: IPTC's digital source type."""
    return XMP.format(version=swipegan(), source=source)


def swipegan() -> str:
    """The version of swipegan at work."""
    try:
        return version("swipegan")
    except PackageNotFoundError:  # run from a folder that is not installed
        return "unknown"


def write_picture(
    path: Path,
    picture: NDArray[np.uint8],
    recipe: Recipe,
    dpi: tuple[float, float] | None = None,
    profile: bytes | None = None,
) -> None:
    """Write a PNG with its recipe and the mark of AI-made pictures: all of it, or nothing."""
    from curate.files import write_atomically
    from curate.pixels import encode_png
    from infer.credentials import seal_bytes

    png = encode_png(picture, text=recipe.texts(), dpi=dpi, profile=profile)
    write_atomically(path, seal_bytes(png, ".png", recipe))


def read_recipe(path: Path) -> Recipe:
    """The recipe of a PNG or TIFF, all of which is checked: a cut or damaged file raises `NoRecipe`."""
    try:
        with path.open("rb") as file:
            text = _png_text(file) if file.read(1) == SIGNATURE[:1] else _tiff_text(path)
        return Recipe(**json.loads(text))
    except OSError as error:
        raise NoRecipe(f"{path} cannot be read: {error.strerror}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise NoRecipe(f"{path} is no whole picture made by swipegan") from error


@contextmanager
def understood(path: Path | str) -> Iterator[None]:
    """Within, what a recipe says is read: raises NoRecipe where it says another kind of value than swipegan writes."""
    try:
        yield
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
        raise NoRecipe(f"{path}: its recipe was not written by swipegan, or was changed ({error!r})") from error


def _png_text(file: IO[bytes]) -> str:
    file.seek(0)
    return dict(text for chunk in chunks(file) if (text := _text(*chunk)) is not None)[KEY]


def _tiff_text(path: Path) -> str:
    from infer.tiffs import checked_description, is_tiff

    if not is_tiff(path):
        raise ValueError("neither PNG nor TIFF")
    return checked_description(path)


def is_finished(path: Path, request: dict[str, Any]) -> bool:
    """Whether `path` is a whole picture of exactly this request."""
    try:
        return path.exists() and read_recipe(path).request == json.loads(json.dumps(request))
    except NoRecipe:
        return False


def chunks(png: bytes | IO[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Kind and content of each chunk of a PNG, one at a time; ValueError where a checksum differs or the end lacks."""
    file = io.BytesIO(png) if isinstance(png, bytes) else png
    if file.read(len(SIGNATURE)) != SIGNATURE:
        raise ValueError("no PNG")
    left, kind = _bytes_left(file), b""
    while kind != b"IEND":
        head = file.read(8)
        size = int.from_bytes(head[:4], "big")
        kind, left = head[4:], left - 12 - size
        if left < 0 or len(head) < 8:
            raise ValueError("the PNG is cut off")
        content = file.read(size)
        if file.read(4) != struct.pack(">I", zlib.crc32(kind + content)):
            raise ValueError("the PNG is damaged")
        yield kind, content


def _bytes_left(file: IO[bytes]) -> int:
    here = file.tell()
    end = file.seek(0, io.SEEK_END)
    file.seek(here)
    return end - here


def _text(kind: bytes, content: bytes) -> tuple[str, str] | None:
    if kind == b"tEXt":
        key, value = content.split(b"\0", 1)
        return key.decode("latin-1"), value.decode("latin-1")
    if kind == b"iTXt":
        key, rest = content.split(b"\0", 1)
        packed, (_language, _translated, value) = rest[0], rest[2:].split(b"\0", 2)
        return key.decode("latin-1"), (zlib.decompress(value) if packed else value).decode("utf-8")
    return None


def digest(files: list[Path]) -> str:
    """SHA-256 over the weights of a network, one file or several in order; 64 hex digits."""
    total = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            total.update(hashlib.file_digest(file, "sha256").digest())
    return total.hexdigest()
