"""Importance-weighted validation: accuracy where the source looks like the target."""

from __future__ import annotations

from typing import Any

import numpy as np

from acclimate.errors import InputError
from acclimate.ratio.effective import flattened
from acclimate.types import Predictions
from acclimate.validators.base import Validator
from acclimate.validators.rows import class_labels, features_of_both, predicted
from acclimate.validators.source_weights import source_weights

LEAST_EFFECTIVE = 0.05  # share of the source rows that weights must be worth


def iwv(correct: Any, weights: Any) -> float:
    """`sum_i w_i r_i / sum_i w_i` with weights flattened until they are worth 5 % of the rows; higher is better.

    Args:
        correct: (n,) 1 for source rows that are predicted right, else 0.
        weights: (n,) non-negative, not all 0.

    Returns:
        A number from 0 to 1.

    Raises:
        InputError: If a weight is negative or not finite, or all are 0.
    """
    w = np.asarray(weights, dtype=np.float64)
    if not np.isfinite(w).all() or (w < 0).any() or not w.any():
        raise InputError("weights must be finite, not negative and not all 0.")
    w, _ = flattened(w, LEAST_EFFECTIVE)
    return float(w @ np.asarray(correct, dtype=np.float64) / w.sum())


class IWV(Validator):
    """Accuracy on held-out source rows, weighted by `p_t(x) / p_s(x)` in the candidate's features: higher is better.

    The ratio is a cross-fitted logistic regression's. Fails where the target has rows that the source has none of,
    where labels mean something else, and in features that part the domains so well that few rows get all the weight;
    aligned features make it the source accuracy.

    Source: Sugiyama et al., "Covariate shift adaptation by importance weighted cross validation", JMLR 8, 2007,
    https://jmlr.org/papers/v8/sugiyama07a.html.
    """

    key = "iwv"
    title = "Importance-weighted accuracy"
    higher_is_better = True
    needs = ("source", "target")
    needs_features = True

    def score(self, source: Predictions, target: Predictions) -> float:
        """See `iwv`."""
        features = features_of_both(source, target)
        return iwv(predicted(source) == class_labels(source, self.key), source_weights(*features))
