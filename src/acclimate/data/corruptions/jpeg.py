"""JPEG: what its compression leaves."""

from __future__ import annotations

import io
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from acclimate.data.corruptions.constants import Constants


def jpeg_compression(x: Tensor, constants: Constants, randomness: Sequence[Generator]) -> Tensor:
    """Each image through Pillow's JPEG, as many at once as torch may use threads. ``constants``: quality.

    Args:
        x: (n, 3, h, w) uint8.

    Returns:
        (n, 3, h, w) uint8.
    """
    (quality,) = constants
    pictures = x.permute(0, 2, 3, 1).contiguous().cpu().numpy()
    with ThreadPoolExecutor(torch.get_num_threads()) as pool:
        compressed = np.stack(list(pool.map(partial(_compressed, quality=int(quality)), pictures)))
    return torch.from_numpy(compressed).to(x.device).permute(0, 3, 1, 2).contiguous()


def _compressed(picture: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=quality)
    with Image.open(buffer) as image:
        return np.asarray(image)
