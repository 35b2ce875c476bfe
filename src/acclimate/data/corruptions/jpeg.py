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
    images = x.cpu().numpy()
    compressed = np.empty_like(images)
    compress = partial(_compress, quality=int(quality))
    if torch.get_num_threads() == 1:
        list(map(compress, images, compressed))
    else:
        with ThreadPoolExecutor(torch.get_num_threads()) as pool:
            list(pool.map(compress, images, compressed))
    return torch.from_numpy(compressed).to(x.device)


def _compress(image: NDArray[np.uint8], into: NDArray[np.uint8], quality: int) -> None:
    """Both (3, h, w); the planes are handed to Pillow line by line, which is faster than pixel by pixel."""
    buffer, (_, height, width) = io.BytesIO(), image.shape
    lines = np.ascontiguousarray(image.transpose(1, 0, 2))
    Image.frombuffer("RGB", (width, height), lines, "raw", "RGB;L", 0, 1).save(buffer, "JPEG", quality=quality)
    with Image.open(buffer) as picture:
        for plane, band in zip(into, picture.split(), strict=True):
            plane[:] = np.asarray(band)
