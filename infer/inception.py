"""FID and KID by torch-fidelity, for people who have its weights: nothing of it is needed for anything else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from curate.errors import MissingExtra, UserError
from infer.looks import at_size

MOST_IN_A_SUBSET = 1000  # pictures, of the KID: what torch-fidelity takes by itself


class Pictures(Dataset[Tensor]):
    """Pictures as torch-fidelity reads them: (3, side, side), 0..255, uint8, each read when its turn comes."""

    def __init__(self, readers: Sequence[Callable[[], NDArray[np.uint8]]], side: int) -> None:
        self.readers, self.side = readers, side

    def __len__(self) -> int:
        return len(self.readers)

    def __getitem__(self, place: int) -> Tensor:
        square = at_size(self.readers[place](), self.side)
        return torch.from_numpy(np.ascontiguousarray(square.transpose(2, 0, 1)))


def inception_scores(painted: Pictures, real: Pictures, weights: Path, device: str = "auto") -> dict[str, float]:
    """FID (Heusel et al. 2017) and KID (Binkowski et al. 2018) of two crowds, by the network in `weights`.

    An FID of fewer than 10,000 pictures is too large, and only to be compared with one of as many.
    """
    if not weights.is_file():
        raise UserError(f"there is no file {weights}; --inception names the weights that torch-fidelity uses")
    try:
        import torch_fidelity
    except ModuleNotFoundError as error:
        raise MissingExtra("fid", str(error.name).replace("_", "-")) from error
    found: dict[str, Any] = torch_fidelity.calculate_metrics(
        input1=painted,
        input2=real,
        fid=True,
        kid=True,
        kid_subset_size=min(MOST_IN_A_SUBSET, len(painted), len(real)),
        feature_extractor_weights_path=str(weights),
        cuda=device != "cpu" and torch.cuda.is_available(),
        save_cpu_ram=True,  # reads in this process: no copies of it, which cannot be started everywhere
        verbose=False,
    )
    names = {
        "fid": "frechet_inception_distance",
        "kid": "kernel_inception_distance_mean",
        "kid_std": "kernel_inception_distance_std",
    }
    return {name: float(found[long]) for name, long in names.items()}
