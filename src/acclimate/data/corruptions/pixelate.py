"""Pixelation: the mean of boxes of pixels, in 8 bits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from acclimate.data.corruptions.constants import Constants


def pixelate(x: Tensor, constants: Constants, randomness: Sequence[Generator]) -> Tensor:
    """Pillow's BOX, down and up again, on the CPU. ``constants``: the share of the side that remains.

    Args:
        x: (n, 3, h, w) uint8.

    Returns:
        (n, 3, h, w) uint8.
    """
    (share,) = constants
    height, width = x.shape[2:]
    size = max(1, int(width * share)), max(1, int(height * share))
    planes = x.flatten(0, 1).cpu().numpy()
    small = np.stack([np.asarray(Image.fromarray(plane).resize(size, Image.Resampling.BOX)) for plane in planes])
    # Up again, a box is the one pixel that it falls on.
    large = small.take(_nearest(width, size[0]), 2).take(_nearest(height, size[1]), 1)
    return torch.from_numpy(large).to(x.device).reshape(x.shape)


def _nearest(side: int, small: int) -> NDArray[np.intp]:
    return ((np.arange(side) + 0.5) * (small / side)).astype(np.intp)
