"""Where each pixel was a frame ago, how sure that is, and carrying a picture along."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from infer.project import enlarge
from infer.tiles import SCALE

Floats = NDArray[np.float32]
Grey = NDArray[np.uint8]

LARGEST = 400  # px of the picture in which motion is looked for; larger ones are slower and no better
MOST_ENLARGED = 4  # times a lowres picture is enlarged for that
ASTRAY = 2.0  # large px that the way there and back may miss its start by before nothing is trusted
UNLIKE = 0.25  # of -1..1: difference of the lowres pictures along the flow from which on nothing is trusted; faces that
# turn into others grow lighter and darker as a whole


class Flow(NamedTuple):
    """Motion from one picture to an earlier (or later) one, at the large size.

    shift: (2, height, width), x then y, in large pixels: what is here now was at `here + shift` then.
    trust: (height, width), 0 (hidden, gone, or unlike) to 1.
    """

    shift: Floats
    trust: Floats


@contextmanager
def one_thread() -> Iterator[None]:
    """OpenCV with one thread: DIS cuts the picture into as many stripes as there are threads, and differs with them."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)


def grey_of(lowres: Floats) -> Grey:
    """A lowres picture (3, h, w), -1..1, as the grey picture, 2 to 4 times as large, in which motion is looked for."""
    scale = max(1, min(MOST_ENLARGED, LARGEST // max(lowres.shape[1:])))
    grey = np.tensordot(np.array([0.299, 0.587, 0.114], np.float32), lowres, axes=1)[None]
    return np.asarray(np.clip(np.rint((enlarge(grey, scale)[0] + 1) * 127.5), 0, 255), np.uint8)


def find_flow(now: Floats, then: Floats) -> Flow:
    """The flow from lowres picture `now` to `then`, both (3, h, w), for pictures eight times as large.

    Dense inverse search (Kroeger et al. 2016) on the enlarged lowres pictures: better, and nine times as fast, than on
    the large ones, whose texture flickers. It is trusted where the way there and back ends at its start, and where the
    lowres pictures agree along it.
    """
    first, second = grey_of(now), grey_of(then)
    with one_thread():
        search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        nothing = np.zeros((*first.shape, 2), np.float32)
        there, back = (
            np.asarray(search.calc(a, b, nothing.copy()), np.float32) for a, b in ((first, second), (second, first))
        )
        small = there.transpose(2, 0, 1)
        missed = there + sampled(np.ascontiguousarray(back), small, cv2.INTER_LINEAR)
        ratio = SCALE * now.shape[1] / first.shape[0]
        astray = ratio * np.hypot(missed[..., 0], missed[..., 1]) / ASTRAY
        unlike = np.abs(first - sampled(second.astype(np.float32), small, cv2.INTER_LINEAR)) / (127.5 * UNLIKE)
        trust = np.clip(1.5 - 1.5 * np.maximum(astray, unlike), 0, 1) * _inside(small)
        size = (SCALE * now.shape[2], SCALE * now.shape[1])
        shift = [cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR) * np.float32(ratio) for plane in small]
        return Flow(np.stack(shift), np.asarray(cv2.resize(trust, size, interpolation=cv2.INTER_LINEAR), np.float32))


def carry(picture: Floats, shift: Floats) -> Floats:
    """The picture (C, height, width) of then, moved to where its pixels are now.

    By Lanczos: a picture that is carried many times by bilinear interpolation loses its texture.
    """
    layers = np.ascontiguousarray(picture.transpose(1, 2, 0))
    moved = sampled(layers, shift, cv2.INTER_LANCZOS4)
    return np.ascontiguousarray(moved.reshape(layers.shape).transpose(2, 0, 1))


def sampled(layers: NDArray[np.float32], shift: Floats, how: int) -> Floats:
    rows, columns = np.indices(shift.shape[1:], dtype=np.float32)
    moved = cv2.remap(layers, columns + shift[0], rows + shift[1], how, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.float32)


def _inside(shift: Floats) -> Floats:
    """1 where the flow stays in the picture, 0 where it comes from outside."""
    height, width = shift.shape[1:]
    rows, columns = np.indices((height, width), dtype=np.float32)
    x, y = columns + shift[0], rows + shift[1]
    return np.asarray((x >= 0) & (y >= 0) & (x <= width - 1) & (y <= height - 1), np.float32)
