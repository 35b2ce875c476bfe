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
    small_height, small_width = max(1, int(height * share)), max(1, int(width * share))
    # The three planes stand one above the other as one picture: the boxes end where a plane ends. Across before down,
    # for the means are rounded in between, and Pillow would begin with the other side of a picture as high as that.
    towers = x.reshape(len(x), 3 * height, width).cpu().numpy()
    narrow = (Image.fromarray(tower).resize((small_width, 3 * height), Image.Resampling.BOX) for tower in towers)
    size = small_width, 3 * small_height
    small = np.stack([np.asarray(picture.resize(size, Image.Resampling.BOX)) for picture in narrow])
    # Up again, a box is the one pixel that it falls on.
    large = small.take(_nearest(width, small_width), 2).take(_nearest(3 * height, 3 * small_height), 1)
    return torch.from_numpy(large).to(x.device).reshape(x.shape)


def _nearest(side: int, small: int) -> NDArray[np.intp]:
    return ((np.arange(side) + 0.5) * (small / side)).astype(np.intp)
