"""Everything that training changes, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from train.average import Average
from train.config import TrainingOptions
from train.distributed import synced
from train.networks.blocks import parameters

BETAS = (0.5, 0.999)


@dataclass
class State:
    """Two networks, their optimizers and the averaged generator."""

    generator: nn.Module
    critic: nn.Module
    average: Average
    generator_optimizer: torch.optim.Optimizer
    critic_optimizer: torch.optim.Optimizer

    def contents(self) -> dict[str, Any]:
        """All of it, for a checkpoint."""
        return {name: part.state_dict() for name, part in self._parts().items()}

    def restore(self, contents: dict[str, Any]) -> None:
        """Take over what `contents` gave."""
        for name, part in self._parts().items():
            part.load_state_dict(contents[name])

    def counts(self) -> dict[str, int]:
        """How many numbers each network learns."""
        return {"generator": parameters(self.generator), "critic": parameters(self.critic)}

    def _parts(self) -> dict[str, Any]:
        return {
            "generator": self.generator,
            "critic": self.critic,
            "average": self.average.network,
            "generator_optimizer": self.generator_optimizer,
            "critic_optimizer": self.critic_optimizer,
        }


def start(generator: nn.Module, critic: nn.Module, options: TrainingOptions, device: torch.device) -> State:
    """Networks on the device, channels last in memory, with fresh optimizers."""
    generator = generator.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload] # torch types no such call
    critic = critic.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload] # torch types no such call
    average = Average(generator, options.average_half_life)  # of one process: its norms see no others
    generator, critic = synced(generator, device), synced(critic, device)
    adams = [
        torch.optim.Adam(network.parameters(), lr=options.learning_rate, betas=BETAS, fused=True)
        for network in (generator, critic)
    ]
    return State(generator, critic, average, *adams)
