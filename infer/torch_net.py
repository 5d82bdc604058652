"""Networks as functions of numpy arrays: runs by torch, loaded when the first is opened, ONNX files without it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from curate.errors import MissingExtra, UserError
from curate.workspace import Workspace
from infer.recipe import digest

if TYPE_CHECKING:
    import torch
    from torch import nn

Floats = NDArray[np.float32]
ONNX = ".onnx"
OUT_OF_MEMORY = ("DefaultCPUAllocator", "MPS backend out of memory")  # of errors that have no class of their own


class LostDevice(UserError):
    """The GPU failed in the middle of the work."""


@dataclass(frozen=True)
class Loaded:
    """A network ready for use: `net` takes and gives float32 arrays; `digest` identifies its weights."""

    net: Callable[..., Floats]
    card: dict[str, Any]
    digest: str


def open_generator(run: Path, stage: str, device: str = "auto") -> Loaded:
    """The generator of a run or an ONNX file; UserError where it is of the other stage or a package is missing."""
    if run.suffix == ONNX:
        from infer.onnx import open_onnx

        loaded = open_onnx(run, "generator", device)
    else:
        network, card = trained(run, "generator")
        loaded = _loaded(network, card, _export().resolve_run(run), device)
    if loaded.card["stage"] != stage:
        raise UserError(f"{run} is of `train {loaded.card['stage']}`; --{stage} needs one of `train {stage}`")
    return loaded


def open_critic(run: Path, device: str = "auto") -> Loaded:
    """The discriminator of a run, or beside an ONNX file, which judges candidates."""
    if run.suffix == ONNX:
        from infer.onnx import critic_beside, open_onnx

        return open_onnx(critic_beside(run), "critic", device)
    network, card = trained(run, "critic")
    return _loaded(network, card, _export().resolve_run(run, "critic"), device)


def network_path(workspace: Workspace, name: str) -> Path:
    """The folder of a run, given its name or path, or an ONNX file, given its path."""
    if not name.endswith(ONNX):
        return workspace.run_path(name)
    if not Path(name).is_file():
        raise UserError(f"there is no file {name}; `swipegan export onnx` writes one")
    return Path(name)


def trained(run: Path, role: Literal["generator", "critic"]) -> tuple[nn.Module, dict[str, Any]]:
    """A network of a run in torch, in float32 for use, and its card; MissingExtra where torch is missing."""
    export = _export()
    found: tuple[nn.Module, dict[str, Any]] = (export.load_network if role == "generator" else export.load_critic)(run)
    return found


def _export() -> Any:
    try:
        from train import export
    except ModuleNotFoundError as error:
        if error.name not in ("torch", "safetensors"):
            raise
        raise MissingExtra("gan", error.name) from error
    return export


def _loaded(network: nn.Module, card: dict[str, Any], beside: Path, device: str) -> Loaded:
    from train.device import choose_device

    net = on_arrays(network, choose_device(device))
    return Loaded(net, card, digest([beside.parent / name for name in card["files"]]))


def on_arrays(network: nn.Module, device: torch.device) -> Callable[..., Floats]:
    """`network` as a function of arrays; MemoryError where a batch does not fit, LostDevice where the GPU fails."""
    import torch

    network = network.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload] # torch's stubs lack it

    def net(*inputs: Floats) -> Floats:
        try:
            with torch.inference_mode():
                tensors = [torch.from_numpy(np.ascontiguousarray(array)).to(device) for array in inputs]
                painted: Floats = network(*tensors).float().contiguous().cpu().numpy()
            return painted
        except RuntimeError as error:
            _translate(error)
            raise

    return net


def _translate(error: RuntimeError) -> None:
    import torch

    if isinstance(error, torch.OutOfMemoryError) or any(word in str(error) for word in OUT_OF_MEMORY):
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        raise MemoryError(str(error)) from error
    if "CUDA error" in str(error):
        reason = str(error).splitlines()[0]
        raise LostDevice(
            f"the GPU failed ({reason}); finished pictures are kept, and the same command goes on from there"
        ) from error
