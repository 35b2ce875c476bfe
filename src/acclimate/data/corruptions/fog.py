"""Fog: clouds of plasma added to the image."""

from __future__ import annotations

from collections.abc import Sequence

from numpy.random import Generator
from torch import Tensor

from acclimate.data.corruptions.constants import Constants
from acclimate.data.corruptions.plasma import plasma, plasma_numbers
from acclimate.data.corruptions.seeds import drawn


def fog(x: Tensor, constants: Constants, randomness: Sequence[Generator]) -> Tensor:
    """x + strength clouds, scaled so that the brightest stays as bright as it was. ``constants``: strength, decay."""
    strength, decay = constants
    height, width = x.shape[-2:]
    side = 1 << (max(height, width) - 1).bit_length()  # a power of 2: 256 for 224
    clouds = plasma(drawn(randomness, lambda generator: plasma_numbers(side, generator), x.device), decay)
    brightest = x.amax((1, 2, 3), keepdim=True)
    covered = x + strength * clouds[:, None, :height, :width].to(x.dtype)
    return covered * brightest / (brightest + strength)
