"""What a network's card says of the set that it was trained on."""

from __future__ import annotations

from typing import Any

from curate.sets import FaceSet


def set_card(faces: FaceSet) -> dict[str, Any]:
    """The set's name and identity, its guide, and where its faces are: the last resort for a face without landmarks."""
    info = faces.info
    return {
        "set": {
            "name": info.name,
            "digest": faces.digest,
            "faces": info.count,
            "held_out": info.held_out,
            "selection": info.selection,
        },
        "guide": info.guide,
        "mean_landmarks": [list(point) for point in info.mean_landmarks],
        "mean_box": list(info.mean_box),
    }
