"""The last few keys of every class."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class ClassQueue(nn.Module):
    """A ring of ``size`` rows for each class; a whole batch enters it at once. All of it is in the state dict.

    Args:
        num_classes: c.
        width: d, of a row.
        size: Rows that a class keeps.

    Attributes:
        rows: (c, size, d).
        filled: Which places hold a row, (c, size).
        next_place: Where each class's next row goes, (c,).
    """

    rows: Tensor
    filled: Tensor
    next_place: Tensor

    def __init__(self, num_classes: int, width: int, size: int) -> None:
        super().__init__()
        if size < 1:
            raise ValueError(f"a queue needs at least one place for each class, not {size}")
        self.size = size
        self.register_buffer("rows", torch.zeros(num_classes, size, width))
        self.register_buffer("filled", torch.zeros(num_classes, size, dtype=torch.bool))
        self.register_buffer("next_place", torch.zeros(num_classes, dtype=torch.int64))

    @torch.no_grad()
    def add(self, rows: Tensor, y: Tensor) -> None:
        """Take in rows (n, d) of classes (n,) in their order; of more than ``size`` of one class the last stay."""
        members = y[:, None] == torch.arange(len(self.next_place), device=y.device)
        before = (members.cumsum(0) - 1).gather(1, y[:, None])[:, 0]  # rows of the same class that came earlier
        counts = members.sum(0)
        place = (self.next_place[y] + before) % self.size
        # A row that a later one overwrites is written as that one: then it does not matter which is written last.
        flat = y * self.size + place
        last = ((flat[:, None] == flat) * torch.arange(len(y), device=y.device)).amax(1)
        self.rows[y, place] = rows[last].to(self.rows)
        self.filled[y, place] = True
        self.next_place.copy_((self.next_place + counts) % self.size)
