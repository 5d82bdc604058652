"""The ONNX files: the whole tile job in an empty environment without torch, and their speed beside torch's.

    python -m benchmarks.onnx_alone WORKSPACE LOWRES UPRES [--pairs 7] [--environment]

Speed is that of stage 2 on batches of 8 tiles, both ways in turn, as a ratio of medians. With --environment a fresh
virtual environment gets `pip install ".[onnx]"` from this folder, and paints the same portrait there.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from curate.workspace import Workspace
from infer.config import ExportOnnxOptions
from infer.torch_net import open_generator
from infer.write_onnx import run as export

ROOT = Path(__file__).parent.parent
TILES = 8


def main() -> int:
    """Export, compare, and paint elsewhere if asked."""
    parser = argparse.ArgumentParser()
    parser.add_argument("workspace", type=Path)
    parser.add_argument("lowres")
    parser.add_argument("upres")
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--environment", action="store_true")
    options = parser.parse_args()
    workspace = Workspace(options.workspace)
    with tempfile.TemporaryDirectory() as folder:
        files = {name: Path(folder) / f"{name}.onnx" for name in ("lowres", "upres")}
        for name, file in files.items():
            print(export(workspace, ExportOnnxOptions(run=getattr(options, name), output=file)).text())
        compare(workspace.run_path(options.upres), files["upres"], options.pairs)
        if options.environment:
            return elsewhere(Path(folder), files)
    return 0


def compare(run: Path, file: Path, pairs: int) -> None:
    """Print how long a batch takes by torch and by onnxruntime, and how far apart the results are."""
    by_torch, by_onnx = (open_generator(path, "upres", "cpu") for path in (run, file))
    channels, tile = by_torch.card["network"]["channels"], by_torch.card["tile"]
    crops = np.random.default_rng(0).uniform(-1, 1, (TILES, channels, tile, tile)).astype(np.float32)
    apart = float(np.abs(by_torch.net(crops) - by_onnx.net(crops)).max())
    seconds: dict[str, list[float]] = {"torch": [], "onnxruntime": []}
    for _ in range(pairs):
        for name, loaded in (("torch", by_torch), ("onnxruntime", by_onnx)):
            began = time.perf_counter()
            loaded.net(crops)
            seconds[name].append(time.perf_counter() - began)
    ratios = [one / other for one, other in zip(seconds["torch"], seconds["onnxruntime"], strict=True)]
    for name, found in seconds.items():
        print(f"{name}: {TILES / statistics.median(found):.1f} tiles a second")
    print(f"onnxruntime is {statistics.median(ratios):.2f} times as fast ({min(ratios):.2f} to {max(ratios):.2f})")
    print(f"largest difference: {apart:.1e}")


def elsewhere(folder: Path, files: dict[str, Path]) -> int:
    """Install into an empty environment, see that torch is not there, paint one portrait."""
    home = folder / "environment"
    subprocess.run([sys.executable, "-m", "venv", home], check=True)
    python = home / "bin" / "python"
    began = time.perf_counter()
    install = [python, "-m", "pip", "install", "--quiet", "-c", ROOT / "constraints.txt", f"{ROOT}[onnx]"]
    subprocess.run(install, check=True)
    print(f"installed in {time.perf_counter() - began:.0f} s")
    missing = subprocess.run([python, "-c", "import torch"], capture_output=True, check=False).returncode != 0
    print("torch is not there" if missing else "torch is there: this says nothing")
    paint = [
        home / "bin" / "swipegan", "-w", folder / "workspace", "generate", "images", "--lowres", files["lowres"],
        "--upres", files["upres"], "--count", "1", "-o", folder / "pictures",
    ]  # fmt: skip
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(paint, cwd=folder, env=clean, check=False)
    painted = len(list((folder / "pictures").glob("0*.png")))
    print(f"{painted} portrait painted there, exit code {done.returncode}")
    return 0 if missing and painted == 1 else 1


if __name__ == "__main__":
    sys.exit(main())
