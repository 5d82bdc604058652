"""Options of the commands of this package: one frozen dataclass each, the standard library only."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, kw_only=True, slots=True)
class AddressOptions:
    """Where an app is reached, and who is let in first."""

    name: str = field(default="owner", metadata={"help": "Who comes in by the link that is printed at the start."})
    port: int = field(default=8765, metadata={"help": "Port to listen on; 0 takes a free one.", "min": 0, "max": 65535})
    lan: bool = field(
        default=False, metadata={"help": "Let phones on your network in (they need the link); else this machine alone."}
    )
    public_url: str | None = field(
        default=None, metadata={"help": "The address under which a reverse proxy or VPN shows the app, for links."}
    )
    certificate: Path | None = field(default=None, metadata={"help": "PEM file: serve https with it."})
    key: Path | None = field(default=None, metadata={"help": "PEM file: the certificate's private key."})

    def __post_init__(self) -> None:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("--certificate and --key belong together")
        if self.public_url and not self.public_url.startswith(("http://", "https://")):
            raise ValueError("--public-url starts with http:// or https://")


@dataclass(frozen=True, kw_only=True, slots=True)
class SwipeOptions(AddressOptions):
    """Sort photos on a phone: right = good, left = bad, up = skip."""

    order: Literal["uncertain", "random", "folder"] = field(
        default="uncertain",
        metadata={
            "help": "What comes next: what the quality model is unsure of (random until there is one), or as said."
        },
    )
    random_share: float = field(
        default=0.2,
        metadata={"help": "Share drawn at random in the order `uncertain`, at least 0.2.", "min": 0.2, "max": 1.0},
    )
    opinions: int = field(default=1, metadata={"help": "People who judge each photo, blind.", "min": 1, "max": 50})
    adaptive: bool = field(
        default=False, metadata={"help": "With --opinions: stop asking about a photo once the verdict is sure."}
    )
    sure: float = field(
        default=0.99, metadata={"help": "With --adaptive: the posterior that ends it.", "min": 0.5, "max": 0.99999}
    )
    repeats: float = field(
        default=0.05, metadata={"help": "Share of photos shown twice, unannounced.", "min": 0.0, "max": 0.5}
    )
    gold: float = field(
        default=0.05, metadata={"help": "Share of photos that a reviewer settled before.", "min": 0.0, "max": 0.5}
    )
    lease_minutes: float = field(
        default=10.0, metadata={"help": "How long a photo waits for the phone that has it.", "min": 0.01}
    )

    def __post_init__(self) -> None:
        AddressOptions.__post_init__(self)  # a slots dataclass is another class than the one super() knows
        if self.adaptive and self.opinions < 2:
            raise ValueError("--adaptive needs --opinions of at least 2: with one opinion there is nothing to stop")
        if self.repeats + self.gold > 0.5:
            raise ValueError("--repeats and --gold together take more than half of all photos")


@dataclass(frozen=True, kw_only=True, slots=True)
class PlayOptions(AddressOptions):
    """A page to play with the networks."""

    port: int = field(default=8766, metadata={"help": "Port to listen on; 0 takes a free one.", "min": 0, "max": 65535})
    waiting: int = field(
        default=12, metadata={"help": "Portraits that may wait to be painted, of everybody.", "min": 1}
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonOptions:
    """Somebody who labels."""

    name: str = field(metadata={"help": "The person's name.", "argument": True})
    role: Literal["labeler", "reviewer", "owner"] = field(
        default="labeler", metadata={"help": "labeler swipes; reviewer also settles what is contested; owner may all."}
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkOptions:
    """A link for a person."""

    name: str = field(metadata={"help": "The person's name.", "argument": True})
    url: str = field(
        default="http://127.0.0.1:8765", metadata={"help": "Where the running app is reached, as `swipe` printed it."}
    )
    days: float = field(default=7.0, metadata={"help": "How long the link waits to be opened.", "min": 0.0001})


@dataclass(frozen=True, kw_only=True, slots=True)
class RevokeOptions:
    """A person who is to be kept out."""

    name: str = field(metadata={"help": "The person's name.", "argument": True})
