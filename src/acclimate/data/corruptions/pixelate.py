"""Pixelation: the mean of boxes of pixels, in 8 bits."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from acclimate.data.corruptions.constants import Constants


def pixelate(x: Tensor, constants: Constants, randomness: Sequence[Generator]) -> Tensor:
    """Pillow's BOX, down and up again. ``constants``: the share of the side that remains.

    Args:
        x: (n, 3, h, w) uint8.

    Returns:
        (n, 3, h, w) uint8.
    """
    (share,) = constants
    height, width = x.shape[2:]
    small_height, small_width = max(1, int(height * share)), max(1, int(width * share))
    # Rows first across, then down, each mean rounded to 8 bits: Pillow's order, and its rounding of halves up.
    narrow = _rounded(x.float() @ _boxes(width, small_width).to(x.device).T)
    small = _rounded(_boxes(height, small_height).to(x.device) @ narrow)
    down, across = _nearest(height, small_height), _nearest(width, small_width)
    return small.to(torch.uint8)[:, :, down][..., across]


def _rounded(means: Tensor) -> Tensor:
    return (means + 0.5 + 1e-3).floor()  # the means of up to 5 levels: whole, or at least 1/10 away from a half


@lru_cache(maxsize=16)
def _boxes(side: int, small: int) -> Tensor:
    """(small, side): the mean of the pixels whose centres lie in each box."""
    scale = side / small
    middle, reach = (np.arange(small) + 0.5) * scale, scale / 2
    first, last = (middle - reach + 0.5).astype(int), np.minimum((middle + reach + 0.5).astype(int), side)
    pixels = np.arange(side)
    inside = (pixels >= first[:, None]) & (pixels < last[:, None])
    return torch.from_numpy((inside / inside.sum(1, keepdims=True)).astype(np.float32))


def _nearest(side: int, small: int) -> Tensor:
    return torch.from_numpy(((np.arange(side) + 0.5) * (small / side)).astype(int))
