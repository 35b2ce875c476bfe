"""How strongly to regularise a linear head: cross-validation on the source."""

from __future__ import annotations

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from acclimate.types import Array

GRID = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
FOLDS = 3


def logistic_regression(C: float) -> LogisticRegression:
    """Multinomial logistic regression, minimising `sum CE + |coef|^2 / (2 C)`, run to scikit-learn's tolerance."""
    return LogisticRegression(C=C, max_iter=1000, warm_start=True)


def choose_regularization(X: Array, y: Array, random_state: int | None = 0) -> float:
    """The C of `GRID` with the best 3-fold accuracy, the smallest of equals.

    Classes with fewer than 3 rows have no say; with fewer than two classes left the middle of the grid is returned.

    Args:
        X: (n, d) standardised source features.
        y: (n,) class indices.
        random_state: Seeds the folds.

    Returns:
        C, as in scikit-learn's LogisticRegression.
    """
    frequent = np.isin(y, np.flatnonzero(np.bincount(y) >= FOLDS))
    X, y = X[frequent], y[frequent]
    if len(np.unique(y)) < 2:
        return GRID[len(GRID) // 2]
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=random_state)
    accuracy = np.mean([_fold_accuracies(X, y, train, test) for train, test in folds.split(X, y)], axis=0)
    return GRID[int(accuracy.argmax())]


def _fold_accuracies(X: Array, y: Array, train: Array, test: Array) -> list[float]:
    """Held-out accuracy for each C, from strong to weak regularisation, each started where the last one ended."""
    model = logistic_regression(GRID[0])
    return [model.set_params(C=C).fit(X[train], y[train]).score(X[test], y[test]) for C in GRID]
