"""Weights to begin with from another run, so that an evening of training is not lost when an option changes."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from curate.errors import UserError
from curate.progress import note
from train.export import load_critic, load_network
from train.networks.blocks import ResizeConv, unspread
from train.state import State


def begin_from(state: State, run: Path, stage: str) -> None:
    """Take generator (the averaged one) and discriminator of a run as first weights, where names and shapes agree.

    Transposed convolutions become resizing ones by the nearest kernel, so that a DCGAN can be rid of its grid.
    Raises UserError where the run is of the other stage or nothing agrees.
    """
    for network, (other, card) in ((state.generator, load_network(run)), (state.critic, load_critic(run))):
        if card["stage"] != stage:
            raise UserError(f"{run} is a run of stage {card['stage']}: --start-from needs one of stage {stage}")
        taken, count = _copy(other, network)
        if not taken:
            raise UserError(f"no layer of {run} has a shape that this {card['role']} has: leave --start-from out")
        note(f"{card['role']}: {taken} of {count} arrays from {run}, after {card['images']} images")
    state.average.network.load_state_dict(state.generator.state_dict())


@torch.no_grad()
def _copy(source: nn.Module, target: nn.Module) -> tuple[int, int]:
    found = source.state_dict()
    arrays = target.state_dict()
    for name, layer in target.named_modules():
        kernel = found.get(f"{name}.weight")
        if isinstance(layer, ResizeConv) and kernel is not None and kernel.shape[-1] == 4:
            found[f"{name}.weight"] = unspread(kernel)
    same = {name: found[name] for name, value in arrays.items() if name in found and found[name].shape == value.shape}
    target.load_state_dict({**arrays, **same})
    return len(same), len(arrays)
