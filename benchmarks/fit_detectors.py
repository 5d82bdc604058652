"""Fit the detectors of defects and say how well they do: writes curate/detectors.json and prints the tables.

    SWIPEGAN_PHOTOS=... python -m benchmarks.fit_detectors [--rows FILE]

Classes that the pile shows (halftone, grey, drawing, painting, occlusion, blur) are fitted on it together with defects
done to portraits; the others (motion_blur, jpeg, upscaled, bad_exposure) on those alone. Scores on the pile are out of
fold (five folds, pictures of one person together where that is known), and with each source left out.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold

from benchmarks.boosting import boost
from benchmarks.detector_rows import OF_LABEL, VARIANTS, Row, load, pile_rows, portrait_rows, save
from curate.detectors import FILE, NAMES, read

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TREES = {"painting": 120, "drawing": 200, "occlusion": 80}
FOLDS = 5
FEWEST = 3  # pictures with the defect that a source must have to be left out
PILE_WEIGHT = {"plain": 1.0, "size512": 0.5, "q70": 0.5, "crop": 0.5}
SYNTHETIC_WEIGHT = 0.5
PAINTED_WEIGHT = 0.03  # strokes that are computed are little like painted ones; with 0.5 the pile's get lost

DETAIL = ["sharpness", "sharpness_128", "picture_sharpness", "scale_ratio", "detail", "noise", "anisotropy"]
FLAT = ["flat", "white", "black", "peak", "kurtosis", "entropy"]
COLOUR = [
    "colourfulness", "chroma", "tint_spread", "face_colourfulness", "face_chroma", "face_tint_spread",
]  # fmt: skip
LIGHT = [  # not the face's brightness, which is its skin's
    "contrast", "exposure", "overexposed", "underexposed", "dynamic_range", "evenness",
    "picture_brightness", "picture_contrast",
]  # fmt: skip
PARTS = ["chin_tint", "chin_light", "lips_red", "mouth_contrast", "eye_contrast"]
FACE = ["face_score", "border", "yaw", "pitch", "eyes_open", "mouth_open", "misfit"]
# What each detector may look at: never a file's size or the quality in its header, but for `jpeg`.
INPUTS = {
    "blur": [*DETAIL, "kurtosis", "flat", "picture_contrast", "contrast"],
    "motion_blur": [*DETAIL, "kurtosis"],
    "halftone": [*DETAIL, "halftone_peak", "kurtosis", "flat", "peak", "tint_spread", "chroma"],
    "jpeg": ["blockiness", "jpeg_quality", "scale_ratio", "detail", "noise", "flat", "anisotropy", "peak"],
    "upscaled": [*DETAIL, "blockiness"],
    "grey": [name for name in COLOUR if not name.endswith("colourfulness")],
    "drawing": [*DETAIL, *FLAT, *COLOUR, "halftone_peak", "evenness", "picture_brightness", "picture_contrast"],
    "painting": [*DETAIL, *FLAT, *COLOUR, *LIGHT, "halftone_peak", *PARTS, *FACE[-3:], "face_score"],
    "occlusion": [*PARTS, *FACE, "contrast", "evenness", "sharpness", "face_tint_spread"],
    "bad_exposure": [*LIGHT, "entropy", "white", "black"],
}


def main() -> None:
    """Read or make the rows, fit, write, tell."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=Path, help="keep the rows here, or take them from here")
    parser.add_argument("--portraits", type=int, default=120, help="portraits to fit on")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    rows = rows_of(Path(os.environ.get("SWIPEGAN_PHOTOS", "../shared/photos")), arguments.rows, arguments.portraits)
    figures = {name: figures_of(name, rows) for name in NAMES}
    write({name: fit(name, [row for row in rows if name in row.truth]) for name in NAMES}, figures)
    for name, each in figures.items():
        print(f"{name:12}", "  ".join(f"{key} {value}" for key, value in each.items()))


def rows_of(photos: Path, kept: Path | None, portraits: int) -> list[Row]:
    """The pile's pictures and those of one half of the portraits."""
    if kept is not None and kept.exists():
        return load(kept)
    rows = [*pile_rows(photos), *portrait_rows(photos, half=0, most=portraits)]
    if kept is not None:
        save(rows, kept)
    return rows


def fit(name: str, rows: Sequence[Row]) -> dict[str, Any]:
    """One detector, fitted on rows of which the truth is known."""
    truth = np.array([row.truth[name] for row in rows])
    weights = np.array([weight(name, row) for row in rows])
    return boost(table(name, rows), truth, weights, INPUTS[name], TREES.get(name, 60))


def weight(name: str, row: Row) -> float:
    """How much a row counts for a detector."""
    if row.label != "clean":
        return PILE_WEIGHT[row.variant]
    return PAINTED_WEIGHT if name == row.variant == "painting" else SYNTHETIC_WEIGHT


def table(name: str, rows: Sequence[Row]) -> Floats:
    """The inputs of a detector, (rows, inputs), NaN where not known."""
    columns = [[row.values.get(column) for column in INPUTS[name]] for row in rows]
    return np.array([[np.nan if value is None else value for value in values] for values in columns], np.float64)


