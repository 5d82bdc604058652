"""Video files by PyAV: segments, joining them, colours said, the recipe and the mark of AI inside."""

from __future__ import annotations

import json
import os
import struct
import uuid
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from curate.errors import MissingExtra, UserError
from curate.files import writing
from infer.credentials import seal
from infer.recipe import KEY, NoRecipe, Recipe, xmp

Pixels = NDArray[np.uint8]

SUFFIXES = (".mp4", ".mkv")
XMP_BOX = uuid.UUID("be7acfcb-97a9-42e8-9c71-999491e3afac")  # XMP specification, part 3, 1.2.7
BT709, SRGB, RGB = 1, 13, 0  # code points of ISO 23091-2: primaries, transfer and matrix are 1 for ITU-R BT.709
NARROW, FULL = 1, 2  # ranges as FFmpeg counts them
UNSAID = 2  # a matrix that the file does not name
MARK = "Made by an AI with swipegan"


class NoFilm(UserError):
    """A video file that is not there, is cut off, or cannot be read."""


def av() -> Any:
    """PyAV; MissingExtra where it is not installed."""
    try:
        import av as found
    except ModuleNotFoundError as error:
        if error.name != "av":
            raise
        raise MissingExtra("video", "av") from error
    found.logging.set_level(found.logging.ERROR)
    return found


def write_segment(path: Path, frames: Iterable[Pixels], fps: Fraction, crf: int = 16) -> None:
    """Write RGB frames (height, width, 3) as a film of their own, which can be joined to others.

    .mp4 is H.264, 4:2:0, in the colours of BT.709; `crf` is x264's quality, 0 best, 51 worst. .mkv is FFV1 in RGB,
    without any loss. The same frames give the same bytes.
    """
    with writing(path) as file, _container(file.name, path.suffix) as container:
        stream = None
        for frame in frames:
            stream = stream or _stream(container, path.suffix, frame.shape, fps, crf)
            container.mux(stream.encode(to_frame(frame, stream.pix_fmt)))
        if stream is None:
            raise ValueError(f"{path} would be a film without frames")
        container.mux(stream.encode())


def _container(name: str, suffix: str, **metadata: str) -> Any:
    options = {"fflags": "+bitexact"}  # no random numbers, no time
    if suffix == ".mp4":
        options["movflags"] = "use_metadata_tags+faststart"
    container = av().open(name, "w", format="mp4" if suffix == ".mp4" else "matroska", options=options)
    container.metadata.update(metadata)
    return container


def _stream(container: Any, suffix: str, shape: Sequence[int], fps: Fraction, crf: int) -> Any:
    h264 = suffix == ".mp4"
    options = {"crf": str(crf), "preset": "medium"} if h264 else {"level": "3", "slices": "4", "slicecrc": "1"}
    stream = container.add_stream("libx264" if h264 else "ffv1", rate=fps, options=options)
    stream.height, stream.width = shape[:2]
    stream.pix_fmt = "yuv420p" if h264 else "bgr0"
    codec = stream.codec_context
    codec.thread_count = 1  # x264 writes other bytes with other numbers of threads
    codec.color_primaries = BT709
    codec.color_trc, codec.colorspace, codec.color_range = (BT709, BT709, NARROW) if h264 else (SRGB, RGB, FULL)
    return stream


def to_frame(pixels: Pixels, layout: str = "yuv420p") -> Any:
    """RGB (height, width, 3) as a frame of PyAV: in the colours of BT.709, or `bgr0` without any loss."""
    frame = av().VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
    if layout == "bgr0":
        return frame.reformat(format=layout)
    colours = {"dst_colorspace": "ITU709", "src_color_range": "JPEG", "dst_color_range": "MPEG"}
    return frame.reformat(format=layout, interpolation="BICUBIC", **colours)


