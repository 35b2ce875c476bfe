"""Minimum class confusion of whole domains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from acclimate.errors import InputError
from acclimate.types import Array, Predictions
from acclimate.validators.base import Reweightable
from acclimate.validators.probabilities import finite_matrix, log_probabilities, row_entropies


def mcc(logits: Any, temperature: float = 2.5) -> float:
    """How much pairs of classes are confused; lower is better.

    With `p = softmax(z / T)`, row weights `1 + exp(-H(p_i))` and `C = p' diag(w) p` with rows scaled to sum to one, the
    mean off-diagonal mass `(sum C - trace C) / c`.

    Args:
        logits: (n, c), array or tensor.
        temperature: T > 0.

    Returns:
        A number from 0 to below 1.

    Raises:
        InputError: If `logits` is not a matrix, is empty, or holds NaN or infinity, or `temperature` is not positive.
    """
    return MCC(temperature)(target=Predictions(logits))


@dataclass(frozen=True)
class MCC(Reweightable):
    """Class confusion of target predictions: lower is better.

    Fails on heads that were trained to lower it, which sharpen right and wrong alike, and on rare classes: each class
    counts the same. A temperature that suits one model's scale of logits need not suit another's.

    Args:
        temperature: Divides the logits, > 0; the paper's is 2.5.

    Source: Jin et al., "Minimum class confusion", https://arxiv.org/abs/1912.03699.
    """

    temperature: float = 2.5

    key = "mcc"
    title = "Class confusion"
    higher_is_better = False
    needs = ("target",)

    def weighted_scores(self, predictions: Predictions, weights: Array) -> Array:
        """Confusion with row i counting w_i, (k,)."""
        if not self.temperature > 0:
            raise InputError(f"temperature must be above 0, but it is {self.temperature}.")
        log_probs = log_probabilities(finite_matrix(predictions.logits, "logits") / self.temperature)
        p, certainty = np.exp(log_probs), 1 + np.exp(-row_entropies(log_probs))
        return np.asarray([_confusion(p, certainty * w) for w in weights])


def _confusion(p: Array, weights: Array) -> float:
    C = (p.T * weights) @ p
    # A class whose probability underflows on every row has an empty row: it confuses nothing.
    C /= np.maximum(C.sum(axis=1, keepdims=True), np.finfo(float).tiny)
    return float(C.sum() - np.trace(C)) / len(C)
