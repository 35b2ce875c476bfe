"""Accuracy on held-out source rows: blind to the shift, and the baseline that every other score must beat."""

from __future__ import annotations

import numpy as np

from acclimate.types import Array, Predictions
from acclimate.validators.base import RowMean, labels_of
from acclimate.validators.probabilities import finite_matrix


def source_accuracy(predictions: Predictions) -> float:
    """Share of rows whose highest logit is their label; higher is better.

    Args:
        predictions: With logits (n, c) and class indices `y` (n,), of source rows that the model was not trained on.

    Returns:
        A number from 0 to 1.

    Raises:
        InputError: If `y` is missing or the logits are empty or hold NaN or infinity.
    """
    return SourceAccuracy()(source=predictions)


class SourceAccuracy(RowMean):
    """Accuracy on held-out, labelled source rows: higher is better.

    Fails as soon as what helps the target costs the source; it cannot see the target at all.
    """

    key = "source_accuracy"
    title = "Source accuracy"
    higher_is_better = True
    needs = ("source",)

    def row_scores(self, predictions: Predictions) -> Array:
        """1 where the prediction is right, else 0, (n,)."""
        logits = finite_matrix(predictions.logits, "logits")
        return np.asarray(logits.argmax(axis=1) == labels_of(predictions, self.key), dtype=np.float64)
