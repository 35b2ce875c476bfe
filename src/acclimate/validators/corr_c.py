"""Class correlation: how near the matrix of classes by classes is to the identity."""

from __future__ import annotations

from typing import Any

import numpy as np

from acclimate.types import Array, Predictions
from acclimate.validators.base import Reweightable
from acclimate.validators.probabilities import log_probabilities


def corr_c(logits: Any) -> float:
    """Cosine between `P'P` and the identity, `trace(P'P) / (sqrt(c) |P'P|_F)`; higher is better.

    Args:
        logits: (n, c), array or tensor.

    Returns:
        A number from 1 / sqrt(c) (one class for all rows, or the same guess for all) to 1 (sure and balanced).

    Raises:
        InputError: If `logits` is not a matrix, is empty, or holds NaN or infinity.
    """
    return CorrC()(target=Predictions(logits))


class CorrC(Reweightable):
    """Cosine of the class correlation matrix of target predictions with the identity: higher is better.

    Fails where the target's classes are uneven, which moves the diagonal away from the identity's although nothing is
    wrong, and on sure mistakes.

    Source: Tu et al., "Assessing model out-of-distribution generalization with softmax prediction probability baselines
    and a correlation method", https://openreview.net/forum?id=1maXoEyeqx.
    """

    key = "corr_c"
    title = "Class correlation"
    higher_is_better = True
    needs = ("target",)

    def weighted_scores(self, predictions: Predictions, weights: Array) -> Array:
        """The cosine with row i counting w_i, (k,)."""
        p = np.exp(log_probabilities(predictions.logits))
        return np.asarray([_cosine_with_identity((p.T * w) @ p) for w in weights])


def _cosine_with_identity(C: Array) -> float:
    return float(np.trace(C) / (np.sqrt(len(C)) * np.linalg.norm(C)))
