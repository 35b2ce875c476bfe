"""Accuracy on held-out source rows, averaged over classes."""

from __future__ import annotations

import numpy as np

from acclimate.errors import InputError
from acclimate.types import Array, Predictions
from acclimate.validators.base import Reweightable
from acclimate.validators.probabilities import finite_matrix
from acclimate.validators.rows import class_labels


def source_balanced_accuracy(predictions: Predictions) -> float:
    """Mean over the classes that occur of the share of their rows predicted right; higher is better.

    Args:
        predictions: With logits (n, c) and class indices `y` (n,), of source rows that the model was not trained on.

    Returns:
        A number from 0 to 1.

    Raises:
        InputError: If `y` is missing or the logits are empty or hold NaN or infinity.
    """
    return SourceBalancedAccuracy()(source=predictions)


class SourceBalancedAccuracy(Reweightable):
    """Mean accuracy of classes on held-out, labelled source rows: higher is better.

    Fails as `SourceAccuracy` does; use it where rare classes matter as much as common ones.
    """

    key = "source_balanced_accuracy"
    title = "Source balanced accuracy"
    higher_is_better = True
    needs = ("source",)

    def weighted_scores(self, predictions: Predictions, weights: Array) -> Array:
        """The mean over classes with some weight, (k,)."""
        logits, y = finite_matrix(predictions.logits, "logits"), class_labels(predictions, self.key)
        classes, where = np.unique(y, return_inverse=True)
        if not len(classes):
            raise InputError(f"Validator '{self.key}' needs a labelled row.")
        of_class = np.eye(len(classes))[where]
        size, right = weights @ of_class, weights @ (of_class * (logits.argmax(axis=1) == y)[:, None])
        there = size > 0
        return np.asarray((right / np.where(there, size, 1.0)).sum(axis=1) / there.sum(axis=1))
