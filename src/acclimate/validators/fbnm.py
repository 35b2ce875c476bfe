"""The nuclear norm's fast stand-in: lengths of the columns."""

from __future__ import annotations

from typing import Any

import numpy as np

from acclimate.types import Array, Predictions
from acclimate.validators.base import Reweightable
from acclimate.validators.probabilities import log_probabilities


def fbnm(logits: Any) -> float:
    """Sum of the min(n, c) longest columns of the matrix of probabilities, over n; higher is better.

    Args:
        logits: (n, c), array or tensor.

    Returns:
        A number above 0 and at most sqrt(min(n, c) / n).

    Raises:
        InputError: If `logits` is not a matrix, is empty, or holds NaN or infinity.
    """
    return FBNM()(target=Predictions(logits))


class FBNM(Reweightable):
    """`sum_k |P_k| / n`, P_k the columns of the target's probabilities: higher is better.

    Equal to `BNM` where columns do not overlap, that is where rows are sure. Fails where `BNM` does, and counts two
    classes that a model always confuses as two.

    Source: Cui et al., "Fast batch nuclear-norm maximization and minimization", https://arxiv.org/abs/2107.06154.
    """

    key = "fbnm"
    title = "Fast nuclear norm"
    higher_is_better = True
    needs = ("target",)

    def weighted_scores(self, predictions: Predictions, weights: Array) -> Array:
        """Lengths of columns with row i counting w_i, (k,)."""
        squares = np.exp(2 * log_probabilities(predictions.logits))
        longest = np.sort(np.sqrt(weights @ squares), axis=1)[:, -min(squares.shape) :]
        return np.asarray(longest.sum(axis=1) / weights.sum(axis=1))
