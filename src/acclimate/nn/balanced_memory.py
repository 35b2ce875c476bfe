"""A small memory of rows, balanced over classes, that prefers the new and the sure (RoTTA)."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass
class Kept:
    """A row in memory.

    Attributes:
        row: (...), on its device.
        label: Its predicted class.
        uncertainty: Entropy of that prediction over log c.
        age: How many rows came after it.
    """

    row: Tensor
    label: int
    uncertainty: float
    age: int = 0


class BalancedMemory:
    r"""Keeps up to N rows; each has the score :math:`1 / (1 + e^{-\mathrm{age}/N}) + H / \log c`, and the highest goes.

    A class with its share of N gives up one of its own rows for a new one; else, if the memory is full, one of the
    largest classes does. A row with a higher score than all that could go is not taken. Yuan et al. 2023,
    https://arxiv.org/abs/2303.13899. Bookkeeping is on the host; rows stay where they are.

    Args:
        capacity: N.
        num_classes: c.
    """

    def __init__(self, capacity: int, num_classes: int) -> None:
        self.capacity, self.num_classes = capacity, num_classes
        self.kept: list[Kept] = []

    def add(self, row: Tensor, label: int, uncertainty: float) -> None:
        """Take a row in, or not; all that are in memory then grow older."""
        new = Kept(row, label, uncertainty)
        if self._has_room(new):
            self.kept.append(new)
        for item in self.kept:
            item.age += 1

    def rows(self) -> Tensor:
        """All rows, (m, ...)."""
        return torch.stack([item.row for item in self.kept])

    def ages(self) -> Tensor:
        """Their ages in units of N, (m,)."""
        return torch.tensor([item.age / self.capacity for item in self.kept])

    def _has_room(self, new: Kept) -> bool:
        counts = Counter(item.label for item in self.kept)
        if counts[new.label] >= self.capacity / self.num_classes:
            return self._make_room({new.label}, new)
        if len(self.kept) < self.capacity:
            return True
        most = max(counts.values())
        return self._make_room({label for label, count in counts.items() if count == most}, new)

    def _make_room(self, labels: set[int], new: Kept) -> bool:
        worst = max((item for item in self.kept if item.label in labels), key=self._score)
        if self._score(worst) <= self._score(new):
            return False
        self.kept = [item for item in self.kept if item is not worst]
        return True

    def _score(self, item: Kept) -> float:
        return 1 / (1 + math.exp(-item.age / self.capacity)) + item.uncertainty
