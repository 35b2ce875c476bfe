"""Brightness, saturation and contrast."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from numpy.random import Generator
from torch import Tensor

from acclimate.data.corruptions.constants import Constants

LUMA = (0.299, 0.587, 0.114)  # what red, green and blue give to grey, ITU-R BT.601


def brightness(x: Tensor, constants: Constants, randomness: Sequence[Generator]) -> Tensor:
    """The value of HSV raised, without going there: scales each pixel by V'/V. ``constants``: by how much."""
    (raised,) = constants
    value = x.amax(1, keepdim=True)
    target = (value + raised).clamp(0, 1)
    return torch.where(value > 0, x * (target / value), target)


def saturate(x: Tensor, constants: Constants, randomness: Sequence[Generator]) -> Tensor:
    """S' = scale S + shift in HSV. ``constants``: scale, shift.

    Grey has no hue; HSV counts it as red, so a shift reddens it, as in the published code.
    """
    scale, shift = constants
    value = x.amax(1, keepdim=True)
    span = value - x.amin(1, keepdim=True)
    saturation = torch.where(value > 0, span / value, 0)
    target = (scale * saturation + shift).clamp(0, 1)
    coloured = value - (value - x) * (target / saturation)
    reddened = (value * (1 - target)).expand_as(x).clone()
    reddened[:, :1] = value
    return torch.where(span > 0, coloured, reddened)


def contrast(x: Tensor, constants: Constants, randomness: Sequence[Generator]) -> Tensor:
    """Towards each channel's mean. ``constants``: what remains of the contrast."""
    (kept,) = constants
    mean = x.mean((2, 3), keepdim=True)
    return (x - mean) * kept + mean


def grey(x: Tensor) -> Tensor:
    """(n, 3, h, w) to (n, 1, h, w)."""
    red, green, blue = LUMA
    return red * x[:, :1] + green * x[:, 1:2] + blue * x[:, 2:]
