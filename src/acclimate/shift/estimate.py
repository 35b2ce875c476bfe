"""Estimates with intervals, by redrawing rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from acclimate.types import Array

LEVEL = 0.9
BOOTSTRAP = 500


@dataclass(frozen=True)
class Estimate:
    """A model's accuracy on the target, estimated without target labels.

    Attributes:
        accuracy: The estimate, in [0, 1].
        low: Lower end of the interval.
        high: Upper end.
        level: Coverage of the interval, for the noise of drawing rows alone; an estimator's own error is not in it.
        method: Which estimator.
    """

    accuracy: float
    low: float
    high: float
    level: float
    method: str


def row_weights(n: int, replicates: int, rng: np.random.Generator) -> Array:
    """How often each of n rows counts in each replicate, (1 + replicates, n), summing to n; first: once each."""
    counts = rng.multinomial(n, np.full(n, 1 / n), size=replicates)
    return np.vstack([np.ones(n), counts])


def interval(replicates: Array, level: float, axis: int = 0) -> Array:
    """The middle `level` of the replicates: low and high, (2, ...)."""
    return np.asarray(np.quantile(replicates, [(1 - level) / 2, (1 + level) / 2], axis=axis))


def estimated(method: str, values: Array, level: float) -> Estimate:
    """An estimate from its value and its replicates, (1 + replicates,), clipped to [0, 1]."""
    values = np.clip(values, 0.0, 1.0)
    low, high = interval(values[1:], level)
    return Estimate(float(values[0]), float(low), float(high), level, method)
