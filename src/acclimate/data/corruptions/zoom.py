"""The blur of a lens that zooms: the mean of the image and of enlargements of its middle."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from acclimate.data.corruptions.constants import Constants


def zoom_blur(x: Tensor, constants: Constants, randomness: Sequence[Generator]) -> Tensor:
    """Mean of x and of x enlarged by 1, 1 + step, ... up to the largest factor. ``constants``: largest, step."""
    largest, step = constants
    factors = np.arange(1, largest, step)
    total = x.clone()
    for factor in factors:
        total += zoomed(x, float(factor))
    return total / (len(factors) + 1)


def zoomed(x: Tensor, factor: float) -> Tensor:
    """The middle of each plane, enlarged to the whole of it.

    Args:
        x: (..., h, w).
        factor: 1 or more.

    Returns:
        (..., h, w).
    """
    down, across = (_matrix(side, factor).to(x) for side in x.shape[-2:])
    return down @ x @ across.T


@lru_cache(maxsize=256)
def _matrix(side: int, factor: float) -> Tensor:
    """(side, side) that crops, interpolates linearly, corner to corner, and trims what is too much."""
    crop = math.ceil(side / factor)
    large = round(crop * factor)
    trim = (large - side) // 2
    place = (np.arange(side) + trim) * ((crop - 1) / max(large - 1, 1))
    below = np.minimum(place.astype(int), max(crop - 2, 0))
    matrix = np.zeros((side, side))
    rows, first = np.arange(side), (side - crop) // 2
    matrix[rows, first + below] = 1 - (place - below)
    matrix[rows, np.minimum(first + below + 1, side - 1)] += place - below
    return torch.from_numpy(matrix)
