"""Entropy of the mean prediction: how evenly the classes are used."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import xlogy

from acclimate.types import Array, Predictions
from acclimate.validators.base import Reweightable
from acclimate.validators.probabilities import log_probabilities


def diversity(logits: Any) -> float:
    """Entropy of the mean predicted distribution, in nats; higher is better.

    Args:
        logits: (n, c), array or tensor.

    Returns:
        A number from 0 (one class for all rows) to log c.

    Raises:
        InputError: If `logits` is not a matrix, is empty, or holds NaN or infinity.
    """
    return Diversity()(target=Predictions(logits))


class Diversity(Reweightable):
    """`H(mean_i p_i)` over target rows: higher is better.

    Fails by itself: it sees collapse and nothing else, and a model that guesses evenly scores best. It is the first
    half of `InformationMaximisation`, shown for itself.

    Source: Musgrave et al., "Three new validators", https://arxiv.org/abs/2208.07360.
    """

    key = "diversity"
    title = "Diversity"
    higher_is_better = True
    needs = ("target",)

    def weighted_scores(self, predictions: Predictions, weights: Array) -> Array:
        """Entropy of every weighted mean, (k,)."""
        marginal = weights @ np.exp(log_probabilities(predictions.logits)) / weights.sum(axis=1)[:, None]
        return np.asarray(-xlogy(marginal, marginal).sum(axis=1))
