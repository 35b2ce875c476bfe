"""Two samples of rows, checked, drawn and brought to one scale."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from acclimate.errors import InputError
from acclimate.ratio.rows import shuffled_order
from acclimate.types import Array

MOST = 1000  # rows of a side that an n x n matrix is made of


class Drawn(NamedTuple):
    """Rows of two sides.

    Attributes:
        source: (n, d).
        target: (m, d).
    """

    source: Array
    target: Array

    @property
    def both(self) -> Array:
        """Source rows, then target rows, (n + m, d)."""
        return np.concatenate([self.source, self.target])


def checked_rows(X: Any, side: str) -> Array:
    """Rows as a float64 matrix, (n, d); a row of more axes is flattened.

    Args:
        X: (n, ...) numbers: an array, a nested list, a tensor on any device.
        side: What the error calls it.

    Raises:
        InputError: If there are fewer than 2 rows, no feature, or a value that is not finite.
    """
    rows = as_array(X)
    if rows.ndim < 2 or len(rows) < 2 or 0 in rows.shape:
        raise InputError(f"The {side} needs at least 2 rows of features, but its shape is {rows.shape}.")
    rows = rows.reshape(len(rows), -1)
    bad = np.flatnonzero(~np.isfinite(rows).all(axis=1))
    if len(bad):
        raise InputError(f"The {side} holds NaN or infinity in row {bad[0]}; fill it in or leave the row out.")
    return rows


def as_array(values: Any) -> Array:
    """Float64 on the CPU, whatever library the values come from."""
    if hasattr(values, "detach"):
        values = values.detach().cpu().numpy()
    return np.asarray(values, dtype=np.float64)


def two_samples(source: Any, target: Any, most: int | None = None, seed: int = 0) -> Drawn:
    """Check both sides; draw at most `most` rows of each by what is in them, so that their order decides nothing.

    Raises:
        InputError: A side is not fit for use, or the sides have different features.
    """
    sides = [checked_rows(X, side) for X, side in ((source, "source"), (target, "target"))]
    if sides[0].shape[1] != sides[1].shape[1]:
        raise InputError(f"Source rows have {sides[0].shape[1]} features and target rows {sides[1].shape[1]}.")
    if most is None:
        return Drawn(*sides)
    rng = np.random.default_rng(seed)
    return Drawn(*(X[shuffled_order(X, rng)[:most]] for X in sides))


def on_one_scale(drawn: Drawn) -> Drawn:
    """Each feature less its mean, over its standard deviation, both of the pooled rows.

    Pooled, so that the scale knows no sides: under no shift a test's level stays what it was.
    """
    both = drawn.both
    mean, spread = both.mean(axis=0), both.std(axis=0)
    spread = np.where(spread > 1e-12 * np.maximum(np.abs(mean), 1e-12), spread, 1.0)
    return Drawn(*((X - mean) / spread for X in drawn))
