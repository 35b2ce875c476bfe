"""The blur of a Gaussian."""

from __future__ import annotations

from collections.abc import Sequence

from numpy.random import Generator
from torch import Tensor

from acclimate.data.corruptions.constants import Constants
from acclimate.data.corruptions.gaussian import smoothed


def gaussian_blur(x: Tensor, constants: Constants, randomness: Sequence[Generator]) -> Tensor:
    """A Gaussian, its rim repeated, cut at four sigmas. ``constants``: sigma in pixels."""
    (sigma,) = constants
    return smoothed(x, sigma)
