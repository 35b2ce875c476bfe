"""Random views of a batch as it comes, normalised already: for methods that compare a row with a change of it."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor


def changed_view(x: Tensor) -> Tensor:
    """A random view of each row, all rows at once, on their device.

    Pictures (n, c, h, w) are flipped, turned by up to 8 degrees, moved by up to a sixteenth, scaled by up to a tenth,
    and changed in level and contrast by up to a fifth; other rows only get noise, a tenth of their own deviation.

    Args:
        x: (n, ...) floats.

    Returns:
        The same shape, without gradient.
    """
    with torch.no_grad():
        if x.ndim != 4:
            return x + 0.1 * _deviation(x) * torch.randn_like(x)
        moved = F.grid_sample(x.float(), _grid(x), padding_mode="reflection", align_corners=False)
        level = moved.mean((1, 2, 3), keepdim=True)
        contrast, shift = 1 + 0.2 * _uniform(x), 0.2 * _uniform(x) * _deviation(moved)
        noise = 0.02 * _deviation(moved) * torch.randn_like(moved)
        return ((moved - level) * contrast + level + shift + noise).to(x.dtype)


def strongly_changed_view(x: Tensor) -> Tensor:
    """The same change twice; see :func:`changed_view`."""
    return changed_view(changed_view(x))


def _uniform(x: Tensor) -> Tensor:
    return 2 * torch.rand(len(x), *[1] * (x.ndim - 1), device=x.device) - 1


def _deviation(x: Tensor) -> Tensor:
    return x.flatten(1).std(1, correction=0).reshape(-1, *[1] * (x.ndim - 1))


def _grid(x: Tensor) -> Tensor:
    """Where to read each pixel: an affine map for each row."""
    angle, scale = (size * _uniform(x).flatten() for size in (math.radians(8), 0.1))
    flip = torch.where(torch.rand(len(x), device=x.device) < 0.5, -1.0, 1.0)
    cos, sin = torch.cos(angle) * (1 + scale), torch.sin(angle) * (1 + scale)
    across, down = (0.125 * _uniform(x).flatten() for _ in range(2))  # of half the width, as the grid counts
    rows = [torch.stack([cos * flip, -sin, across], 1), torch.stack([sin * flip, cos, down], 1)]
    return F.affine_grid(torch.stack(rows, 1), list(x.shape), align_corners=False)


def shuffled_patches(x: Tensor, parts: int) -> Tensor:
    """Pictures cut into ``parts`` times ``parts`` pieces that change places at random, row by row (DeYO).

    Args:
        x: (n, c, h, w); where a side is no multiple, the picture is resized to the multiple below and back.
        parts: Pieces along each side.
    """
    n, c, height, width = x.shape
    h, w = height // parts, width // parts
    even = x if (h * parts, w * parts) == (height, width) else _resized(x, h * parts, w * parts)
    pieces = even.reshape(n, c, parts, h, parts, w).permute(0, 2, 4, 1, 3, 5).reshape(n, parts * parts, c, h, w)
    order = torch.rand(n, parts * parts, device=x.device).argsort(1)
    pieces = pieces[torch.arange(n, device=x.device)[:, None], order]
    mixed = pieces.reshape(n, parts, parts, c, h, w).permute(0, 3, 1, 4, 2, 5).reshape(n, c, h * parts, w * parts)
    return mixed if mixed.shape == x.shape else _resized(mixed, height, width)


def _resized(x: Tensor, height: int, width: int) -> Tensor:
    return F.interpolate(x, (height, width), mode="bilinear", antialias=True)