def from_frame(frame: Any) -> Pixels:
    """A frame of PyAV as RGB (height, width, 3); one that does not say its colours is taken for BT.709."""
    unsaid = frame.format.name.startswith("yuv") and frame.colorspace == UNSAID
    matrix = {"src_colorspace": "ITU709"} if unsaid else {}
    return np.asarray(frame.reformat(format="rgb24", dst_color_range="JPEG", **matrix).to_ndarray(), np.uint8)


def read_frames(path: Path) -> Iterator[Pixels]:
    """The frames of a film, RGB (height, width, 3), one after the other; NoFilm where it is damaged."""
    try:
        with av().open(str(path)) as container:
            for frame in container.decode(video=0):
                yield from_frame(frame)
    except (OSError, av().FFmpegError, IndexError) as error:
        raise NoFilm(f"{path} cannot be read as a video: {error}") from error


def join(
    segments: Sequence[tuple[Path, int]], path: Path, fps: Fraction, recipe: Recipe, sound: Path | None = None
) -> None:
    """Put segments (film, number of its frames) one behind the other without encoding again; the recipe goes inside.

    sound: a film whose sound, as it is, goes beside the pictures; it starts with the first of them.
    """
    marks = {KEY: recipe.text(), "comment": MARK, "digital_source_type": recipe.source}
    with writing(path) as file:
        with _container(file.name, path.suffix, **marks) as container:
            with av().open(str(segments[0][0])) as first:
                stream = container.add_stream_from_template(first.streams.video[0])
            if sound is not None:
                _copy_sound(sound, container)
            done = 0
            for segment, count in segments:
                with av().open(str(segment)) as source:
                    container.mux(_moved(source.demux(video=0), stream, done, fps))
                done += count
        if path.suffix == ".mp4":
            _append_xmp(file.name, recipe.source)
        seal(file, path.suffix, recipe)


def _copy_sound(path: Path, container: Any) -> None:
    with av().open(str(path)) as source:
        if not source.streams.audio:
            return
        own = source.streams.audio[0]
        stream = container.add_stream_from_template(own)
        for packet in source.demux(own):
            if packet.dts is not None:
                packet.stream = stream
                container.mux(packet)


def _moved(packets: Iterable[Any], stream: Any, done: int, fps: Fraction) -> Iterator[Any]:
    for packet in packets:
        if packet.pts is None:
            continue  # the one that says that there are no more
        for name in ("pts", "dts"):  # a container may keep whole milliseconds only
            frame = round(getattr(packet, name) * packet.time_base * fps) + done
            setattr(packet, name, frame)
        packet.duration, packet.time_base, packet.stream = 1, 1 / fps, stream
        yield packet


def _append_xmp(name: str, source: str) -> None:
    content = XMP_BOX.bytes + xmp(source).encode()
    with open(name, "ab") as file:
        file.write(struct.pack(">I4s", 8 + len(content), b"uuid") + content)
        file.flush()
        os.fsync(file.fileno())


def film_facts(path: Path) -> tuple[int, int, Fraction]:
    """Height, width and frames a second of a film; NoFilm where it is none."""
    try:
        with av().open(str(path)) as container:
            stream = container.streams.video[0]
            return stream.height, stream.width, Fraction(stream.average_rate or stream.guessed_rate)
    except (OSError, av().FFmpegError, IndexError, TypeError) as error:
        raise NoFilm(f"{path} cannot be read as a video: {error}") from error


def read_film_recipe(path: Path) -> Recipe:
    """The recipe of a video that swipegan made; NoRecipe where there is none."""
    try:
        with av().open(str(path)) as container:
            marks = {key.lower(): value for key, value in container.metadata.items()}
        return Recipe(**json.loads(marks[KEY]))
    except OSError as error:
        raise NoRecipe(f"{path} cannot be read: {error.strerror or error}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise NoRecipe(f"{path} is no video made by swipegan") from error


def is_finished_film(path: Path, request: dict[str, Any]) -> bool:
    """Whether `path` is a video of exactly this request; it becomes one in a moment, so it is whole."""
    try:
        return path.exists() and read_film_recipe(path).request == json.loads(json.dumps(request))
    except NoRecipe:
        return False
