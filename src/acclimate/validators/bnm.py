"""Nuclear norm of all predictions, from the small matrix of classes by classes."""

from __future__ import annotations

from typing import Any

import numpy as np

from acclimate.types import Array, Predictions
from acclimate.validators.base import Reweightable
from acclimate.validators.probabilities import log_probabilities


def bnm(logits: Any) -> float:
    """Nuclear norm of the (n, c) matrix of probabilities, over n; higher is better.

    The singular values of P are the roots of the eigenvalues of the c x c matrix `P'P`, so that no row space is needed.

    Args:
        logits: (n, c), array or tensor.

    Returns:
        A number above 0 and at most sqrt(min(n, c) / n).

    Raises:
        InputError: If `logits` is not a matrix, is empty, or holds NaN or infinity.
    """
    return BNM()(target=Predictions(logits))


class BNM(Reweightable):
    """Nuclear-norm score `|P|_* / n` of target predictions: higher is better.

    Large if rows are sure (large Frobenius norm) and classes many (high rank). Fails as information maximisation does:
    it rewards even classes and does not see crisp clusters with the wrong names. Scores of samples of different sizes
    cannot be compared.

    Source: Cui et al., "Towards discriminability and diversity", https://arxiv.org/abs/2003.12237; as a validator:
    Musgrave et al., "Three new validators", https://arxiv.org/abs/2208.07360.
    """

    key = "bnm"
    title = "Nuclear norm"
    higher_is_better = True
    needs = ("target",)

    def weighted_scores(self, predictions: Predictions, weights: Array) -> Array:
        """The norm with row i counting w_i, which is P with rows times sqrt(w_i), (k,)."""
        p = np.exp(log_probabilities(predictions.logits))
        grams = np.stack([(p.T * w) @ p for w in weights])
        singular = np.sqrt(np.maximum(np.linalg.eigvalsh(grams), 0.0))
        return np.asarray(singular.sum(axis=1) / weights.sum(axis=1))
