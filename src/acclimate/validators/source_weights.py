"""How much each source row counts for the target: a cross-fitted density ratio in the features."""

from __future__ import annotations

from typing import Any

import numpy as np

from acclimate.errors import InputError
from acclimate.ratio.rows import shuffled
from acclimate.types import Array
from acclimate.validators.logistic import fit_logistic
from acclimate.validators.probabilities import finite_floats
from acclimate.validators.rows import own_order
from acclimate.validators.standardized_rows import StandardizedRows

FOLDS = 5
PENALTY = 0.1  # C of the logistic regression: features of a network part the domains almost surely, which ruins weights
ITERATIONS = 100


def source_weights(source: Any, target: Any, *, seed: int = 0) -> Array:
    """`w(x) = p_t(x) / p_s(x)` of source rows, each by a domain classifier that was not trained on it.

    One logistic regression for each fold, on jointly standardised features; rows are read a block at a time.

    Args:
        source: (n, d), at least 2 rows, array or tensor.
        target: (m, d), at least 2 rows.
        seed: Of the folds.

    Returns:
        (n,) positive weights.

    Raises:
        InputError: If a side has one row, is no matrix, or holds NaN or infinity.
    """
    X, Z = finite_floats(source, "source features"), finite_floats(target, "target features")
    n, m = len(X), len(Z)
    if min(n, m) < 2:
        raise InputError(f"Weights of the source need 2 rows of each side, but there are {n} and {m} rows.")
    orders = own_order(X), own_order(Z)  # so that sums do not depend on the caller's order, not even in rounding
    log_odds = _out_of_fold(StandardizedRows((X, orders[0]), (Z, orders[1])), n, np.random.default_rng(seed))
    weights = np.empty(n)
    weights[orders[0]] = np.exp(log_odds + np.log(n / m))
    return weights


def _out_of_fold(rows: StandardizedRows, n: int, rng: np.random.Generator) -> Array:
    """Log-odds that each of the first n rows is one of the others, by a model of the other folds, (n,)."""
    m = len(rows) - n
    side, out = np.repeat([0, 1], [n, m]), np.empty(n)
    fold = np.concatenate([_folds(rows, part, min(FOLDS, n, m), rng) for part in (np.arange(n), np.arange(n, n + m))])
    for k in range(fold.max() + 1):
        learnt, held = np.flatnonzero(fold != k), np.flatnonzero(fold[:n] == k)
        model = fit_logistic(rows, learnt, side[learnt], inverse_penalty=PENALTY, most_iterations=ITERATIONS)
        out[held] = model.log_odds(rows, held)[:, 0]
    return out


def _folds(rows: StandardizedRows, numbers: Array, folds: int, rng: np.random.Generator) -> Array:
    """Fold of each of those rows, dealt out by what is in them."""
    fold = np.empty(len(numbers), dtype=np.int64)
    fold[shuffled(rows.times(numbers, rng.normal(size=rows.width)), rng)] = np.arange(len(numbers)) % folds
    return fold
