"""Can the candidate's labels be learned from one half of the target and found again in the other?"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from acclimate.types import Array, Predictions
from acclimate.validators.base import Validator
from acclimate.validators.probabilities import finite_matrix
from acclimate.validators.rows import MOST, in_own_order, standardized

PENALTY = 0.1  # C


def relearn(labels: Any, features: Any) -> float:
    """Share of rows whose label a logistic regression trained on the other half predicts; higher is better.

    Args:
        labels: (n,) the candidate's.
        features: (n, d), array or tensor, in a random order: even rows are one half and odd rows the other.

    Returns:
        A number from 0 to 1; 0 where all labels are the same, or there is one row.

    Raises:
        InputError: If `features` is not a matrix, is empty, or holds NaN or infinity.
    """
    return float(found_again(labels, features).mean())


def found_again(labels: Any, features: Any) -> Array:
    """Which rows a logistic regression trained on the other half labels alike, (n,) bool; arguments as in `relearn`."""
    X, y = standardized(finite_matrix(features, "features")), np.asarray(labels)
    found = np.zeros(len(y), dtype=bool)
    if len(np.unique(y)) < 2:
        return found
    half = np.arange(len(y)) % 2
    for k in (0, 1):
        found[half != k] = _predict(X[half == k], y[half == k], X[half != k]) == y[half != k]
    return found


def _predict(X: Array, y: Array, Z: Array) -> Array:
    from sklearn.linear_model import LogisticRegression

    if len(np.unique(y)) < 2:
        return np.full(len(Z), y[0])
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="lbfgs failed to converge")
        return np.asarray(LogisticRegression(C=PENALTY, max_iter=200).fit(X, y).predict(Z))


@dataclass(frozen=True)
class Relearn(Validator):
    """Share of target labels that a linear model finds again on the half it has not seen: higher is better.

    Fails for labels that are simple and wrong: a linear cut through the wrong place is found again, and few classes
    more easily than many; labels that are all the same get 0. As one voice of a consensus it helped on 50 real pairs.

    Args:
        space: (n, d) features of the target in place of each candidate's own, in the order of its rows: one space for
            all makes candidates comparable.

    Source: 2-fold stability of clusterings, Lange et al., "Stability-based validation of clustering solutions", Neural
    Computation 16, 2004, https://doi.org/10.1162/089976604773717621.
    """

    space: Array | None = field(default=None, repr=False, compare=False)

    key = "relearn"
    title = "Labels found again"
    higher_is_better = True
    needs = ("target",)
    needs_features = True

    def of_rows(self, rows: Mapping[str, Array]) -> Relearn:
        """The same in those rows of the space."""
        return self if self.space is None else replace(self, space=self.space[rows["target"]])

    def score(self, target: Predictions) -> float:
        """See `relearn`; of at most 10 000 rows."""
        given = target if self.space is None else target._replace(features=self.space)
        rows = in_own_order(given, MOST)
        return relearn(rows.logits.argmax(axis=1), rows.features)
