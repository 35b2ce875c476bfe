"""The cheapest strategy within one standard error of the best, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from acclimate.report.finetuning_record import Recommended
from acclimate.types import Array

DRAWS = 1000
SLACK = 1e-12  # of rounding


def recommend(right: Mapping[str, Array], stored: Mapping[str, int], seed: int = 0) -> Recommended:
    """Apply the rule of one standard error to paired rows.

    The gap of a strategy to the best is a mean over the same rows for both, so its standard error is that of paired
    differences. The rule goes back to Breiman et al. 1984, Classification and Regression Trees, section 3.4.3, where
    the error is that of the best one's own score: two networks mostly err on the same rows, and paired it is narrower.

    Args:
        right: Which rows each strategy labels rightly, (n,) booleans, the same rows for all.
        stored: What each costs; of equally dear ones the more accurate is taken.
        seed: Of the rows that are drawn again.

    Example:
        >>> rows = np.arange(100)
        >>> right = {"dear": rows < 90, "cheap": (rows < 91) & (rows != 5) & (rows != 6), "poor": rows < 50}
        >>> found = recommend(right, {"dear": 1000, "cheap": 10, "poor": 1})
        >>> found.best, found.within, found.key
        ('dear', ('cheap', 'dear'), 'cheap')
    """
    keys, costs = list(right), np.array([stored[key] for key in right])
    table = np.stack([np.asarray(right[key], float) for key in keys])
    best, within, gaps, errors = _rule(table)
    order = _by_cost(costs, table.mean(1))
    rng = np.random.default_rng(seed)
    taken = np.zeros(len(keys))
    for _ in range(DRAWS):
        drawn = table[:, rng.integers(table.shape[1], size=table.shape[1])]
        inside = _rule(drawn)[1]
        taken[next(k for k in _by_cost(costs, drawn.mean(1)) if inside[k])] += 1
    chosen = [k for k in order if within[k]]
    return Recommended(
        key=keys[chosen[0]],
        best=keys[best],
        within=tuple(keys[k] for k in chosen),
        margins={key: (float(gap), float(error)) for key, gap, error in zip(keys, gaps, errors, strict=True)},
        shares={key: float(count / DRAWS) for key, count in zip(keys, taken, strict=True)},
    )


def _rule(table: Array) -> tuple[int, Array, Array, Array]:
    """The best, which are within one standard error of it, their gaps and the standard errors."""
    best = int(table.mean(1).argmax())
    differences = table[best] - table
    gaps = differences.mean(1)
    errors = differences.std(1, ddof=1) / np.sqrt(table.shape[1]) if table.shape[1] > 1 else np.zeros(len(table))
    return best, gaps <= errors + SLACK, gaps, errors


def _by_cost(costs: Array, accuracy: Array) -> list[int]:
    return [int(k) for k in np.lexsort((-accuracy, costs))]
