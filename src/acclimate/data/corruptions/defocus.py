"""The blur of a lens out of focus: a disk."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.ndimage import correlate1d
from torch import Tensor

from acclimate.data.corruptions.constants import Constants


def defocus_blur(x: Tensor, constants: Constants, randomness: Sequence[Generator]) -> Tensor:
    """Convolution with a disk, the image reflected about its outermost pixels. ``constants``: radius, alias sigma."""
    kernel = disk(*constants)
    reach = len(kernel) // 2
    padded = _reflected(x, reach)
    sides = [_easy_length(side) for side in padded.shape[-2:]]
    # The disk is symmetric, so a convolution is the correlation that was published.
    weights = torch.fft.rfft2(torch.from_numpy(kernel).to(x), sides)
    smooth: Tensor = torch.fft.irfft2(torch.fft.rfft2(padded, sides) * weights, sides)
    height, width = x.shape[-2:]
    return smooth[..., 2 * reach : 2 * reach + height, 2 * reach : 2 * reach + width]


def disk(radius: float, alias: float) -> NDArray[np.float64]:
    """A disk, its edge softened by a Gaussian of 3 pixels, 5 beyond radius 8.

    Its sum is 1 before it is softened. As published, the softening reflects what leaves the kernel, so that afterwards
    the sum is a little more than 1 for the radii 8 and 10, which fill it.

    Args:
        radius: In pixels.
        alias: Sigma of the softening Gaussian.

    Returns:
        (k, k), k odd: 17 up to radius 8, 2 radius + 1 beyond.
    """
    reach, taps = (8, 3) if radius <= 8 else (int(radius), 5)
    offsets = np.arange(-reach, reach + 1)
    inside = (offsets[:, None] ** 2 + offsets**2 <= radius**2).astype(np.float64)
    softener = np.exp(-((np.arange(taps) - taps // 2) ** 2) / (2 * alias**2))
    softener /= softener.sum()
    kernel: NDArray[np.float64] = inside / inside.sum()
    for axis in (0, 1):  # "mirror" leaves the edge itself unrepeated
        kernel = correlate1d(kernel, softener, axis=axis, mode="mirror")
    return kernel


def _reflected(x: Tensor, reach: int) -> Tensor:
    return F.pad(x, (reach, reach, reach, reach), mode="reflect")


def _easy_length(length: int) -> int:
    """The next length without a prime factor above 5, which the Fourier transform is fast for."""
    while True:
        rest = length
        for prime in (2, 3, 5):
            while rest % prime == 0:
                rest //= prime
        if rest == 1:
            return length
        length += 1
