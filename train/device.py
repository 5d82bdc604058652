"""What the networks run on: the device, the precision of the forward passes, the threads."""

from __future__ import annotations

from typing import NamedTuple

import torch

from curate.errors import UserError
from train.config import TrainingOptions
from train.distributed import local_device, size


class Place(NamedTuple):
    """A device and how networks compute there."""

    device: torch.device
    precision: torch.dtype

    def autocast(self) -> torch.autocast:
        """The context of a forward pass: bfloat16 where wanted; weights and losses stay float32."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.precision == torch.bfloat16)

    def __str__(self) -> str:
        name = torch.cuda.get_device_name(self.device) if self.device.type == "cuda" else self.device.type
        return f"{name}, {str(self.precision).removeprefix('torch.')}"


def place_for(options: TrainingOptions) -> Place:
    """The place that the options ask for; says so where there is no such device."""
    if options.threads:
        torch.set_num_threads(options.threads)
    device = choose_device(options.device)
    if device.index is not None:
        torch.cuda.set_device(device)
    precision = options.precision
    if precision == "auto":
        precision = "bfloat16" if has_bfloat16(device) else "float32"
    return Place(device, torch.bfloat16 if precision == "bfloat16" else torch.float32)


def choose_device(name: str) -> torch.device:
    """`auto`: a CUDA GPU if there is one, else the CPU; Apple's GPU only by its name, as it was not tried on one."""
    if name == "mps":
        return _apple()
    if name == "cuda" and not torch.cuda.is_available():
        raise UserError("there is no CUDA GPU that torch can use here; try --device cpu")
    if name == "cpu" or not torch.cuda.is_available():
        return torch.device("cpu")
    return torch.device("cuda", local_device()) if size() > 1 else torch.device("cuda")


def _apple() -> torch.device:
    if not torch.backends.mps.is_available():
        raise UserError("there is no Apple GPU that torch can use here; try --device cpu")
    if size() > 1:
        raise UserError("an Apple GPU trains in one process: start it without torchrun, or with --device cpu")
    return torch.device("mps")


def has_bfloat16(device: torch.device) -> bool:
    """Whether bfloat16 is faster than float32: a GPU since Ampere, a CPU with AVX-512 BF16 or AMX (about 4 times)."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    if device.type == "mps":
        return False
    able = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    return bool(able.get("avx512_bf16") or able.get("amx_bf16"))
