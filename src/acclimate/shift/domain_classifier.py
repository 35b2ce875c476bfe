"""How target-like each row is, said by a classifier that has not seen it."""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np

from acclimate.shift.folds import FOLDS, side_folds
from acclimate.shift.rows import on_one_scale, two_samples
from acclimate.types import Array

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
        classifier: Any scikit-learn classifier with `decision_function`; None: balanced logistic regression, C = 0.1.
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
            fitted = clone(classifier or _logistic()).fit(X[~held], side[~held])
        scores[held] = fitted.decision_function(X[held])
    return TargetLikeness(*np.split(scores, [n]))


def _logistic() -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=PENALTY, class_weight="balanced", max_iter=200)
