"""How target-like each row is, said by a classifier that has not seen it."""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np

from acclimate.shift.folds import FOLDS, side_folds
from acclimate.shift.rows import on_one_scale, two_samples
from acclimate.types import Array

SUREST = 0.99  # probability beyond which a vote of trees tells nothing more
PENALTY = 0.1  # C of the logistic regression: some restraint where features outnumber rows


class TargetLikeness(NamedTuple):
    """Held-out log-odds of being a target row, both sides counting the same; positive: rather target.

    Attributes:
        source: (n,).
        target: (m,).
    """

    source: Array
    target: Array


def target_likeness(
    source: Any, target: Any, *, classifier: Any = None, folds: int = FOLDS, seed: int = 0
) -> TargetLikeness:
    """Log-odds of each row by a domain classifier fitted on the other folds.

    Args:
        source: (n, d) rows.
        target: (m, d) rows.
        classifier: Any scikit-learn classifier, whose `decision_function` or else probabilities are read, these not
            beyond 0.01 and 0.99; None: balanced logistic regression, C = 0.1.
        folds: Of the cross-fitting.
        seed: Of the folds.
    """
    from sklearn.base import clone

    drawn = on_one_scale(two_samples(source, target))
    n, m = len(drawn.source), len(drawn.target)
    X, side = drawn.both, np.repeat([0, 1], [n, m])
    fold = side_folds(n, m, folds, np.random.default_rng(seed))
    scores = np.empty(n + m)
    for k in np.unique(fold):
        held = fold == k
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="lbfgs failed to converge")  # ranks rows all the same
            fitted = clone(_logistic() if classifier is None else classifier).fit(X[~held], side[~held])
        scores[held] = _log_odds(fitted, X[held])
    return TargetLikeness(*np.split(scores, [n]))


def _log_odds(fitted: Any, X: Array) -> Array:
    if hasattr(fitted, "decision_function"):
        return np.asarray(fitted.decision_function(X))
    p = np.clip(fitted.predict_proba(X)[:, 1], 1 - SUREST, SUREST)
    return np.asarray(np.log(p) - np.log1p(-p))


def _logistic() -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=PENALTY, class_weight="balanced", max_iter=200)
