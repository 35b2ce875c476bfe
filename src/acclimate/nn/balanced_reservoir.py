"""A reservoir of rows, as many of each predicted class as may be (NOTE)."""

from __future__ import annotations

import torch
from torch import Tensor


class BalancedReservoir:
    """Keeps up to N rows; over time each row of a class is as likely to be among them as any other.

    Once it is full, a row of a class that is not among the largest takes the place of a random row of one of these; a
    row of a largest class that of a random row of its own, with the probability that a reservoir needs: kept over seen.
    Gong et al. 2022, https://arxiv.org/abs/2208.05117, algorithm 1. Bookkeeping is on the host, and draws by torch's
    generator there; rows stay where they are.

    Args:
        capacity: N.
        num_classes: c.

    Attributes:
        kept: The rows of each predicted class.
        seen: How many rows of each came by.
    """

    def __init__(self, capacity: int, num_classes: int) -> None:
        self.capacity = capacity
        self.kept: list[list[Tensor]] = [[] for _ in range(num_classes)]
        self.seen = [0] * num_classes

    def __len__(self) -> int:
        return sum(map(len, self.kept))

    def add(self, row: Tensor, label: int) -> None:
        """Take a row in, or not."""
        self.seen[label] += 1
        if len(self) < self.capacity or self._make_room(label):
            self.kept[label].append(row)

    def rows(self) -> Tensor:
        """All rows, (m, ...)."""
        return torch.stack([row for rows in self.kept for row in rows])

    def forget(self) -> None:
        """Hold nothing."""
        self.kept, self.seen = [[] for _ in self.kept], [0] * len(self.seen)

    def _make_room(self, label: int) -> bool:
        most = max(map(len, self.kept))
        largest = [k for k, rows in enumerate(self.kept) if len(rows) == most]
        if label not in largest:
            label = largest[_below(len(largest))]
        elif float(torch.rand(())) > most / self.seen[label]:
            return False
        del self.kept[label][_below(most)]
        return True


def _below(count: int) -> int:
    return int(torch.randint(count, ()))
