"""Standardised rows, made a block at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from acclimate.types import Array

BLOCK = 2**17  # entries: 1 MiB of float64, which the cache of a core holds


class StandardizedRows:
    """Rows of matrices below each other, every column with mean 0 and deviation 1 over all of them; constant ones 0.

    They are float64 and never there as a whole: what is held besides the matrices is a block.

    Args:
        parts: Of each matrix (n_k, d), of any float type and finite: itself, and the order of its rows, (n_k,).
    """

    def __init__(self, *parts: tuple[Array, Array]) -> None:
        self._parts = parts
        self._starts = np.cumsum([0, *(len(order) for _, order in parts)])
        self._mean, self._scale = np.zeros(self.width), np.ones(self.width)
        everything = np.arange(len(self))
        largest = np.max([np.abs(X).max(axis=0) for _, X in self.blocks(everything)], axis=0)
        self._mean = self._sums(1) / len(self)
        spread = np.sqrt(self._sums(2) / len(self))
        self._scale = np.where(spread > 1e-12 * largest, spread, 1.0)

    def __len__(self) -> int:
        """How many there are."""
        return int(self._starts[-1])

    @property
    def width(self) -> int:
        """Columns, d."""
        return int(self._parts[0][0].shape[1])

    def blocks(self, numbers: Array) -> Iterator[tuple[Array, Array]]:
        """Those rows, in blocks that do not cross matrices.

        Args:
            numbers: (k,) of rows, counted through all matrices.

        Yields:
            Places in `numbers`, (b,), and the rows there, (b, d) float64.
        """
        step = max(1, BLOCK // self.width)
        for (X, order), start, end in zip(self._parts, self._starts[:-1], self._starts[1:], strict=True):
            places = np.flatnonzero((start <= numbers) & (numbers < end))
            for i in range(0, len(places), step):
                here = places[i : i + step]
                rows = X[order[numbers[here] - start]] - self._mean
                rows /= self._scale
                yield here, rows

    def times(self, numbers: Array, weight: Array) -> Array:
        """Product of those rows with weights (d,) or (d, c), (k,) or (k, c)."""
        out = np.empty((len(numbers), *weight.shape[1:]))
        for here, rows in self.blocks(numbers):
            out[here] = rows @ weight
        return out

    def _sums(self, power: int) -> Array:
        return np.asarray(sum((X**power).sum(axis=0) for _, X in self.blocks(np.arange(len(self)))))
