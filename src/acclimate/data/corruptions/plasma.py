"""Plasma: the diamond-square fractal, for a batch at once."""

from __future__ import annotations

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor


def plasma(numbers: Tensor, decay: float) -> Tensor:
    """A map of clouds from uniform numbers.

    The square step sets the middle of each square to the mean of its corners plus a random amount, the diamond step
    the middles of its sides likewise; then squares have half the side, and the amount is ``decay``^2 smaller. The map
    is a torus.

    Args:
        numbers: (n, side^2 - 1) in [0, 1), side a power of 2.
        decay: Larger is smoother.

    Returns:
        (n, side, side) float64, each from 0 to 1.
    """
    side = round((numbers.shape[1] + 1) ** 0.5)
    chunks = iter(torch.split(numbers.double(), _counts(side), 1))
    heights = numbers.new_zeros(len(numbers), side, side, dtype=torch.float64)
    step, wibble = side, 100.0

    def filled(corners: Tensor) -> Tensor:
        noise: Tensor = next(chunks).reshape(corners.shape)
        return corners / 4 + wibble * wibble * (2 * noise - 1)

    while step >= 2:
        half = step // 2
        corners = heights[:, ::step, ::step]
        pairs = corners + corners.roll(-1, 1)
        middles = filled(pairs + pairs.roll(-1, 2))
        heights[:, half::step, half::step] = middles
        heights[:, ::step, half::step] = filled(middles + middles.roll(1, 1) + corners + corners.roll(-1, 2))
        heights[:, half::step, ::step] = filled(middles + middles.roll(1, 2) + pairs)
        step, wibble = half, wibble / decay
    low, high = heights.amin((1, 2), keepdim=True), heights.amax((1, 2), keepdim=True)
    return (heights - low) / (high - low)


def plasma_numbers(side: int, generator: Generator) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """What `plasma` takes for one map."""
    return generator.random(side**2 - 1)


def _counts(side: int) -> list[int]:
    """Numbers that each step takes: the squares', then twice as many for the two kinds of sides."""
    squares = [4**level for level in range(side.bit_length() - 1)]
    return [count for count in squares for _ in range(3)]
