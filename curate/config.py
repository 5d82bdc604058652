"""Options of the commands of this package: one frozen dataclass each, the standard library only."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import Literal


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True, kw_only=True, slots=True)
class GuidesOptions:
    """Make a set from a selection: aligned faces, guides, index."""

    selection: str = field(metadata={"argument": True, "help": "name of a selection made by `swipegan filter`"})
    set: str | None = field(default=None, metadata={"help": "name of the set  [default: the selection's]"})
    size: int = field(default=768, metadata={"help": "side of the aligned faces, in pixels", "min": 64, "max": 4096})
    max_upscale: float = field(
        default=1.2, metadata={"help": "leave out faces that would be enlarged more than this", "min": 0.01}
    )
    encoding: Literal["rgb", "regions", "none"] = field(
        default="rgb", metadata={"help": "guides in the article's colours, a channel per region, or none"}
    )
    format: Literal["png", "webp", "jpeg"] = field(default="jpeg", metadata={"help": "file format of the faces"})
    quality: int = field(default=95, metadata={"help": "of jpeg and webp (100: lossless)", "min": 1, "max": 100})
    held_out: float = field(
        default=0.06, metadata={"help": "share of the people that training never sees", "min": 0.0, "max": 0.9}
    )
    people: str | None = field(
        default=None,
        metadata={
            "help": "regular expression: its group 1 of the file name is the person  [default: everyone differs]"
        },
    )
    processes: int = field(
        default_factory=processors, metadata={"help": "processes that work side by side", "min": 1, "max": 256}
    )
    replace: bool = field(default=False, metadata={"help": "write over a set of this name that was made differently"})

    def __post_init__(self) -> None:
        if self.size % 8:
            raise ValueError(f"--size {self.size} is not a multiple of 8")
        if self.people is not None and _groups(self.people) < 1:
            raise ValueError(f"--people {self.people!r} has no group: put parentheses around what names the person")


def _groups(pattern: str) -> int:
    try:
        return re.compile(pattern).groups
    except re.error as error:
        raise ValueError(f"--people {pattern!r} is no regular expression: {error}") from error
