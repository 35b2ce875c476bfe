"""Edges of an 8-bit picture and the distance to them, as OpenCV finds them, for a batch at once."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from scipy.ndimage import label
from torch import Tensor

# Canny 1986, https://doi.org/10.1109/TPAMI.1986.4767851
_SOBEL = ((-1.0, 0.0, 1.0), (-2.0, 0.0, 2.0), (-1.0, 0.0, 1.0))
_TAN = 13573 / 2**15  # of 22.5 degrees, in the fixed point of OpenCV
# Borgefors 1986, https://doi.org/10.1016/S0734-189X(86)80047-0: lengths of a step straight, aslant and as a knight
_STRAIGHT, _ASLANT, _KNIGHT = 1.0, 1.4, 2.1969


def canny(x: Tensor, low: float, high: float) -> Tensor:
    """Edges: ridges of the gradient above ``low`` that hang together with one above ``high``.

    Args:
        x: (n, h, w) whole numbers as floats.
        low: Of |dx| + |dy| under a Sobel kernel.
        high: Likewise.

    Returns:
        (n, h, w) boolean.
    """
    kernel = torch.tensor(_SOBEL, dtype=x.dtype, device=x.device)
    padded = F.pad(x[:, None], (1, 1, 1, 1), mode="replicate")
    gradients = F.conv2d(padded, torch.stack([kernel, kernel.T])[:, None])
    across, down = gradients.unbind(1)
    strength = across.abs() + down.abs()
    ridges = _ridges(across, down, strength) & (strength > low)
    return _hanging_together(ridges, ridges & (strength > high))


def _ridges(across: Tensor, down: Tensor, strength: Tensor) -> Tensor:
    """Where the strength is largest along the gradient, to the nearest of four directions."""
    around = F.pad(strength, (1, 1, 1, 1))
    height, width = strength.shape[1:]

    def at(row: int, column: int) -> Tensor:
        return around[:, 1 + row : 1 + row + height, 1 + column : 1 + column + width]

    level, steep = down.abs() < across.abs() * _TAN, down.abs() > across.abs() * (_TAN + 2)
    falling = (across < 0) == (down < 0)
    aslant = torch.where(falling, torch.maximum(at(-1, -1), at(1, 1)), torch.maximum(at(-1, 1), at(1, -1)))
    beside = (strength > at(0, -1)) & (strength >= at(0, 1))
    above = (strength > at(-1, 0)) & (strength >= at(1, 0))
    return torch.where(level, beside, torch.where(steep, above, strength > aslant))


def _hanging_together(weak: Tensor, strong: Tensor) -> Tensor:
    """The connected parts of ``weak``, corners counting, that hold a ``strong`` pixel; on the CPU."""
    within_images = np.zeros((3, 3, 3), int)
    within_images[1] = 1
    parts, count = label(weak.cpu().numpy(), within_images)
    kept = np.zeros(count + 1, bool)
    kept[parts[strong.cpu().numpy()]] = True
    return torch.from_numpy(kept[parts]).to(weak.device)


def distance_up_to(marked: Tensor, limit: int) -> Tensor:
    """Length of the shortest way to a marked pixel, by steps straight, aslant and as a knight in chess.

    The least over all rows of what the nearest marked pixel of that row costs. There are few different costs, and they
    are compared by rank, in 8 bits; on the CPU.

    Args:
        marked: (n, h, w) boolean.
        limit: Of the result; at most 20.

    Returns:
        (n, h, w) float32.
    """
    costs, ranks = np.unique(_costs(limit), return_inverse=True)
    ranks = ranks.reshape(limit + 1, limit + 1).astype(np.uint8)
    within_row = _row_distance(marked.cpu().numpy(), limit)
    nearest = ranks[0].take(within_row)
    for rows in range(1, limit):
        from_there = ranks[rows].take(within_row)
        for later, earlier in ((slice(rows, None), slice(None, -rows)), (slice(None, -rows), slice(rows, None))):
            np.minimum(nearest[:, later], from_there[:, earlier], out=nearest[:, later])
    return torch.from_numpy(costs.astype(np.float32).take(nearest)).to(marked.device)


def _row_distance(marked: NDArray[np.bool_], limit: int) -> NDArray[np.uint8]:
    """Whole pixels to the nearest marked one of the same row, ``limit`` at most."""
    place = np.arange(marked.shape[2], dtype=np.int32)
    before = np.maximum.accumulate(np.where(marked, place, -limit), axis=2)
    behind = np.minimum.accumulate(np.where(marked, place, marked.shape[2] + limit)[..., ::-1], axis=2)[..., ::-1]
    return np.minimum(np.minimum(place - before, behind - place), limit).astype(np.uint8)


def _costs(limit: int) -> NDArray[np.float64]:
    """(limit + 1, limit + 1): the length of the way that many rows and columns further, ``limit`` at most."""
    steps = np.arange(limit + 1)
    long, short = np.maximum(steps[:, None], steps), np.minimum(steps[:, None], steps)
    flat = _KNIGHT * short + _STRAIGHT * (long - 2 * short)
    slanted = _KNIGHT * (long - short) + _ASLANT * (2 * short - long)
    return np.minimum(np.where(long >= 2 * short, flat, slanted), limit)
