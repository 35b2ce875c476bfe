"""Snow: falling flakes, drawn long by their motion, over a whitened image."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from acclimate.data.corruptions.colour import grey
from acclimate.data.corruptions.constants import Constants
from acclimate.data.corruptions.levels import cut_to_levels, from_levels, nearest_levels
from acclimate.data.corruptions.motion import moved
from acclimate.data.corruptions.seeds import drawn
from acclimate.data.corruptions.zoom import zoomed


def snow(x: Tensor, constants: Constants, randomness: Sequence[Generator]) -> Tensor:
    """Flakes, and the same turned by half, on the image mixed with its brightened grey.

    ``constants``: mean and sigma of the noise that flakes grow from, its enlargement, the threshold of a flake,
    radius and sigma of the motion, and the share of the image in the mixture.
    """
    mean, sigma, enlarged, threshold, radius, motion_sigma, kept = constants
    noise = drawn(randomness, lambda generator: generator.standard_normal(x.shape[2:], dtype=np.float32), x.device)
    angles = [generator.uniform(-135, -45) for generator in randomness]
    flakes = zoomed(mean + sigma * noise[:, None], enlarged)
    flakes = torch.where(flakes < threshold, 0, flakes)
    flakes = from_levels(cut_to_levels(flakes))  # as published: the layer is an 8-bit image before and after it moves
    flakes = from_levels(nearest_levels(moved(flakes, int(radius), motion_sigma, angles)))
    whitened = torch.maximum(x, grey(x) * 1.5 + 0.5)
    return kept * x + (1 - kept) * whitened + flakes + flakes.flip(2, 3)