def scores(name: str, detector: dict[str, Any], rows: Sequence[Row]) -> Floats:
    """What a detector says of rows, (rows,)."""
    one = read({"detectors": {name: detector}})
    values = [[row.values.get(column) for column in one.measures] for row in rows]
    known = np.array([[np.nan if value is None else value for value in row] for row in values], np.float64)
    return one.scores(known)[:, 0]


def figures_of(name: str, rows: list[Row]) -> dict[str, Any]:
    """AUC of a detector, out of fold on the pile where it shows the defect, and else on portraits of other people."""
    known = [
        row for row in rows if name in row.truth and (name != "occlusion" or row.values.get("face_score") is not None)
    ]
    synthetic = [row for row in known if row.label == "clean"]
    found: dict[str, Any] = {"portraits": portraits_auc(name, synthetic)}
    if name in OF_LABEL.values():
        pile = [row for row in known if row.label != "clean"]
        plain = [row for row in pile if row.variant == "plain"]
        found |= raw_auc(name, plain)
        found |= pile_auc(name, pile, synthetic)
    return found


def portraits_auc(name: str, rows: list[Row]) -> float:
    """On a fifth of the people that the detector did not see: the defect against clean portraits and other defects."""
    truth = np.array([row.truth[name] for row in rows])
    train, test = _folds(rows, truth)[0]
    detector = fit(name, [rows[index] for index in train])
    return _auc(truth[test], scores(name, detector, [rows[index] for index in test]))


def raw_auc(name: str, rows: list[Row]) -> dict[str, Any]:
    """The best single measure with nothing fitted: its name and AUC, all confidences."""
    truth = np.array([row.truth[name] for row in rows])
    values = np.nan_to_num(table(name, rows), nan=-1.0)
    best = max(
        (max(a, 1 - a), column) for column, a in zip(INPUTS[name], (_auc(truth, v) for v in values.T), strict=True)
    )
    return {"best_measure": best[1], "best_measure_auc": best[0]}


def pile_auc(name: str, pile: list[Row], synthetic: list[Row]) -> dict[str, float]:
    """AUC on the pile out of fold: as it is (all, and confidence 3), changed in size, compression and frame, and where
    each picture of a source with the defect is scored by a detector that saw nothing of that source."""
    truth = np.array([row.truth[name] for row in pile])
    told = np.zeros(len(pile))
    for train, test in _folds(pile, truth):
        detector = fit(name, [*(pile[index] for index in train), *synthetic])
        told[test] = scores(name, detector, [pile[index] for index in test])
    blind = left_out(name, pile, synthetic, told)
    variant = np.array([row.variant for row in pile])
    sure = np.array([row.confidence == 3 for row in pile])
    plain = variant == "plain"
    against_good = plain & sure & (np.array([row.label == "photo_good" for row in pile]) | (truth == 1))
    return {
        "all": _auc(truth[plain], told[plain]),
        "sure": _auc(truth[plain & sure], told[plain & sure]),
        "sure_against_good": _auc(truth[against_good], told[against_good]),
        **{kind: _auc(truth[(variant == kind) & sure], told[(variant == kind) & sure]) for kind in VARIANTS},
        "source_left_out": _auc(truth[plain], blind[plain]),
        "source_left_out_sure": _auc(truth[plain & sure], blind[plain & sure]),
    }


def left_out(name: str, pile: list[Row], synthetic: list[Row], told: Floats) -> Floats:
    """The scores `told` with those of every source that has the defect replaced: by a detector fitted without it."""
    blind = told.copy()
    sources = np.array([row.source for row in pile])
    truth = np.array([row.truth[name] for row in pile])
    for source in sorted(set(sources)):
        if truth[sources == source].sum() >= FEWEST:
            detector = fit(name, [*(row for row in pile if row.source != source), *synthetic])
            blind[sources == source] = scores(name, detector, [row for row in pile if row.source == source])
    return blind


def _folds(rows: Sequence[Row], truth: Ints) -> list[tuple[Ints, Ints]]:
    groups = np.array([row.group for row in rows])
    return list(StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0).split(np.zeros(len(rows)), truth, groups))


def _auc(truth: Ints, told: Floats) -> float:
    return round(float(roc_auc_score(truth, told)), 4) if 0 < truth.sum() < len(truth) else float("nan")


def write(detectors: dict[str, dict[str, Any]], figures: dict[str, Any]) -> None:
    """Write curate/detectors.json, a tree a line."""
    parts = []
    for name, each in detectors.items():
        trees = ",\n".join(json.dumps(tree, separators=(",", ":")) for tree in each["trees"])
        parts.append(
            f'"{name}": {{"figures": {json.dumps(figures[name])}, "base": {each["base"]}, "trees": [\n{trees}]}}'
        )
    FILE.write_text('{"made_by": "python -m benchmarks.fit_detectors", "detectors": {\n' + ",\n".join(parts) + "}}\n")


if __name__ == "__main__":
    main()
