"""The same picture twice: equal looks by a perceptual hash, equal faces by their aligned chips."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from curate.pairs import BLOCK, NONE, Pairs, pairs_over
from curate.resize import halved

Pixels = NDArray[np.uint8]
Vectors = NDArray[np.float32]

CHIP = 48  # pixels of a face's chip
FINER = 2  # times as fine a chip is drawn, then averaged
COARSE = 16  # pixels at which all chips are compared
SAME_FACE = 0.96  # correlation of two coarse chips of one photo; of 367,000 pairs of different people the most is 0.957
SAME_PHOTO = 0.976  # correlation of their fine detail; of 80 pairs of a neutral and a smiling photo the most is 0.972
FINE, FINER_STILL = 1.5, 0.75  # pixels: detail coarser than the one and finer than the other is not looked at
RIM = 4  # pixels of a chip's border that may have moved in
SAME_LOOK = 3  # bits of 64; portraits before one background differ in as few as 4
STRONGEST = 32  # waves of a chip that are compared first
AT_ONCE = 20_000  # chips, or pairs of them, whose waves are held in memory
ROUNDING = 1e-5  # of products of single precision

# Where the eyes, the tip of the nose and the corners of the mouth are in a chip, as shares of its side.
FIVE = np.array([[0.31, 0.39], [0.69, 0.39], [0.5, 0.62], [0.36, 0.76], [0.64, 0.76]])


def phash(grey: Pixels) -> str:
    """Perceptual hash of a grey picture: its 8 x 8 lowest cosine waves against their median, 64 bits as 16 hex digits.

    Two copies of one picture, however stored, differ in a few of the 64 bits, different pictures in about 32.
    """
    tiny = cv2.resize(grey, (32, 32), interpolation=cv2.INTER_AREA).astype(np.float32)
    waves = np.asarray(cv2.dct(tiny), np.float32)[:8, :8].ravel()
    return np.packbits(waves > np.median(waves)).tobytes().hex()


def chip_of(grey: Pixels, landmarks: NDArray[np.float64]) -> Pixels:
    """The face with landmarks (68, 2) of a grey picture, upright and always at the same place: (48, 48)."""
    eyes = landmarks[36:42].mean(axis=0), landmarks[42:48].mean(axis=0)
    points = np.array([*eyes, landmarks[30], landmarks[48], landmarks[54]])
    turn, shift = _similarity(points, FIVE * CHIP * FINER)
    while np.hypot(*turn[0]) < 0.5 and min(grey.shape) > 2 * CHIP:
        grey, turn = halved(grey), 2 * turn  # or the warp would skip pixels
    large = cv2.warpAffine(
        grey, np.column_stack([turn, shift]), (CHIP * FINER, CHIP * FINER), borderMode=cv2.BORDER_REPLICATE
    )
    return cast(Pixels, cv2.resize(large, (CHIP, CHIP), interpolation=cv2.INTER_AREA))


def _similarity(
    points: NDArray[np.float64], to: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Turn with scale (2, 2) and shift (2,) that bring points (n, 2) nearest to others, by least squares."""
    ours, theirs = points - points.mean(axis=0), to - to.mean(axis=0)
    size = max(float((ours**2).sum()), 1e-9)
    along = float((ours * theirs).sum()) / size
    across = float((ours[:, 0] * theirs[:, 1] - ours[:, 1] * theirs[:, 0]).sum()) / size
    turn = np.array([[along, -across], [across, along]])
    return turn, to.mean(axis=0) - turn @ points.mean(axis=0)


def coarse_of(chip: Pixels) -> Pixels:
    """A chip (48, 48) as all chips are compared: (16, 16)."""
    return cast(Pixels, cv2.resize(chip, (COARSE, COARSE), interpolation=cv2.INTER_AREA))


def same_photo(first: Pixels, second: Pixels) -> bool:
    """Whether two chips (48, 48) of alike faces are from one photo, however it was cut, mirrored or stored.

    A neutral and a smiling photo of one sitting are as alike as that where all is coarse. So one chip is laid on the
    other (affine, by Evangelidis and Psarakis 2008), and only detail of one to two pixels is compared, at which eyes,
    mouth and hair of another moment lie elsewhere; a photo that was made small still has it.
    """
    mirrored = np.ascontiguousarray(second[:, ::-1])
    if _correlation(first, mirrored) > _correlation(first, second):
        second = mirrored
    still, moved = (np.asarray(chip, np.float32) / np.float32(255) for chip in (first, second))
    return _correlation(_detail(still), _detail(_laid_on(still, moved))) >= SAME_PHOTO


def _correlation(first: NDArray[Any], second: NDArray[Any]) -> float:
    one, other = (values.astype(np.float64).ravel() for values in (first - first.mean(), second - second.mean()))
    return float(one @ other / max(float(np.linalg.norm(one) * np.linalg.norm(other)), 1e-9))


def _laid_on(still: Vectors, moved: Vectors) -> Vectors:
    """The chip `moved`, shifted, turned and stretched to lie on `still` as well as it can."""
    criteria = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 50, 1e-5)
    try:
        start, everywhere = np.eye(2, 3, dtype=np.float32), np.full(still.shape, 255, np.uint8)
        _, way = cv2.findTransformECC(still, moved, start, cv2.MOTION_AFFINE, criteria, everywhere, 3)
    except cv2.error:  # it found no way that is better than none
        return moved
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    return cast(Vectors, cv2.warpAffine(moved, way, still.shape[::-1], flags=flags, borderMode=cv2.BORDER_REPLICATE))


