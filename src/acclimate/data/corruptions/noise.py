"""Noise of every value by itself: Gaussian, shot, impulse and speckle."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from acclimate.data.corruptions.constants import Constants
from acclimate.data.corruptions.seeds import drawn


def gaussian_noise(x: Tensor, constants: Constants, randomness: Sequence[Generator]) -> Tensor:
    """x + sigma z: the noise of a sensor in the dark. ``constants``: sigma."""
    (sigma,) = constants
    return x + sigma * _normal(x, randomness)


def shot_noise(x: Tensor, constants: Constants, randomness: Sequence[Generator]) -> Tensor:
    """Poisson(rate x) / rate: light comes in photons. ``constants``: photons of a white pixel."""
    (rate,) = constants
    means = (rate * x).double().cpu().numpy().clip(0)
    counts = np.stack([generator.poisson(mean) for generator, mean in zip(randomness, means, strict=True)])
    return torch.from_numpy(counts).to(x) / rate


def impulse_noise(x: Tensor, constants: Constants, randomness: Sequence[Generator]) -> Tensor:
    """Black or white, each in half of the values that are hit: bit errors. ``constants``: the share hit."""
    (share,) = constants
    # One draw decides both; the published code draws twice, which gives the same distribution.
    u = drawn(randomness, lambda generator: generator.random(x.shape[1:], dtype=np.float32), x.device)
    return torch.where(u < share, (u < share / 2).to(x.dtype), x)


def speckle_noise(x: Tensor, constants: Constants, randomness: Sequence[Generator]) -> Tensor:
    """x + x sigma z: noise in proportion to the light. ``constants``: sigma."""
    (sigma,) = constants
    return x + sigma * x * _normal(x, randomness)


def _normal(x: Tensor, randomness: Sequence[Generator]) -> Tensor:
    return drawn(randomness, lambda generator: generator.standard_normal(x.shape[1:], dtype=np.float32), x.device)
