"""The blur of a camera that moves: half a Gaussian along a line."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from numpy.random import Generator
from torch import Tensor

from acclimate.data.corruptions.constants import Constants


def motion_blur(x: Tensor, constants: Constants, randomness: Sequence[Generator]) -> Tensor:
    """Each image along a direction of its own, up to 45 degrees off the horizontal. ``constants``: radius, sigma."""
    radius, sigma = constants
    return moved(x, int(radius), sigma, [generator.uniform(-45, 45) for generator in randomness])


def moved(x: Tensor, radius: int, sigma: float, angles: Sequence[float]) -> Tensor:
    """The weighted sum of 2 radius + 1 shifted copies, the rim repeated.

    Args:
        x: (n, c, h, w).
        radius: In pixels.
        sigma: Of the weights exp(-i^2 / (2 sigma^2)), i = 0 .. 2 radius, which are divided by their sum.
        angles: n directions in degrees.

    Returns:
        (n, c, h, w).
    """
    weights = np.exp(-(np.arange(2 * radius + 1) ** 2) / (2 * sigma**2))
    weights /= weights.sum()
    reach, (height, width) = 2 * radius, x.shape[-2:]
    padded = F.pad(x, (reach, reach, reach, reach), mode="replicate")
    out = torch.zeros_like(x)
    for image, result, angle in zip(padded, out, angles, strict=True):
        for weight, (down, across) in zip(weights, _offsets(len(weights), angle), strict=True):
            top, left = reach - down, reach - across
            result.add_(image[:, top : top + height, left : left + width], alpha=float(weight))
    return out


def _offsets(count: int, angle: float) -> list[tuple[int, int]]:
    """By how many rows and columns each copy is shifted."""
    sine, cosine = math.sin(math.radians(angle)), math.cos(math.radians(angle))
    return [(-math.ceil(i * sine - 0.5), -math.ceil(i * cosine - 0.5)) for i in range(count)]
