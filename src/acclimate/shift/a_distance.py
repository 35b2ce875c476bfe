"""Proxy A-distance, cross-fitted, with an interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from acclimate.shift.domain_classifier import TargetLikeness, target_likeness
from acclimate.shift.folds import FOLDS
from acclimate.shift.rows import two_samples
from acclimate.types import Array

MOST_ROWS = 5000  # of a side: the interval is narrow enough


@dataclass(frozen=True)
class ADistance:
    """`2 (1 - 2 error)` of a domain classifier on rows it has not seen.

    Attributes:
        value: 0: cannot be told apart, 2: always.
        low: Lower end of the interval.
        high: Upper end.
        level: Its coverage.
        error: Mean of both sides' held-out errors.
    """

    value: float
    low: float
    high: float
    level: float
    error: float


def a_distance(
    source: Any,
    target: Any,
    *,
    classifier: Any = None,
    folds: int = FOLDS,
    most: int = MOST_ROWS,
    level: float = 0.9,
    bootstrap: int = 1000,
    seed: int = 0,
) -> ADistance:
    """How well a linear classifier tells target rows from source rows, on rows that it was not fitted to.

    The interval redraws held-out rows; that another classifier would have come of other training rows is not in it.

    Fails: it measures what can be told apart, not what it costs. In many features any two data sets give almost 2, and
    methods that lower it need not raise accuracy. Held-out rows that depend on training rows raise it.

    Args:
        source: (n, d) rows.
        target: (m, d) rows.
        classifier: See `target_likeness`.
        folds: Of the cross-fitting.
        most: Rows drawn of each side.
        level: Coverage of the interval.
        bootstrap: Replicates.
        seed: Of folds and replicates.

    Returns:
        The distance; values below 0, which chance alone gives, count as 0.

    Source: Ben-David et al., "A theory of learning from different domains", Machine Learning 2010,
    https://doi.org/10.1007/s10994-009-5152-4.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> x, y = rng.normal(size=(2, 200, 3))
        >>> a_distance(x, y).low < 0.1, a_distance(x, y + 3).low > 1.5
        (True, True)
    """
    drawn = two_samples(source, target, most, seed)
    likeness = target_likeness(*drawn, classifier=classifier, folds=folds, seed=seed)
    return distance_of(likeness, level=level, bootstrap=bootstrap, seed=seed)


def distance_of(likeness: TargetLikeness, *, level: float = 0.9, bootstrap: int = 1000, seed: int = 0) -> ADistance:
    """The distance and its interval from held-out log-odds; arguments as `a_distance`."""
    errors = [np.mean(likeness.source > 0), np.mean(likeness.target <= 0)]
    rng = np.random.default_rng(seed)
    sizes = [len(likeness.source), len(likeness.target)]
    drawn = [rng.binomial(size, rate, bootstrap) / size for size, rate in zip(sizes, errors, strict=True)]
    error = float(np.mean(errors))
    low, high = np.quantile(_distance(np.mean(drawn, axis=0)), [(1 - level) / 2, (1 + level) / 2])
    return ADistance(float(_distance(np.array(error))), float(low), float(high), level, error)


def _distance(error: Array) -> Array:
    return np.asarray(np.clip(2 * (1 - 2 * error), 0, 2))
