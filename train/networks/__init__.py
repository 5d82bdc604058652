"""The networks of both stages, and how to build one from what its card says."""

from __future__ import annotations

from typing import Any

from torch import nn

from train.networks.critic import PatchCritic
from train.networks.dcgan import LowresCritic, LowresGenerator
from train.networks.jnet import JNet

KINDS: dict[str, type[nn.Module]] = {
    "lowres-generator": LowresGenerator,
    "lowres-critic": LowresCritic,
    "jnet": JNet,
    "patch-critic": PatchCritic,
}


def build(spec: dict[str, Any]) -> nn.Module:
    """A network with untrained weights from its `spec`: `kind` and constructor arguments."""
    arguments = {name: value for name, value in spec.items() if name != "kind"}
    return KINDS[spec["kind"]](**arguments)
