"""Whether a network's card says all that is read of one: read with torch and without."""

from __future__ import annotations

from typing import Any, get_args

from curate.guides import Encoding
from curate.set_index import number, points

LARGEST = 2**16  # pixels of any extent


def checked(card: Any) -> dict[str, Any]:
    """The card, if it says all that is read of one; raises ValueError, KeyError or TypeError where it does not."""
    if not isinstance(card, dict) or not isinstance(card["network"], dict):
        raise TypeError("the card is no object with a network")
    if card["role"] not in ("generator", "critic") or card["stage"] not in ("lowres", "upres"):
        raise ValueError("the card names no role and stage that there are")
    if card["guide"] not in get_args(Encoding):
        raise ValueError("the card names no guide that there is")
    if not 0 <= number(card.get("guide_fade", 0)) <= 1:
        raise ValueError("guide_fade is a share of the picture")
    points(card["mean_landmarks"])
    left, top, right, bottom = (number(edge) for edge in card["mean_box"])
    if not (-1 <= left < right <= 2 and -1 <= top < bottom <= 2):
        raise ValueError("the card's mean_box is no box in the square")
    extents = ("lowres_extent", "stacked", "tile", "size") if card["stage"] == "upres" else ("lowres_extent",)
    numbers = {name: card[name] for name in extents} | {"images": card["images"]}
    if card["stage"] == "lowres" and card["role"] == "generator":
        numbers["z"] = card["network"]["z"]
    for name, value in numbers.items():
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**53:
            raise ValueError(f"{name} is a whole number")
        if name != "images" and not 0 < value <= LARGEST:
            raise ValueError(f"{name} lies between 1 and {LARGEST}")
    if not isinstance(card["files"], list) or not all(isinstance(name, str) for name in card["files"]):
        raise TypeError("files are names")
    return card
