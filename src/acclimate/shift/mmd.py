"""Maximum mean discrepancy with a permutation p-value."""

from __future__ import annotations

from typing import Any

import numpy as np

from acclimate.ratio.kernels import squared_distances
from acclimate.shift.permutation import TwoSampleTest, block_sums, permuted_sides, tested
from acclimate.shift.rows import MOST, on_one_scale, two_samples
from acclimate.types import Array


def mmd_test(source: Any, target: Any, *, permutations: int = 1000, most: int = MOST, seed: int = 0) -> TwoSampleTest:
    """Unbiased `MMD^2 = mean k(x, x') + mean k(y, y') - 2 mean k(x, y)`, `k = exp(-|x - y|^2 / (2 median |x - y|^2))`.

    Features are scaled together first. The kernel is computed once; a permutation only renames its rows and columns,
    and all permutations are one matrix product. Memory is that of one (2 `most`)^2 matrix.

    Fails: the median bandwidth sees differences as wide as the data; a shift of fine structure alone, or of one feature
    among hundreds, needs more rows than it should (look at `feature_drift` too). With `most` rows drawn of a larger
    side, what only a few rows show may not be drawn. Rows that depend on each other (windows of one signal) make
    p-values too small.

    Args:
        source: (n, d) rows.
        target: (m, d) rows.
        permutations: How often the sides are renamed.
        most: Rows drawn of each side.
        seed: Of the drawing and the permutations.

    Returns:
        The statistic and its p-value.

    Source: Gretton et al., "A kernel two-sample test", JMLR 2012, https://jmlr.org/papers/v13/gretton12a.html.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> x, same, moved = rng.normal(size=(3, 80, 5))
        >>> mmd_test(x, moved + 0.5).p_value < 0.01, mmd_test(x, same).p_value > 0.05
        (True, True)
    """
    drawn = on_one_scale(two_samples(source, target, most, seed))
    n, m = len(drawn.source), len(drawn.target)
    sides = permuted_sides(n, m, permutations, np.random.default_rng(seed))
    return tested("MMD", _unbiased(median_kernel(drawn.both), sides, n, m), n, m)


def median_kernel(X: Array) -> Array:
    """Gaussian kernel of the rows, (n, n), with the median squared distance of two rows as its width."""
    D = squared_distances(X, X)
    apart = D[np.triu_indices(len(D), 1)]
    median = float(np.median(apart))
    width = median if median > 0 else float(apart.mean()) or 1.0
    return np.asarray(np.exp(D / (-2 * width), out=D))


def _unbiased(K: Array, sides: Array, n: int, m: int) -> Array:
    np.fill_diagonal(K, 0.0)  # a row with itself does not count
    sums = block_sums(K, sides)
    return np.asarray(sums.source / (n * (n - 1)) + sums.target / (m * (m - 1)) - 2 * sums.across / (n * m))
