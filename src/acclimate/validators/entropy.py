"""Mean entropy of the target predictions: how unsure the model is."""

from __future__ import annotations

from typing import Any

from acclimate.types import Array, Predictions
from acclimate.validators.base import RowMean
from acclimate.validators.probabilities import log_probabilities, row_entropies


def entropy(logits: Any) -> float:
    """Mean entropy of the predicted class distributions, in nats; lower is better.

    Args:
        logits: (n, c), array or tensor.

    Returns:
        A number from 0 to log c.

    Raises:
        InputError: If `logits` is not a matrix, is empty, or holds NaN or infinity.
    """
    return float(row_entropies(log_probabilities(logits)).mean())


class Entropy(RowMean):
    """Mean entropy of target predictions, `mean_i H(p_i)`: lower is better.

    Fails when a model is sure and wrong: predictions collapsed to one class score a perfect 0. Prefer
    `InformationMaximisation`, which counts that against the model.

    Source: Morerio et al., "Minimal-entropy correlation alignment", https://arxiv.org/abs/1711.10288.
    """

    key = "entropy"
    title = "Entropy"
    higher_is_better = False
    needs = ("target",)

    def row_scores(self, predictions: Predictions) -> Array:
        """Entropy of each row, (n,)."""
        return row_entropies(log_probabilities(predictions.logits))
