"""Options of the commands of this package: one frozen dataclass each, the standard library only."""

from __future__ import annotations
