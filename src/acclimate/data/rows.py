"""The rows of one domain, as streams, training and prediction read them."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor

from acclimate.errors import InputError


class Rows(Protocol):
    """Rows that are read by number.

    Attributes:
        y: (n,) class indices (int64) or values (float), or ``None`` where there are no labels.
        domain: (n,) int64, which source domain a row came from, or ``None``.
    """

    @property
    def y(self) -> Tensor | None: ...

    @property
    def domain(self) -> Tensor | None: ...

    def __len__(self) -> int: ...

    def batch(self, index: Tensor, epoch: Tensor | None) -> Tensor:
        """Inputs of the rows ``index``, (len(index), ...).

        Args:
            index: Row numbers, (b,) int64.
            epoch: How many times each row was delivered before, (b,) int64, from which a random augmentation is
                drawn, so that it is a function of seed, epoch and row alone. ``None`` in evaluation: no augmentation.
        """
        ...


class TensorRows:
    """Rows held in memory.

    Args:
        x: Inputs, (n, ...).
        y: Labels, (n,), or ``None``.
        domain: (n,) int64, or ``None``.

    Raises:
        InputError: If the lengths differ.
    """

    def __init__(self, x: Tensor, y: Tensor | None = None, domain: Tensor | None = None) -> None:
        for name, other in (("y", y), ("domain", domain)):
            if other is not None and len(other) != len(x):
                raise InputError(f"'{name}' has {len(other)} rows but 'x' has {len(x)}: give one value for each row.")
        self.x, self.y, self.domain = x, y, domain

    def __len__(self) -> int:
        return len(self.x)

    def batch(self, index: Tensor, epoch: Tensor | None) -> Tensor:
        """Inputs of the rows ``index``, (len(index), ...); nothing is random here, so ``epoch`` is not read."""
        return self.x[index]
