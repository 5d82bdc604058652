"""Networks in ONNX files, run by onnxruntime: one file holds weights and card, and torch is not needed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from curate.errors import MissingExtra, UserError
from curate.files import parsed
from curate.network_card import checked
from infer.recipe import digest
from infer.torch_net import ONNX, Loaded, LostDevice

Floats = NDArray[np.float32]

CARD = "swipegan"  # the key of the card among the model's metadata


class NoOnnx(UserError):
    """There is no ONNX file of swipegan where one was looked for, or it cannot be used."""


def open_onnx(path: Path, role: str, device: str = "auto") -> Loaded:
    """The network of an ONNX file that `swipegan export onnx` wrote; NoOnnx where it is none, or of another role."""
    session = new_session(path, device)
    try:
        card = parsed(session.get_modelmeta().custom_metadata_map[CARD])
        checked({**card, "files": []})  # one file holds it all
        found = card["role"]
    except (KeyError, TypeError, ValueError) as error:
        raise NoOnnx(f"{path} was not written by `swipegan export onnx`: it has no card") from error
    if found != role:
        raise NoOnnx(f"{path} is a {found}; a {role} is needed here")
    return Loaded(on_arrays(session), card, digest([path]))


def critic_beside(path: Path) -> Path:
    """Where the discriminator of a generator's file lies: `large.onnx` -> `large-critic.onnx`."""
    critic = path.with_name(f"{path.stem}-critic{ONNX}")
    if not critic.is_file():
        raise NoOnnx(
            f"the discriminator is to judge candidates, and there is no {critic}: write it with "
            f"`swipegan export onnx RUN --role critic --output {critic}`, or judge by --pick contrast"
        )
    return critic


def new_session(model: Path | bytes, device: str = "cpu") -> Any:
    """An onnxruntime session of a file or of its content; device: auto, cpu or cuda; UserError for mps."""
    try:
        import onnxruntime
    except ModuleNotFoundError as error:
        if error.name != "onnxruntime":
            raise
        raise MissingExtra("onnx", "onnxruntime") from error
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors; its warnings are about its own optimizer
    providers = _providers(onnxruntime.get_available_providers(), device)
    try:
        return onnxruntime.InferenceSession(model if isinstance(model, bytes) else str(model), options, providers)
    except Exception as error:  # onnxruntime's errors have no base of their own
        raise NoOnnx(f"{model if isinstance(model, Path) else 'the network'} cannot be loaded: {error}") from error


def _providers(available: list[str], device: str) -> list[str]:
    gpu = "CUDAExecutionProvider"
    if device == "cuda" and gpu not in available:
        raise UserError("onnxruntime finds no CUDA GPU; install onnxruntime-gpu, or use --device cpu")
    if device == "mps":
        raise UserError("ONNX files run on a CUDA GPU or the processor; use --device cpu, or name the run itself")
    return [name for name in (gpu, "CPUExecutionProvider") if name in available and (device != "cpu" or name != gpu)]


def on_arrays(session: Any) -> Callable[..., Floats]:
    """A session as a function of arrays; MemoryError where a batch does not fit, LostDevice where the GPU fails."""
    names = [given.name for given in session.get_inputs()]

    def net(*inputs: Floats) -> Floats:
        try:
            found: Floats = session.run(None, dict(zip(names, inputs, strict=True)))[0]
            return found
        except Exception as error:  # as above
            _translate(str(error), error)
            raise

    return net


def _translate(text: str, error: Exception) -> None:
    if "alloc" in text.lower() or "out of memory" in text.lower():
        raise MemoryError(text) from error
    if "CUDA failure" in text or "CUDA error" in text:
        raise LostDevice(
            f"the GPU failed ({text.splitlines()[0]}); finished pictures are kept, and the same command goes on from "
            "there"
        ) from error
