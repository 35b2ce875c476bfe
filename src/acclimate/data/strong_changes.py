"""Strong random changes to images that leave their content: those of RandAugment, then a hole, for a batch at once.

Cubuk et al. 2020, RandAugment, https://arxiv.org/abs/1909.13719, in the form and the ranges of FixMatch (Sohn et al.
2020, https://arxiv.org/abs/2001.07685): two changes, each one of fourteen, with a strength drawn for each image, then
Cutout. Two things differ: what comes in from outside the image repeats its rim, and the hole has the image's mean
colour, where theirs is grey; neither puts a frame around pictures on a plain ground.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

CHANGES = 2  # in a row
DRAWS = 2 * CHANGES + 3  # numbers that one image takes
TURN, SHEAR, SHIFT = math.pi / 6, 0.3, 0.3  # either way: radians, slope, share of the side
HOLE = 0.5  # largest side, of the image's


def strongly_changed(x: Tensor, draws: Tensor) -> Tensor:
    """Each image with its own changes.

    Args:
        x: (n, c, h, w) in [0, 1].
        draws: (n, ``DRAWS``) in [0, 1), all that is random here.

    Returns:
        (n, c, h, w) in [0, 1].
    """
    for number in range(CHANGES):
        which, strength = draws[:, 2 * number], draws[:, 2 * number + 1]
        x = _changed(x, (which * len(OPERATIONS)).long(), strength)
    return _with_hole(x, *draws[:, 2 * CHANGES :].unbind(1))


def _changed(x: Tensor, which: Tensor, strength: Tensor) -> Tensor:
    x = x.clone()
    for number, operation in enumerate(OPERATIONS):
        rows = (which == number).nonzero()[:, 0]
        if len(rows):
            x[rows] = operation(x[rows], strength[rows][:, None, None, None]).clamp(0, 1)
    return x


def _with_hole(x: Tensor, size: Tensor, top: Tensor, left: Tensor) -> Tensor:
    inside = [
        ((torch.arange(side) + 0.5) / side - middle[:, None]).abs() < HOLE / 2 * size[:, None]
        for side, middle in ((x.shape[2], top), (x.shape[3], left))
    ]
    hole = (inside[0][:, :, None] & inside[1][:, None, :])[:, None]
    return torch.where(hole, x.mean((2, 3), keepdim=True), x)


def _unchanged(x: Tensor, strength: Tensor) -> Tensor:
    return x


def _stretched(x: Tensor, strength: Tensor) -> Tensor:
    low, high = x.amin((2, 3), keepdim=True), x.amax((2, 3), keepdim=True)
    return torch.where(high > low, (x - low) / (high - low), x)


def _equalized(x: Tensor, strength: Tensor) -> Tensor:
    """Every value by the share of the channel's pixels that are darker, in 8 bits."""
    level = (x * 255).round().long().flatten(2)
    counts = x.new_zeros(*level.shape[:2], 256).scatter_add_(2, level, x.new_ones(level.shape))
    darker = (counts.cumsum(2) - counts).gather(2, level)
    most = darker.amax(2, keepdim=True)
    return torch.where(most > 0, darker / most.clamp(min=1), x.flatten(2)).reshape(x.shape)


def _brightened(x: Tensor, strength: Tensor) -> Tensor:
    return _mixed(torch.zeros_like(x), x, strength)


def _contrasted(x: Tensor, strength: Tensor) -> Tensor:
    return _mixed(x.mean((1, 2, 3), keepdim=True), x, strength)


def _coloured(x: Tensor, strength: Tensor) -> Tensor:
    return _mixed(x.mean(1, keepdim=True), x, strength)


def _sharpened(x: Tensor, strength: Tensor) -> Tensor:
    kernel = torch.tensor([[1.0, 1.0, 1.0], [1.0, 5.0, 1.0], [1.0, 1.0, 1.0]], dtype=x.dtype) / 13
    padded = F.pad(x, (1, 1, 1, 1), mode="replicate")
    smooth = F.conv2d(padded, kernel.expand(x.shape[1], 1, 3, 3), groups=x.shape[1])
    return _mixed(smooth, x, strength)


def _mixed(bland: Tensor, x: Tensor, strength: Tensor) -> Tensor:
    return bland + (0.05 + 0.9 * strength) * (x - bland)


def _posterized(x: Tensor, strength: Tensor) -> Tensor:
    steps = 2 ** (4 + (5 * strength).floor())  # 4 to 8 bits
    return (x * 256 / (256 / steps)).floor().clamp(max=steps - 1) * (256 / steps) / 255


def _solarized(x: Tensor, strength: Tensor) -> Tensor:
    return torch.where(x >= strength, 1 - x, x)


def _turned(x: Tensor, strength: Tensor) -> Tensor:
    angle = TURN * (2 * strength - 1)
    return _resampled(x, (angle.cos(), -angle.sin(), 0), (angle.sin(), angle.cos(), 0))


def _sheared_across(x: Tensor, strength: Tensor) -> Tensor:
    return _resampled(x, (1, SHEAR * (2 * strength - 1), 0), (0, 1, 0))


def _sheared_down(x: Tensor, strength: Tensor) -> Tensor:
    return _resampled(x, (1, 0, 0), (SHEAR * (2 * strength - 1), 1, 0))


def _moved_across(x: Tensor, strength: Tensor) -> Tensor:
    return _resampled(x, (1, 0, 2 * SHIFT * (2 * strength - 1)), (0, 1, 0))  # a side is 2 units long there


def _moved_down(x: Tensor, strength: Tensor) -> Tensor:
    return _resampled(x, (1, 0, 0), (0, 1, 2 * SHIFT * (2 * strength - 1)))


def _resampled(x: Tensor, *rows: tuple[Tensor | float, ...]) -> Tensor:
    """At the places that a matrix of two rows, numbers or (n, 1, 1, 1), sends those of the image to."""
    matrix = torch.stack([torch.stack([x.new_ones(len(x)) * _flat(entry) for entry in row], 1) for row in rows], 1)
    grid = F.affine_grid(matrix, list(x.shape), align_corners=False)
    return F.grid_sample(x, grid, padding_mode="border", align_corners=False)


def _flat(entry: Tensor | float) -> Tensor | float:
    return entry.flatten() if isinstance(entry, Tensor) else entry


OPERATIONS: tuple[Callable[[Tensor, Tensor], Tensor], ...] = (
    _unchanged,
    _stretched,
    _equalized,
    _brightened,
    _contrasted,
    _coloured,
    _sharpened,
    _posterized,
    _solarized,
    _turned,
    _sheared_across,
    _sheared_down,
    _moved_across,
    _moved_down,
)
