"""Between [0, 1] and the 256 levels of an image file."""

from __future__ import annotations

import torch
from torch import Tensor

_SLACK = 1e-4  # what float32 leaves just below a whole level belongs to that level


def cut_to_levels(x: Tensor) -> Tensor:
    """Values in [0, 1] as 0..255, cut off and not rounded: the published code ends in ``np.uint8(255 * x)``."""
    return (x * 255 + _SLACK).clamp(0, 255).to(torch.uint8)


def nearest_levels(x: Tensor) -> Tensor:
    """Values in [0, 1] as the nearest of 0..255."""
    return (x * 255).round().clamp(0, 255).to(torch.uint8)


def from_levels(x: Tensor) -> Tensor:
    """0..255 as float32 in [0, 1]."""
    return x.to(torch.float32) / 255
