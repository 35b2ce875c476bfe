"""How much each source row counts for the target: a cross-fitted density ratio in the features."""

from __future__ import annotations

import warnings

import numpy as np

from acclimate.errors import InputError
from acclimate.ratio.iwc import iwc
from acclimate.types import Array
from acclimate.validators.rows import standardized

FOLDS = 5
PENALTY = 0.1  # C of the logistic regression: features of a network part the domains almost surely, which ruins weights


def source_weights(source: Array, target: Array, *, seed: int = 0) -> Array:
    """`w(x) = p_t(x) / p_s(x)` of source rows, each by a domain classifier that was not trained on it.

    One logistic regression for each fold, on jointly standardised features.

    Args:
        source: (n, d), at least 2 rows.
        target: (m, d), at least 2 rows.
        seed: Of the folds.

    Returns:
        (n,) positive weights.

    Raises:
        InputError: If a side has one row.
    """
    from sklearn.linear_model import LogisticRegression

    n, m = len(source), len(target)
    if min(n, m) < 2:
        raise InputError(f"Weights of the source need 2 rows of each side, but there are {n} and {m} rows.")
    X = standardized(np.concatenate([source, target]))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="lbfgs failed to converge")
        classifier = LogisticRegression(C=PENALTY, max_iter=100)
        return iwc(X[:n], X[n:], classifier, folds=min(FOLDS, n, m), random_state=seed).source
