"""Spatter: drops of water or mud on the lens."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from numpy.random import Generator
from torch import Tensor

from acclimate.data.corruptions.constants import Constants
from acclimate.data.corruptions.edges import canny, distance_up_to
from acclimate.data.corruptions.gaussian import smoothed
from acclimate.data.corruptions.seeds import drawn

_WATER, _MUD = (175, 238, 238), (63, 42, 20)
_EMBOSS = ((-2.0, -1.0, 0.0), (-1.0, 1.0, 1.0), (0.0, 1.0, 2.0))
_THIN = 0.8  # mud thinner than this is not seen
_REACH = 20  # pixels within which an edge of a drop is felt


def spatter(x: Tensor, constants: Constants, randomness: Sequence[Generator]) -> Tensor:
    """Water that lightens with the shade of its drops, or mud that covers.

    ``constants``: mean, sigma and smoothing of the noise that drops grow from, the threshold of a drop, the strength of
    water or the smoothing of mud, and 1 for mud.
    """
    mean, sigma, smoothing, threshold, strength, muddy = constants
    noise = drawn(randomness, lambda generator: generator.standard_normal(x.shape[2:], dtype=np.float32), x.device)
    liquid = smoothed(mean + sigma * noise, smoothing)
    drops = torch.where(liquid < threshold, 0, liquid)
    if muddy:
        cover = smoothed((liquid > threshold).to(x.dtype), strength)
        cover = torch.where(cover < _THIN, 0, cover)[:, None]
        return x * (1 - cover) + cover * _colour(_MUD, x)
    return x + strength * water_shade(drops)[:, None] * _colour(_WATER, x)


def water_shade(drops: Tensor) -> Tensor:
    """How bright the water is: embossed by the distance to the rim of its drop.

    Args:
        drops: (n, h, w) in [0, 1], 0 where there is no water.

    Returns:
        (n, h, w) in [0, 1], each image's largest 1.
    """
    drops = (drops * 255).floor().clamp(0, 255)
    depth = _box(distance_up_to(canny(drops, 50, 150), _REACH)).floor()
    kernel = torch.tensor(_EMBOSS, dtype=depth.dtype, device=depth.device)
    shade = F.conv2d(F.pad(equalized(depth)[:, None], (1, 1, 1, 1), mode="reflect"), kernel[None, None])[:, 0]
    shade = drops * _box(shade.clamp(0, 255)).round()
    largest = shade.amax((1, 2), keepdim=True)
    return torch.where(largest > 0, shade / largest, 0)


def equalized(levels: Tensor) -> Tensor:
    """Each image's histogram made flat: the share of darker pixels, the darkest there are not counted.

    Args:
        levels: (n, h, w) whole numbers 0..255 as floats.

    Returns:
        (n, h, w) likewise.
    """
    flat = levels.flatten(1).long()
    counts = levels.new_zeros(len(levels), 256).scatter_add_(1, flat, torch.ones_like(levels).flatten(1))
    reached = counts.cumsum(1)
    darkest = counts.gather(1, flat.amin(1, keepdim=True))
    rest = flat.shape[1] - darkest
    table = torch.where(rest > 0, (reached - darkest) * (255 / rest), flat.amin(1, keepdim=True))
    return table.round().clamp(0, 255).gather(1, flat).reshape(levels.shape)


def _box(x: Tensor) -> Tensor:
    """Means of 3 by 3, the image reflected about its outermost pixels."""
    x = F.pad(x[:, None], (1, 1, 1, 1), mode="reflect")[:, 0]
    x = x[:, :-2] + x[:, 1:-1] + x[:, 2:]
    return (x[..., :-2] + x[..., 1:-1] + x[..., 2:]) / 9


def _colour(levels: tuple[int, int, int], x: Tensor) -> Tensor:
    return x.new_tensor(levels)[:, None, None] / 255
