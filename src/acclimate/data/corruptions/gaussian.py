"""Gaussian smoothing as one matrix for each side, border and all."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from scipy.ndimage import gaussian_filter1d
from torch import Tensor


def smoothed(x: Tensor, sigma: float, mode: str = "nearest", truncate: float = 4) -> Tensor:
    """Each plane smoothed.

    Args:
        x: (..., h, w) floating.
        sigma: In pixels; 0 leaves the image as it is.
        mode: What lies beyond the border, as `scipy.ndimage` names it: ``"nearest"`` repeats the rim.
        truncate: Where the kernel ends, in sigmas.

    Returns:
        (..., h, w).
    """
    if sigma == 0:
        return x
    down, across = (_matrix(side, sigma, mode, truncate).to(x) for side in x.shape[-2:])
    return down @ x @ across.T


@lru_cache(maxsize=64)
def _matrix(side: int, sigma: float, mode: str, truncate: float) -> Tensor:
    """(side, side): what the filter makes of each unit vector, hence any radius and any border at the same price."""
    columns = gaussian_filter1d(np.eye(side), sigma, axis=0, mode=mode, truncate=truncate)
    return torch.from_numpy(columns)
