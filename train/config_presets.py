"""What `--preset` stands for: values of the options that nobody named."""

from __future__ import annotations

from dataclasses import field
from typing import Any

AS_PRESET: Any = None
"""The default of an option that the preset decides."""


def decided(text: str, **metadata: Any) -> Any:
    """The field of such an option, with its help text and what else there is to say of it."""
    return field(default=AS_PRESET, metadata={"help": text, "shown": "as --preset has it", **metadata})


PLAIN: dict[str, Any] = {"augment": "", "loss": "bce", "r1": 0.0, "r2": 0.0, "critic_norm": "batch"}
LOWRES: dict[str, dict[str, Any]] = {
    "faithful": {**PLAIN, "enlarge": "transposed"},
    "modern": {**PLAIN, "augment": "colour,translation,cutout", "enlarge": "resize"},
}
UPRES: dict[str, dict[str, Any]] = {
    "faithful": {**PLAIN, "spoil": False, "guide_fade": 0.0},
    "residual": {**PLAIN, "spoil": False, "guide_fade": 0.0},
    "modern": {**PLAIN, "spoil": True, "guide_fade": 1.0},
}


def settle(options: Any, presets: dict[str, dict[str, Any]]) -> None:
    """Give the options of a frozen dataclass that were left to its preset what the preset says."""
    for name, value in presets[options.preset].items():
        if getattr(options, name) is AS_PRESET:
            object.__setattr__(options, name, value)
