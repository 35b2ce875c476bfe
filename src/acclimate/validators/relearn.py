"""Can the candidate's labels be learned from one half of the target and found again in the other?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from acclimate.types import Array, Predictions
from acclimate.validators.logistic import fit_logistic
from acclimate.validators.probabilities import finite_floats
from acclimate.validators.rows import MOST, in_own_order
from acclimate.validators.spaced import SpacedValidator
from acclimate.validators.standardized_rows import StandardizedRows

PENALTY = 0.1  # C
ITERATIONS = 200


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
    X, y = finite_floats(features, "features"), np.asarray(labels)
    found = np.zeros(len(y), dtype=bool)
    if len(np.unique(y)) < 2:
        return found
    everything = np.arange(len(y))
    rows, halves = StandardizedRows((X, everything)), (everything[::2], everything[1::2])
    for one, other in (halves, halves[::-1]):
        found[other] = _predict(rows, one, y[one], other) == y[other]
    return found


def _predict(rows: StandardizedRows, learnt: Array, labels: Array, asked: Array) -> Array:
    classes, y = np.unique(labels, return_inverse=True)
    if len(classes) < 2:
        return np.full(len(asked), classes[0])
    model = fit_logistic(rows, learnt, y, inverse_penalty=PENALTY, most_iterations=ITERATIONS)
    return np.asarray(classes[model.predict(rows, asked)])


@dataclass(frozen=True)
class Relearn(SpacedValidator):
    """Share of target labels that a linear model finds again on the half it has not seen: higher is better.

    Fails for labels that are simple and wrong: a linear cut through the wrong place is found again, and few classes
    more easily than many; labels that are all the same get 0. As one voice of a consensus it helped on 50 real pairs.

    Args:
        space: (n, d) features of the target in place of each candidate's own, in the order of its rows: one space for
            all makes candidates comparable.

    Source: 2-fold stability of clusterings, Lange et al., "Stability-based validation of clustering solutions", Neural
    Computation 16, 2004, https://doi.org/10.1162/089976604773717621.
    """

    key = "relearn"
    title = "Labels found again"
    higher_is_better = True

    def score(self, target: Predictions) -> float:
        """See `relearn`; of at most 10 000 rows."""
        rows = in_own_order(self._in_space(target), MOST)
        return relearn(rows.logits.argmax(axis=1), rows.features)
