"""`export onnx`: a trained network as one ONNX file with its card inside, compared with torch before it is written."""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from curate.errors import MissingExtra, UserError
from curate.files import write_atomically, write_json
from curate.workspace import Workspace
from infer.config import ExportOnnxOptions
from infer.config_paint import SCALE
from infer.onnx import CARD, new_session, on_arrays
from infer.torch_net import trained

if TYPE_CHECKING:
    from torch import nn

Floats = NDArray[np.float32]

TOLERANCE = 1e-5  # of the largest value, at least of 1: what rounding in another order makes of float32
BATCHES = (1, 7, 16)
EXAMPLE = (2, 2, 3)  # batch, and tiles down and across: no two alike, so that the exporter takes none for the other


class WrongOnnx(UserError):
    """The exported network does not do what the trained one does."""


@dataclass(frozen=True)
class ExportOnnxSummary:
    """What `export onnx` wrote. difference: the largest between onnxruntime and torch, pictures being -1..1."""

    file: Path
    card: Path
    role: str
    stage: str
    bytes: int
    difference: float

    def text(self) -> str:
        """For people."""
        size = f"{self.bytes / 1e6:.1f} MB"
        same = f"at most {self.difference:.1g} from torch at batches of {', '.join(map(str, BATCHES))}"
        return (
            f"{self.stage} {self.role} written, {size}, {same}: {self.file}\nits card, which is inside too: {self.card}"
        )


def run(workspace: Workspace, options: ExportOnnxOptions) -> ExportOnnxSummary:
    """Export the network of a run; nothing is written unless it gives what torch gives."""
    for package in ("onnx", "onnxscript", "onnxruntime"):
        if find_spec(package) is None:
            raise MissingExtra("onnx", package)
    network, card = trained(workspace.run_path(options.run), options.role)
    if options.role == "critic" and card["stage"] != "upres":
        raise UserError("candidates are judged by the critic of an upres run; that of a lowres run has no use here")
    content = {key: value for key, value in card.items() if key not in ("files", "dtype")}
    model = to_onnx(network, content)
    difference = compare(network, model, content)
    beside = options.output.with_name(options.output.name + ".json")
    options.output.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(options.output, model)
    write_json(beside, content)
    return ExportOnnxSummary(options.output, beside, options.role, card["stage"], len(model), difference)


def inputs_for(card: dict[str, Any], batch: int, down: int = 1, across: int = 1) -> dict[str, Floats]:
    """Random inputs of a network by name: noise, or crops of `down` x `across` tiles, before them their pictures."""
    rng = np.random.default_rng(batch)
    if card["stage"] == "lowres":
        return {"z": rng.standard_normal((batch, card["network"]["z"]), np.float32)}
    height, width = card["tile"] * down, card["tile"] * across
    crops = rng.uniform(-1, 1, (batch, card["network"]["channels"], height, width)).astype(np.float32)
    if card["role"] == "generator":
        return {"lowres": crops}
    return {
        "pictures": rng.uniform(-1, 1, (batch, 3, SCALE * height, SCALE * width)).astype(np.float32),
        "lowres": crops,
    }


def to_onnx(network: nn.Module, card: dict[str, Any]) -> bytes:
    """The content of an ONNX file: any batch and, for upres, any extent that is a multiple of the tile."""
    import onnx
    import torch

    examples = inputs_for(card, *EXAMPLE)
    output = "logits" if card["role"] == "critic" else "picture"
    with _quiet():
        program = torch.onnx.export(
            network,
            tuple(torch.from_numpy(array) for array in examples.values()),
            dynamo=True,
            dynamic_shapes=_free(examples, card),
            input_names=list(examples),
            output_names=[output],
            verbose=False,
        )
    assert program is not None
    model: Any = program.model_proto
    _forget_origins(model)
    onnx.helper.set_model_props(model, {CARD: json.dumps(card)})
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def _free(examples: dict[str, Floats], card: dict[str, Any]) -> tuple[dict[int, Any], ...]:
    from torch.export import Dim

    batch, down, across = Dim("batch", min=1), Dim("down", min=1), Dim("across", min=1)
    tile = card.get("tile", 0)  # a lowres run has no tiles: its only input is noise
    factors = {"lowres": tile, "pictures": tile * SCALE} if tile else {}
    extents = {name: {2: factor * down, 3: factor * across} for name, factor in factors.items()}
    return tuple({0: batch, **extents.get(name, {})} for name in examples)


@contextmanager
def _quiet() -> Iterator[None]:
    """The exporter warns of its own parts and of packages that it could serve; nobody here can act on that."""
    log = logging.getLogger("torch.onnx")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(level)


def _forget_origins(model: Any) -> None:
    """Remove what the exporter noted of the code: stack traces, which name this machine's folders."""
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.input, *graph.output, *graph.initializer, *graph.value_info):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")


def compare(network: nn.Module, model: bytes, card: dict[str, Any]) -> float:
    """The largest difference between onnxruntime and torch; `WrongOnnx` where it is more than rounding."""
    import torch

    net = on_arrays(new_session(model))
    extents = [(batch, 1, 1) for batch in BATCHES]
    worst = 0.0
    for extent in extents if card["stage"] == "lowres" else [*extents, (1, 3, 2)]:
        arrays = inputs_for(card, *extent).values()
        with torch.inference_mode():
            expected = network(*(torch.from_numpy(array) for array in arrays)).numpy()
        difference = float(np.abs(net(*arrays) - expected).max())
        if not difference <= TOLERANCE * max(1.0, float(np.abs(expected).max())):
            raise WrongOnnx(
                f"in onnxruntime the network is {difference:.2g} off at a batch of {extent[0]}; nothing was written"
            )
        worst = max(worst, difference)
    return worst
