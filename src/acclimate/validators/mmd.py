"""Maximum mean discrepancy of features, in blocks."""

from __future__ import annotations

from typing import Any

import numpy as np

from acclimate.ratio.kernels import median_gamma, squared_distances
from acclimate.types import Array, Predictions
from acclimate.validators.base import Validator
from acclimate.validators.probabilities import finite_matrix
from acclimate.validators.rows import blocks, both_in_own_order


def mmd(source: Any, target: Any, gamma: float | None = None) -> float:
    """Unbiased `mean k(x, x') + mean k(y, y') - 2 mean k(x, y)`, `k = exp(-gamma |x - y|^2)`; lower is better.

    Kernels are summed in blocks, never held. A side of one row is taken to be alike with itself.

    Args:
        source: (n, d) features, array or tensor.
        target: (m, d).
        gamma: None: half of one over the median of the squared distances between the sides.

    Returns:
        The squared discrepancy, below 0 by chance for sides that are alike, and 0 for features that are all one point.

    Raises:
        InputError: If a side is no matrix, is empty, or holds NaN or infinity.
    """
    X, Y = finite_matrix(source, "source features"), finite_matrix(target, "target features")
    gamma = median_gamma(X, Y) if gamma is None else gamma
    return _likeness(X, gamma) + _likeness(Y, gamma) - 2 * _kernel_sum(X, Y, gamma) / (len(X) * len(Y))


def _likeness(X: Array, gamma: float) -> float:
    """Mean kernel of two different rows."""
    n = len(X)
    return (_kernel_sum(X, X, gamma) - n) / (n * (n - 1)) if n > 1 else 1.0


def _kernel_sum(X: Array, Y: Array, gamma: float) -> float:
    total = 0.0
    for rows in blocks(len(X), len(Y)):
        D = squared_distances(X[rows], Y)
        if X is Y:
            i = np.arange(len(D))
            D[i, rows.start + i] = 0.0
        D *= -gamma
        total += float(np.exp(D, out=D).sum())
    return total


class MMD(Validator):
    """Squared maximum mean discrepancy of source and target features, Gaussian kernel: lower is better.

    The kernel's width follows the features, so that small features are not taken for aligned ones. Fails by looking at
    domains alone: features that have mixed classes up are well aligned, and where class frequencies differ, aligned
    features are wrong ones.

    Source: Gretton et al., "A kernel two-sample test", JMLR 13, 2012, https://jmlr.org/papers/v13/gretton12a.html.
    """

    key = "mmd"
    title = "Maximum mean discrepancy"
    higher_is_better = False
    needs = ("source", "target")
    needs_features = True

    def score(self, source: Predictions, target: Predictions) -> float:
        """See `mmd`."""
        a, b = both_in_own_order(source, target)
        return mmd(a.features, b.features)
