"""How much a clip flickers, how sharp it is and how true to its lowres frames, beside another version of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from infer.flow import carry, grey_of, one_thread, sampled
from infer.paint import unquantised
from infer.project import enlarge, lowres_psnr
from infer.tiles import SCALE

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]

MISSED = 2.0  # large px by which the way there and back may miss its start where a frame is judged
CONTRAST = np.float32(30)
EDGE = 16  # px of the frame's edge that are not judged


@dataclass(frozen=True)
class Verdict:
    """A clip beside the version in which each frame was painted for itself.

    flicker: ratio of the warp errors, 0 still, 1 no better. flicker_of_detail: the same of what the large frames have
    beyond the enlarged lowres ones. flicker_of_lowres: what the enlarged lowres frames alone would have: a face that
    becomes another is not still, and no more can be reached. sharpness: ratio of the variances of the Laplacian, 1 as
    sharp. lowres_psnr, lowres_psnr_least: agreement with the lowres frames, mean and worst, in dB. pairs: of frames.
    """

    flicker: float
    flicker_of_detail: float
    flicker_of_lowres: float
    sharpness: float
    lowres_psnr: float
    lowres_psnr_least: float
    naive_lowres_psnr: float
    pairs: int

    def text(self) -> str:
        """One line for people."""
        return (
            f"of frames painted one by one: flicker {self.flicker:.2f} (of detail {self.flicker_of_detail:.2f}; the "
            f"enlarged small faces alone {self.flicker_of_lowres:.2f}), sharpness {self.sharpness:.2f}; agreement with "
            f"the small faces {self.lowres_psnr:.1f} dB, at least {self.lowres_psnr_least:.1f}"
        )


class Judge:
    """Looks at both versions of a clip, frame by frame; `seen` is all that it remembers of the frame before."""

    def __init__(self, seen: dict[str, NDArray[Any]] | None = None) -> None:
        self.seen = seen or {}

    def __call__(self, naive: Pixels, steady: Pixels, lowres: Floats) -> dict[str, float]:
        """What this frame adds to the sums; frames (8S, 8S, 3), lowres (3, S, S), -1..1."""
        now: dict[str, NDArray[Any]] = {"naive": naive, "steady": steady, "lowres": lowres}
        found = {"frames": 1.0}
        for name in ("naive", "steady"):
            found[f"sharp {name}"] = sharpness(now[name])
            found[f"psnr {name}"] = lowres_psnr(unquantised(now[name]), lowres)
        if self.seen:
            shift, valid = farneback(lowres, self.seen["lowres"])
            found["pairs"] = 1.0
            base, before = enlarge(lowres), enlarge(self.seen["lowres"])
            found["warp lowres"] = warp_error(base, before, shift, valid)
            for name in ("naive", "steady"):
                picture, last = unquantised(now[name]), unquantised(self.seen[name])
                found[f"warp {name}"] = warp_error(picture, last, shift, valid)
                found[f"warp detail {name}"] = warp_error(picture - base, last - before, shift, valid)
        self.seen = now
        return found


def verdict(frames: list[dict[str, float]]) -> Verdict:
    """The sums of all frames as ratios."""

    def total(name: str) -> float:
        return sum(frame.get(name, 0.0) for frame in frames)

    count = max(total("frames"), 1.0)
    return Verdict(
        flicker=total("warp steady") / max(total("warp naive"), 1e-12),
        flicker_of_detail=total("warp detail steady") / max(total("warp detail naive"), 1e-12),
        flicker_of_lowres=total("warp lowres") / max(total("warp naive"), 1e-12),
        sharpness=total("sharp steady") / max(total("sharp naive"), 1e-12),
        lowres_psnr=total("psnr steady") / count,
        lowres_psnr_least=min((frame["psnr steady"] for frame in frames), default=0.0),
        naive_lowres_psnr=total("psnr naive") / count,
        pairs=int(total("pairs")),
    )


def farneback(now: Floats, then: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Where pixels of the large frame were, (2, 8S, 8S), and where that may be judged: by Farneback 2003.

    Another method than the one that steadies clips: that one's own mistakes would count as stillness.
    """
    first, second = grey_of(now), grey_of(then)
    ratio = np.float32(SCALE * now.shape[1] / first.shape[0])
    with one_thread():
        there, back = _farneback(first, second), _farneback(second, first)
        small = np.ascontiguousarray(there.transpose(2, 0, 1))
        missed = ratio * np.hypot(*(there + sampled(back, small, cv2.INTER_LINEAR)).transpose(2, 0, 1))
        size = (SCALE * now.shape[2], SCALE * now.shape[1])
        shift = np.stack([cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR) * ratio for plane in small])
        valid = cv2.resize(np.asarray(missed, np.float32), size, interpolation=cv2.INTER_LINEAR) < MISSED
    valid[:EDGE], valid[-EDGE:], valid[:, :EDGE], valid[:, -EDGE:] = False, False, False, False
    return np.asarray(shift, np.float32), np.asarray(valid)


def _farneback(first: Pixels, second: Pixels) -> Floats:
    # OpenCV adds a constant to what it divides by, so that soft pictures seem to stand still; more contrast helps.
    strong = [grey.astype(np.float32) * CONTRAST for grey in (first, second)]
    found = cv2.calcOpticalFlowFarneback(strong[0], strong[1], None, 0.5, 4, 21, 3, 7, 1.5, 0)  # type: ignore[call-overload]
    return np.asarray(found, np.float32)


def warp_error(now: Floats, then: Floats, shift: Floats, valid: NDArray[np.bool_]) -> float:
    """Mean square of what is left between a frame (3, height, width) and the one before, carried along the flow."""
    if not valid.any():
        return 0.0
    off = np.square(now - carry(then, shift)).mean(axis=0)
    return float(off[valid].mean())


def sharpness(frame: Pixels) -> float:
    """Variance of the Laplacian of the grey frame, edges left out."""
    grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)[EDGE:-EDGE, EDGE:-EDGE]
    return float(cv2.Laplacian(grey, cv2.CV_32F).var())
