"""Networks for use: safetensors with a JSON card beside and inside, and how to load them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from curate.errors import UserError
from curate.files import parsed, read_json, write_atomically, write_json
from curate.network_card import checked
from train.networks import build

FORMAT = 1
SPOILED = (  # what a card or weights that are not ours make the libraries raise
    *(OSError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, AssertionError, MemoryError),
    *(RuntimeError, SafetensorError),
)
Role = Literal["generator", "critic"]
MEGABYTE = 1_000_000


class NoNetwork(UserError):
    """There is no trained network where one was looked for, or it cannot be read."""


def export(
    run: Path, role: Role, network: nn.Module, card: dict[str, Any], *, half: bool = False, max_file: int = 0
) -> None:
    """Write `role`.safetensors (or numbered parts of at most `max_file` MB) and the card `role`.json into the run.

    The card is in the weights' metadata too, so that weights and card agree whenever the writing is cut off.
    """
    weights = {name: _stored(value, half) for name, value in network.state_dict().items()}
    parts = _split(weights, max_file * MEGABYTE)
    names = [f"{role}.safetensors"]
    if len(parts) > 1:
        names = [f"{role}-{index + 1:05d}-of-{len(parts):05d}.safetensors" for index in range(len(parts))]
    full = {"format": FORMAT, "role": role, **card, "files": names, "dtype": "float16" if half else "float32"}
    for name, part in zip(names, parts, strict=True):
        write_atomically(run / name, save(part, {"card": json.dumps(full)}))
    write_json(run / f"{role}.json", full)
    for old in run.glob(f"{role}*.safetensors"):
        if old.name not in names:
            old.unlink()


def _stored(value: Tensor, half: bool) -> Tensor:
    value = value.detach().cpu().contiguous()
    return value.half() if half and value.is_floating_point() else value


def _split(weights: dict[str, Tensor], limit: int) -> list[dict[str, Tensor]]:
    parts: list[dict[str, Tensor]] = [{}]
    size = 0
    for name, value in weights.items():
        if limit and parts[-1] and size + value.nbytes > limit:
            parts.append({})
            size = 0
        parts[-1][name] = value
        size += value.nbytes
    return parts


def resolve_run(path: Path, role: Role = "generator") -> Path:
    """The card that `path` means: itself, the one beside the weights, or the one in a run folder."""
    card = (
        path / f"{role}.json" if path.is_dir() else path.with_name(f"{role}.json") if path.suffix != ".json" else path
    )
    if not card.is_file():
        raise NoNetwork(f"{path} holds no trained {role} ({card.name}); `swipegan train` makes one")
    return card


def load_network(path: Path) -> tuple[nn.Module, dict[str, Any]]:
    """The averaged generator of a run (folder, card or weights), in float32 for use, and its card."""
    return _load(path, "generator")


def load_critic(path: Path) -> tuple[nn.Module, dict[str, Any]]:
    """The discriminator of a run, in float32 for use, and its card."""
    return _load(path, "critic")


def _load(path: Path, role: Role) -> tuple[nn.Module, dict[str, Any]]:
    beside = resolve_run(path, role)
    try:
        card = checked(read_json(beside))
        weights, inside = _read(beside.parent, card["files"])
        network = build(inside["network"])
        network.load_state_dict(weights)
    except NoNetwork:
        raise
    except SPOILED as error:
        raise NoNetwork(
            f"the {role} of {beside.parent} cannot be read ({error}); train on to write it again"
        ) from error
    return network.eval().requires_grad_(False), inside


def _read(folder: Path, names: list[str]) -> tuple[dict[str, Tensor], dict[str, Any]]:
    weights: dict[str, Tensor] = {}
    cards: list[dict[str, Any]] = []
    for name in names:
        if Path(name).name != name or "\\" in name:
            raise NoNetwork(f"the card in {folder} names weights elsewhere ({name!r}); do not use this run")
        with safe_open(str(folder / name), framework="pt") as file:
            cards.append(checked(parsed(file.metadata()["card"])))
            weights |= {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - not a dict
    if any(card["images"] != cards[0]["images"] for card in cards):
        raise NoNetwork(f"the parts {', '.join(names)} are of different times; train on to write them again")
    if any(card["files"] != names for card in cards):
        raise NoNetwork(f"the weights of {folder} belong to another card; train on to write them again")
    return {key: value.float() if value.dtype == torch.float16 else value for key, value in weights.items()}, cards[0]
