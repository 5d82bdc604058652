"""Options of `swipegan credentials`; the standard library only."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class MakeCredentialsOptions:
    """A certificate of one's own."""

    name: str = field(
        default="somebody with swipegan",
        metadata={"help": "Who signs: everybody who looks into a picture reads it. No need for a real name."},
    )
    years: int = field(default=5, metadata={"help": "How long it can sign.", "min": 1, "max": 30})


@dataclass(frozen=True, kw_only=True)
class SignOptions:
    """Sign what is there already."""

    files: tuple[Path, ...] = field(metadata={"argument": True})

    def __post_init__(self) -> None:
        if not self.files:
            raise ValueError("name at least one file that swipegan made")


@dataclass(frozen=True, kw_only=True)
class ShowCredentialsOptions:
    """Look into files."""

    files: tuple[Path, ...] = field(metadata={"argument": True})
    root: Path | None = field(
        default=None,
        metadata={"help": "Certificates (PEM) to trust, such as the root.pem of somebody who signs with their own."},
    )

    def __post_init__(self) -> None:
        if not self.files:
            raise ValueError("name at least one file")
