"""Energy distance with a permutation p-value."""

from __future__ import annotations

from typing import Any

import numpy as np

from acclimate.ratio.kernels import squared_distances
from acclimate.shift.permutation import TwoSampleTest, block_sums, permuted_sides, tested
from acclimate.shift.rows import MOST, on_one_scale, two_samples


def energy_test(
    source: Any, target: Any, *, permutations: int = 1000, most: int = MOST, seed: int = 0
) -> TwoSampleTest:
    """`2 mean |x - y| - mean |x - x'| - mean |y - y'|`: 0 only for equal distributions, and nothing to tune.

    Features are scaled together first; distances are computed once and all permutations are one matrix product.

    Fails: it looks at distances as they are, so that in hundreds of features it sees little but differences of means
    and of total spread. See `mmd_test` for drawn and dependent rows.

    Args:
        source: (n, d) rows.
        target: (m, d) rows.
        permutations: How often the sides are renamed.
        most: Rows drawn of each side.
        seed: Of the drawing and the permutations.

    Returns:
        The statistic and its p-value.

    Source: Szekely and Rizzo, "Energy statistics: a class of statistics based on distances", Journal of Statistical
    Planning and Inference 2013, https://doi.org/10.1016/j.jspi.2013.03.018.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> x, same, moved = rng.normal(size=(3, 80, 5))
        >>> energy_test(x, moved + 0.5).p_value < 0.01, energy_test(x, same).p_value > 0.05
        (True, True)
    """
    drawn = on_one_scale(two_samples(source, target, most, seed))
    n, m = len(drawn.source), len(drawn.target)
    D = np.sqrt(squared_distances(drawn.both, drawn.both))
    np.fill_diagonal(D, 0.0)
    sums = block_sums(D, permuted_sides(n, m, permutations, np.random.default_rng(seed)))
    distance = 2 * sums.across / (n * m) - sums.source / n**2 - sums.target / m**2
    return tested("energy", np.asarray(distance), n, m)
