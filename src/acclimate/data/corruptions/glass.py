"""Seen through frosted glass: every pixel copies a neighbour, between two Gaussian blurs."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from numpy.random import Generator
from torch import Tensor

from acclimate.data.corruptions.constants import Constants
from acclimate.data.corruptions.gaussian import smoothed
from acclimate.data.corruptions.levels import cut_to_levels, from_levels
from acclimate.data.corruptions.seeds import drawn


def glass_blur(x: Tensor, constants: Constants, randomness: Sequence[Generator]) -> Tensor:
    """Blur, walk over the pixels and let each copy one nearby, blur. ``constants``: sigma, reach, walks.

    The published walk goes from the bottom right to the top left and copies ``x[h + dy, w + dx]`` to ``x[h, w]``, so
    that a pixel may copy one that has itself been written before. (It was meant to swap the two; in NumPy, what stands
    on the right are views, and the second assignment writes back what is there.) The result here is the same, without
    the walk: see `copied_from`.
    """
    sigma, reach, walks = constants[0], int(constants[1]), int(constants[2])
    height, width = x.shape[-2:]
    x = from_levels(cut_to_levels(smoothed(x, sigma)))  # the published code keeps 8 bits here
    if min(height, width) <= 2 * reach:
        return smoothed(x, sigma)
    shape = (walks, height - 2 * reach, width - 2 * reach, 2)
    steps = drawn(randomness, lambda generator: generator.integers(-reach, reach, shape, dtype="int8"), x.device)
    source = torch.arange(height * width, device=x.device).expand(len(x), -1)
    for walk in steps.unbind(1):
        source = source.gather(1, copied_from(walk.long(), height, width))
    shuffled = x.flatten(2).gather(2, source[:, None].expand(-1, x.shape[1], -1)).reshape(x.shape)
    return smoothed(shuffled, sigma)


def copied_from(steps: Tensor, height: int, width: int) -> Tensor:
    """Where each pixel's value stood before the walk.

    A pixel takes the value that its neighbour has *now*: where the walk has been there already, that is what the
    neighbour took. Such pixels are chained until one takes a value not yet overwritten; all chains are followed at
    once by pointer doubling, in as many rounds as the longest has binary digits.

    Args:
        steps: (n, rows, columns, 2) whole numbers, (dx, dy) of each step, in the order of the walk.
        height: Of the image; the walk leaves out an equal rim above and below.
        width: Likewise.

    Returns:
        (n, height * width) numbers of pixels.
    """
    n, rows, columns, _ = steps.shape
    size, device = height * width, steps.device
    bottom, right = (height + rows) // 2, (width + columns) // 2  # where the walk begins
    down = torch.arange(bottom, bottom - rows, -1, device=device)[:, None]
    across = torch.arange(right, right - columns, -1, device=device)
    here = down * width + across
    down, across = down + steps[..., 1], across + steps[..., 0]
    there = down * width + across
    # Numbers from `size` on stand for values from before the walk, those below for what the walk wrote.
    written = (there > here) & (down <= bottom) & (across <= right) & (across > right - columns)
    pointer = torch.arange(size, 2 * size, device=device).repeat(n, 1)
    pointer[:, here.flatten()] = torch.where(written, there, there + size).flatten(1)
    before = torch.arange(size, 2 * size, device=device).expand(n, -1)
    while (pointer < size).any():
        pointer = torch.cat([pointer, before], 1).gather(1, pointer)
    return pointer - size
