"""What people call the measures: a title, a unit and a word for each end; unknown columns are called by their name."""

from __future__ import annotations

from typing import NamedTuple

SHARE = "0..1"  # the unit of scores, probabilities and shares


class Words(NamedTuple):
    """Title and unit of a measure, and what a picture at its low and at its high end is."""

    title: str
    unit: str = ""
    low: str = "lowest"
    high: str = "highest"
    defect: bool = False  # a score 0..1, higher is worse


def _defect(title: str, high: str) -> Words:
    return Words(title, SHARE, "least", high, True)


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
    "sharpness": Words("Sharpness", "grey levels", "softest", "sharpest"),
    "sharpness_scale": Words("Face measured at", "px", "small", "full"),
    "sharpness_128": Words("Sharpness at 128 px", "grey levels", "softest", "sharpest"),
    "brightness": Words("Brightness of the face", "", "darkest", "brightest"),
    "contrast": Words("Contrast of the face", "", "flattest", "hardest"),
    "exposure": Words("Exposure of the face", "", "worst", "best"),
    "overexposed": Words("Overexposed share", "", "none", "most"),
    "underexposed": Words("Underexposed share", "", "none", "most"),
    "dynamic_range": Words("Dynamic range", "", "narrow", "wide"),
    "evenness": Words("Evenness of the light", "", "one-sided", "even"),
    "face_colourfulness": Words("Colour of the face", "", "pale", "vivid"),
    "face_chroma": Words("Chroma of the face", "", "grey", "coloured"),
    "face_tint_spread": Words("Variety of tints, face", "", "one tint", "many"),
    "eye_distance": Words("Distance of the eyes", "px", "small", "large"),
    "face_share": Words("Face's share of the picture", "", "small", "large"),
    "second_face": Words("Second face, to the first", "", "none", "as large"),
    "outside": Words("Face outside the picture", "", "all inside", "cut off"),
    "eyes_open": Words("Eyes open", "", "closed", "wide"),
    "mouth_open": Words("Mouth open", "", "closed", "wide"),
    "misfit": Words("Unlike a face's shape", "", "usual", "unusual"),
    "skin_tone": Words("Skin tone, as photographed", "° ITA", "darkest", "lightest"),
    "picture_sharpness": Words("Sharpness of the picture", "grey levels", "softest", "sharpest"),
    "picture_brightness": Words("Brightness of the picture", "", "darkest", "brightest"),
    "picture_contrast": Words("Contrast of the picture", "", "flattest", "hardest"),
    "entropy": Words("Entropy of the greys", "bits", "few greys", "all greys"),
    "flat": Words("Flat share", "", "all texture", "flat"),
    "white": Words("White share", "", "none", "most"),
    "black": Words("Black share", "", "none", "most"),
    "peak": Words("Most frequent grey's share", "", "spread", "one grey"),
    "kurtosis": Words("Kurtosis of the details", "", "even", "lines"),
    "colourfulness": Words("Colour of the picture", "", "pale", "vivid"),
    "chroma": Words("Chroma of the picture", "", "grey", "coloured"),
    "tint_spread": Words("Variety of tints", "", "one tint", "many"),
    "jpeg_quality": Words("JPEG quality, as saved", "", "worst", "best"),
    "scale_ratio": Words("Detail against half size", "", "empty", "detailed"),
    "blockiness": Words("Blocks of 8 pixels", "", "none", "most"),
    "noise": Words("Noise", "grey levels", "clean", "noisy"),
    "halftone_peak": Words("Peak of a print screen", "", "none", "print"),
    "anisotropy": Words("Detail in one direction", "", "all alike", "one way"),
    "detail": Words("Finest detail", "", "coarse", "fine"),
    "resolution": Words("Effective resolution", "px", "low", "high"),
    "face_size": Words("Face size", "px", "smallest", "largest"),
    "face_score": Words("Detector's score", "", "least sure", "most sure"),
    "quality": Words("Quality learned from the labels", SHARE, "worst", "best"),
    "yaw": Words("Turned left or right", "°", "to its right", "to its left"),
    "pitch": Words("Up or down", "°", "one way", "other way"),
    "roll": Words("Tilted", "°", "one way", "other way"),
}


def words(column: str) -> Words:
    """The words for a measure's column."""
    known = WORDS.get(column)
    return known or Words(column.replace("_", " ").capitalize())
