"""Squared error on held-out source rows: what regression candidates are compared by."""

from __future__ import annotations

import numpy as np

from acclimate.errors import InputError
from acclimate.types import Array, Predictions
from acclimate.validators.base import RowMean, labels_of
from acclimate.validators.probabilities import finite_matrix


def source_error(predictions: Predictions) -> float:
    """Mean squared error, in squared units of the label; lower is better.

    Args:
        predictions: With predicted values as logits (n, 1) and true values `y` (n,), of source rows that the model was
            not trained on.

    Returns:
        A number from 0 up.

    Raises:
        InputError: If `y` is missing, there is more than one output, or a prediction is NaN or infinite.
    """
    return SourceError()(source=predictions)


class SourceError(RowMean):
    """Mean squared error on held-out, labelled source rows: lower is better.

    Fails as `SourceAccuracy` does: it cannot see the target. For regression nothing label-free is as simple.
    """

    key = "source_error"
    title = "Source squared error"
    higher_is_better = False
    needs = ("source",)
    tasks = ("regression",)

    def row_scores(self, predictions: Predictions) -> Array:
        """Squared error of each row, (n,)."""
        values = finite_matrix(predictions.logits, "logits")
        if values.shape[1] != 1:
            raise InputError(f"Validator '{self.key}' is for regression: it needs one output, not {values.shape[1]}.")
        return np.asarray((values[:, 0] - labels_of(predictions, self.key)) ** 2)
