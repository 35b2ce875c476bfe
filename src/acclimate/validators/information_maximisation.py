"""Information maximisation: sure about each row, undecided over all of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import xlogy

from acclimate.types import Array, Predictions
from acclimate.validators.base import Reweightable
from acclimate.validators.probabilities import log_probabilities, row_entropies


def information_maximisation(logits: Any) -> float:
    """Mutual information of row and predicted class, `H(mean_i p_i) - mean_i H(p_i)`, in nats; higher is better.

    Args:
        logits: (n, c), array or tensor.

    Returns:
        A number from 0 (all rows predicted alike, collapse included) to log c (sure and balanced).

    Raises:
        InputError: If `logits` is not a matrix, is empty, or holds NaN or infinity.

    Example:
        >>> sure_and_balanced, collapsed = [[9, -9], [-9, 9]], [[9, -9], [9, -9]]
        >>> round(information_maximisation(sure_and_balanced), 3), round(information_maximisation(collapsed), 3)
        (0.693, 0.0)
    """
    return InformationMaximisation()(target=Predictions(logits))


class InformationMaximisation(Reweightable):
    """`H(mean p) - mean H(p)` over target rows: higher is better.

    Fails when the target's classes are far from balanced (it rewards balance), or when clusters are crisp but
    assigned to the wrong classes.

    Source: Krause et al., "Discriminative clustering by regularized information maximization", NeurIPS 2010; as a
    validator: Musgrave et al., "Three new validators", https://arxiv.org/abs/2208.07360.
    """

    key = "im"
    title = "Information maximisation"
    higher_is_better = True
    needs = ("target",)

    def weighted_scores(self, predictions: Predictions, weights: Array) -> Array:
        """Both terms under reweighted rows, (k,): one matrix product for all replicates."""
        log_probs = log_probabilities(predictions.logits)
        total = weights.sum(axis=1)
        marginal = weights @ np.exp(log_probs) / total[:, None]
        score = -xlogy(marginal, marginal).sum(axis=1) - weights @ row_entropies(log_probs) / total
        return np.asarray(np.maximum(score, 0.0))  # a mutual information: below zero is rounding
