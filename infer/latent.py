"""The noise that a face grows from, by seed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri


def latent(seed: int, length: int, truncation: float | None = None, attempt: int = 0) -> NDArray[np.float32]:
    """The z of a seed, shape (length,): normal numbers, or ones cut off beyond +-`truncation`.

    One seed gives neighbouring faces for neighbouring truncations; small ones give plainer faces (Brock et al. 2018,
    "truncation trick"). `attempt` 1, 2, ... are further draws of the same seed.
    """
    share = np.random.default_rng([seed, attempt]).random(length)
    low = 0.0 if truncation is None else float(ndtr(-truncation))
    share = np.maximum(low + share * (1 - 2 * low), np.finfo(np.float64).tiny)  # a draw of 0 is no minus infinity
    return np.asarray(ndtri(share), dtype=np.float32)
