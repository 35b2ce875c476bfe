"""Rows some of whose parts are hidden."""

from __future__ import annotations

import torch
from torch import Tensor


def block_mask(x: Tensor, ratio: float, blocks: int = 4) -> Tensor:
    """What a row keeps: 0 in blocks drawn at random, else 1. Every row has a draw of its own.

    Args:
        x: Pictures (n, k, h, w), signals (n, k, t), or rows of features (n, d).
        ratio: The share of blocks that are hidden, on average.
        blocks: A picture has this many by this many, all of about one size. A signal, or a row of features, has as
            many in all, along its only axis. Never more than there are pixels or entries.

    Returns:
        (n, 1, h, w), (n, 1, t) or (n, d), in the type of ``x``.
    """
    rows = x if x.ndim > 2 else x[:, None]
    counts = [blocks] * (rows.ndim - 2) if rows.ndim > 3 else [blocks**2]
    cells = rows[(slice(None), slice(1), *(slice(count) for count in counts))]
    mask = (torch.rand_like(cells) >= ratio).to(x.dtype)
    for axis, size in enumerate(rows.shape[2:], 2):
        mask = mask.index_select(axis, torch.arange(size, device=x.device) * mask.shape[axis] // size)
    return mask if x.ndim > 2 else mask[:, 0]
