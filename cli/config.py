"""Options of the commands that only the command line has: one frozen dataclass each, the standard library only."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from curate.config import processors


@dataclass(frozen=True, kw_only=True, slots=True)
class DemoOptions:
    """The whole road on portraits that the program draws itself."""

    folder: Path = field(
        default=Path("swipegan-demo"), metadata={"argument": True, "help": "a new folder, or one of an earlier demo"}
    )
    count: int = field(default=240, metadata={"help": "portraits to draw, a third of them spoiled", "min": 24})
    lowres_seconds: float = field(default=150.0, metadata={"help": "how long stage 1 trains", "min": 1})
    upres_seconds: float = field(default=170.0, metadata={"help": "how long stage 2 trains", "min": 1})
    seed: int = field(default=0, metadata={"help": "another seed draws other people", "min": 0})
    processes: int = field(default_factory=processors, metadata={"help": "processes side by side", "min": 1})
    open: bool = field(default=False, metadata={"help": "open the report in a browser at the end"})
