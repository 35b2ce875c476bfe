"""Elastic transform: an affine map of the whole, then a smooth random displacement of every pixel."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from numpy.random import Generator
from torch import Tensor

from acclimate.data.corruptions.constants import Constants
from acclimate.data.corruptions.gaussian import smoothed
from acclimate.data.corruptions.seeds import drawn


def elastic_transform(x: Tensor, constants: Constants, randomness: Sequence[Generator]) -> Tensor:
    """``constants``: displacement, sigma that smooths it, and how far the affine map moves three points, in pixels."""
    strength, sigma, affine = constants
    size = x.shape[2:]
    corners = drawn(randomness, lambda generator: generator.uniform(-affine, affine, (3, 2)), x.device)
    noise = drawn(randomness, lambda generator: generator.uniform(-1, 1, (2, *size)), x.device)
    across, down = (strength * smoothed(noise, sigma, mode="reflect", truncate=3)).unbind(1)
    rows, columns = (torch.arange(side, dtype=torch.float64, device=x.device) for side in size)
    turned = _at(x, *_affine_places(corners, rows, columns), corners_fixed=True)
    return _at(turned, columns + across, rows[:, None] + down, corners_fixed=False).to(x.dtype)


def _affine_places(moves: Tensor, rows: Tensor, columns: Tensor) -> tuple[Tensor, Tensor]:
    """Where each pixel comes from if three points around the middle move by (n, 3, 2) pixels."""
    height, width = len(rows), len(columns)
    middle, reach = moves.new_tensor([width // 2, height // 2]), min(height, width) // 3
    points = middle + reach * moves.new_tensor([[1, 1], [1, -1], [-1, -1]])
    # Solves [moved points, 1] M = points: M sends a pixel of the result to its place in the image.
    ones = moves.new_ones(len(moves), 3, 1)
    matrix = torch.linalg.solve(torch.cat([points + moves, ones], 2), points.expand_as(moves))
    along, down, fixed = matrix[:, :, None, None, :].unbind(1)
    places = along * columns[None, None, :, None] + down * rows[None, :, None, None] + fixed
    return places[..., 0], places[..., 1]


def _at(x: Tensor, across: Tensor, down: Tensor, corners_fixed: bool) -> Tensor:
    """The image at (n, h, w) places in pixels, between pixels linearly.

    Beyond its border it is mirrored: at the centres of the outermost pixels (``corners_fixed``) or at their edges.
    Published: OpenCV's, which rounds places to 1/32 pixel, for the affine map; here it is exact.
    """
    height, width = x.shape[2:]
    grid = torch.stack([_relative(across, width, corners_fixed), _relative(down, height, corners_fixed)], 3)
    # float32 would be off by 1e-5 pixels, which is 4e-3 of 255 levels where black meets white.
    return F.grid_sample(x.double(), grid, padding_mode="reflection", align_corners=corners_fixed)


def _relative(place: Tensor, side: int, corners_fixed: bool) -> Tensor:
    return 2 * place / (side - 1) - 1 if corners_fixed else (2 * place + 1) / side - 1
