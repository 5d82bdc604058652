"""FID and KID by torch-fidelity, for people who have its weights: nothing of it is needed for anything else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from curate.errors import MissingExtra, UserError


def inception_scores(painted: Path, real: Path, weights: Path, device: str = "auto") -> dict[str, float]:
    """FID (Heusel et al. 2017) and KID (Binkowski et al. 2018) of two folders, by the network in `weights`.

    An FID of fewer than 10,000 pictures is too large, and only to be compared with one of as many.
    """
    if not weights.is_file():
        raise UserError(f"there is no file {weights}; --inception names the weights that torch-fidelity uses")
    try:
        import torch
        import torch_fidelity
    except ModuleNotFoundError as error:
        raise MissingExtra("fid", str(error.name).replace("_", "-")) from error
    found: dict[str, Any] = torch_fidelity.calculate_metrics(
        input1=str(painted),
        input2=str(real),
        fid=True,
        kid=True,
        kid_subset_size=min(1000, _count(painted), _count(real)),
        feature_extractor_weights_path=str(weights),
        cuda=device != "cpu" and torch.cuda.is_available(),
        verbose=False,
    )
    names = {
        "fid": "frechet_inception_distance",
        "kid": "kernel_inception_distance_mean",
        "kid_std": "kernel_inception_distance_std",
    }
    return {name: float(found[long]) for name, long in names.items()}


def _count(folder: Path) -> int:
    return sum(1 for path in folder.iterdir() if path.is_file())
