"""What people call the measures: a title, a unit and a word for each end; unknown columns are called by their name."""

from __future__ import annotations

from typing import NamedTuple


class Words(NamedTuple):
    """Title and unit of a measure, and what a picture at its low and at its high end is."""

    title: str
    unit: str = ""
    low: str = "lowest"
    high: str = "highest"
    defect: bool = False  # a score 0..1, higher is worse


def _defect(title: str, high: str) -> Words:
    return Words(title, "0..1", "least", high, True)


WORDS: dict[str, Words] = {
    # the ten defects
    "blur": _defect("Blur", "most blurred"),
    "motion_blur": _defect("Motion blur", "most shaken"),
    "halftone": _defect("Half-tone", "most like a print"),
    "jpeg": _defect("JPEG damage", "most damaged"),
    "upscaled": _defect("Enlarged", "most enlarged"),
    "grey": _defect("Grey or toned", "least colour"),
    "drawing": _defect("Drawing", "most like a drawing"),
    "painting": _defect("Painting", "most like a painting"),
    "occlusion": _defect("Covered face", "most covered"),
    "bad_exposure": _defect("Bad exposure", "worst lit"),
    # the rest, as far as they need better words than their column's name
    "sharpness": Words("Sharpness of the face", "grey levels", "softest", "sharpest"),
    "brightness": Words("Brightness", "", "darkest", "brightest"),
    "contrast": Words("Contrast", "", "flattest", "most contrast"),
    "colourfulness": Words("Colour", "", "least colour", "most colour"),
    "face_size": Words("Face size", "px", "smallest", "largest"),
    "face_score": Words("Detector's score", "", "least sure", "most sure"),
    "quality": Words("Quality learned from the labels", "0..1", "worst", "best"),
    "yaw": Words("Turned left or right", "°", "to its right", "to its left"),
    "pitch": Words("Up or down", "°", "one way", "other way"),
    "roll": Words("Tilted", "°", "one way", "other way"),
}


def words(column: str) -> Words:
    """The words for a measure's column."""
    known = WORDS.get(column)
    return known or Words(column.replace("_", " ").capitalize())
