"""How much of the target lies where the source has no rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from acclimate.ratio.kernels import squared_distances
from acclimate.shift.estimate import interval
from acclimate.shift.rows import two_samples
from acclimate.types import Array

NEIGHBORS = 5
MOST_ROWS = 4000  # of a side
BLOCK = 512
RARE = 0.05  # share of held-out source rows that count as outside


@dataclass(frozen=True, eq=False)
class Support:
    """Target rows farther from the source than held-out source rows are.

    Attributes:
        outside: Share of target rows beyond the distance that `expected` of held-out source rows exceed.
        low: Lower end of its interval.
        high: Upper end.
        expected: That share under no shift.
        excess: `(outside - expected) / (1 - expected)`, at least 0: the share that chance does not explain.
        remoteness: Distance of each target row looked at, in units of that distance, (m',); above 1: outside.
        rows: Which target rows those are, (m',).
    """

    outside: float
    low: float
    high: float
    expected: float
    excess: float
    remoteness: Array
    rows: Array


def support_mismatch(
    source: Any,
    target: Any,
    *,
    neighbors: int = NEIGHBORS,
    expected: float = RARE,
    most: int = MOST_ROWS,
    level: float = 0.9,
    bootstrap: int = 500,
    seed: int = 0,
) -> Support:
    """Share of target rows whose k-th nearest source row is farther than it is for most held-out source rows.

    Half of the source is the reference, the other half and the target are measured against it, in standard deviations
    of the source. Where a target row is outside, no source row says what its label is: a model extrapolates there, and
    no reweighting helps.

    Fails: in hundreds of features all distances grow alike; a shift of many features, a little each, then puts all rows
    outside although a linear model still works, and a class that is new but lies between the known ones stays inside.
    Distances know nothing of which features matter.

    Args:
        source: (n, d) rows.
        target: (m, d) rows.
        neighbors: k.
        expected: Share of held-out source rows that count as outside.
        most: Rows drawn of each side.
        level: Coverage of the interval.
        bootstrap: Replicates.
        seed: Of the halves and the replicates.

    Source: the k-nearest-neighbour distance as in Sun et al., "Out-of-distribution detection with deep nearest
    neighbors", ICML 2022, https://arxiv.org/abs/2204.06507, on raw features and against held-out rows.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> x, y = rng.normal(size=(2, 200, 2))
        >>> far = np.where(np.arange(200)[:, None] < 60, y + 9, y)
        >>> support_mismatch(x, y).excess < 0.05, support_mismatch(x, far).excess > 0.25
        (True, True)
    """
    drawn = two_samples(source, target)
    rng = np.random.default_rng(seed)
    spread = drawn.source.std(axis=0)
    scale = np.where(spread > 0, spread, 1.0)
    order, rows = (rng.permutation(len(side))[:most] for side in drawn)
    own, other = drawn.source[order] / scale, drawn.target[rows] / scale
    reference, held_out = np.array_split(own, 2)
    near, far = (neighbor_distances(X, reference, neighbors) for X in (held_out, other))
    limit = float(np.quantile(near, 1 - expected, method="higher"))
    outside = float(np.mean(far > limit))
    low, high = interval(_replicates(near, far, expected, bootstrap, rng), level)
    excess = max(0.0, (outside - expected) / (1 - expected))
    remoteness = far / limit if limit > 0 else np.where(far > 0, np.inf, 0.0)
    return Support(outside, float(low), float(high), expected, excess, remoteness, rows)


def neighbor_distances(X: Array, reference: Array, neighbors: int) -> Array:
    """Distance of each row (k, d) to its k-th nearest reference row, (k,), by blocks."""
    k = min(neighbors, len(reference)) - 1
    blocks = (X[i : i + BLOCK] for i in range(0, len(X), BLOCK))
    squared = [np.partition(squared_distances(x, reference), k, axis=1)[:, k] for x in blocks]
    return np.asarray(np.sqrt(np.concatenate(squared)))


def _replicates(near: Array, far: Array, expected: float, bootstrap: int, rng: np.random.Generator) -> Array:
    """Share outside with both the limit and the target redrawn, (bootstrap,)."""
    limits = np.quantile(rng.choice(near, (bootstrap, len(near))), 1 - expected, axis=1, method="higher")
    shares = 1 - np.searchsorted(np.sort(far), limits, side="right") / len(far)
    return np.asarray(rng.binomial(len(far), shares) / len(far))