def _detail(chip: Vectors) -> Vectors:
    """What a chip holds between two scales, without its rim; flat."""
    band = cv2.GaussianBlur(chip, (0, 0), FINER_STILL) - cv2.GaussianBlur(chip, (0, 0), FINE)
    return np.asarray(band, np.float32)[RIM:-RIM, RIM:-RIM].ravel()


def alike_faces(chips: Pixels, threshold: float = SAME_FACE) -> Pairs:
    """Pairs of coarse chips (n, 16, 16) that correlate at least that much, one of them mirrored or not.

    All pairs are compared, first by 33 numbers each that bound the correlation from above, so none is missed; the time
    grows with the square of the count. Two photos of one sitting can be as alike: `same_photo` tells them apart.
    """
    bounding = _bounding(chips)
    found = [_checked(chips, rows, threshold) for rows in pairs_over(bounding, bounding, threshold - ROUNDING)]
    return np.concatenate([NONE, *found])


def _waves(chips: Pixels) -> Vectors:
    """Coarse chips as unit vectors (n, 256) of cosine waves, without brightness and contrast.

    A mirror image only turns the sign of the waves that are odd from left to right.
    """
    import scipy.fft  # half a second, which a scan does without

    values = chips.reshape(-1, COARSE, COARSE).astype(np.float32)
    waves = scipy.fft.dctn(values, axes=(1, 2), norm="ortho")
    waves[:, 0, 0] = 0  # brightness
    waves /= np.maximum(np.linalg.norm(waves, axis=(1, 2), keepdims=True), 1e-6)  # contrast
    flat: Vectors = waves.reshape(-1, COARSE * COARSE)
    return flat


def _bounding(chips: Pixels) -> Vectors:
    """The strongest even waves and the length of all the rest: (n, 33).

    The product of two such rows is at least the correlation of the chips, mirrored or not, by Cauchy and Schwarz.
    """
    starts = range(0, len(chips), AT_ONCE)
    even = np.flatnonzero(np.tile(np.arange(COARSE) % 2 == 0, COARSE))
    power = sum(
        (np.square(_waves(chips[start : start + AT_ONCE])[:, even]).sum(axis=0) for start in starts), np.zeros(1)
    )
    strongest = even[np.argsort(-power, kind="stable")[:STRONGEST]] if len(chips) else even[:STRONGEST]
    rows = np.empty((len(chips), STRONGEST + 1), np.float32)
    for start in starts:
        waves = _waves(chips[start : start + AT_ONCE])
        part = rows[start : start + AT_ONCE]
        part[:, :-1] = waves[:, strongest]
        part[:, -1] = np.sqrt(np.maximum(np.square(waves).sum(axis=1) - np.square(part[:, :-1]).sum(axis=1), 0))
    return rows


def _checked(chips: Pixels, pairs: Pairs, threshold: float) -> Pairs:
    signs = np.tile(np.where(np.arange(COARSE) % 2, -1, 1).astype(np.float32), COARSE)
    kept = [NONE]
    for start in range(0, len(pairs), AT_ONCE):
        part = pairs[start : start + AT_ONCE]
        first, second = _waves(chips[part[:, 0]]), _waves(chips[part[:, 1]])
        plain, mirrored = (first * second).sum(axis=1), (first * second * signs).sum(axis=1)
        kept.append(part[np.maximum(plain, mirrored) >= threshold])
    return np.concatenate(kept)


def near_hashes(hashes: Sequence[str], radius: int = SAME_LOOK) -> Pairs:
    """Pairs of perceptual hashes that differ in at most `radius` bits, 7 at most.

    Exact: of the eight bytes of two such hashes one is equal, so only those that share a byte are compared.
    """
    if radius > 7:
        raise ValueError("hashes more than 7 bits apart may share no byte")
    bits = np.array([int(each, 16) for each in hashes], np.uint64)
    unique, back = np.unique(bits, return_inverse=True)
    order = np.argsort(back, kind="stable")
    equal = np.column_stack([order[:-1], order[1:]])[back[order[:-1]] == back[order[1:]]]
    first = np.full(len(unique), -1, np.int64)
    first[back[::-1]] = np.arange(len(bits))[::-1]
    near = [pairs for byte in range(8) for pairs in _sharing(unique, np.uint64(8 * byte), radius)]
    return np.unique(np.sort(np.concatenate([equal, *(first[pairs] for pairs in near)]), axis=1), axis=0)


def _sharing(hashes: NDArray[np.uint64], shift: np.uint64, radius: int) -> Iterator[Pairs]:
    """Pairs that are near among those that have the byte at `shift` in common."""
    byte = (hashes >> shift) & np.uint64(255)
    for value in np.unique(byte):
        members = np.flatnonzero(byte == value)
        for top in range(0, len(members), BLOCK):
            rows, others = members[top : top + BLOCK], members[top:]
            apart = np.bitwise_count(hashes[rows][:, None] ^ hashes[others][None])
            places = np.argwhere(apart <= radius)
            pairs = np.column_stack([rows[places[:, 0]], others[places[:, 1]]])
            yield pairs[pairs[:, 0] < pairs[:, 1]]
