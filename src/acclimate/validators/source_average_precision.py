"""Average precision on held-out source rows, class by class."""

from __future__ import annotations

import numpy as np

from acclimate.errors import InputError
from acclimate.types import Array, Predictions
from acclimate.validators.base import Validator
from acclimate.validators.probabilities import log_probabilities
from acclimate.validators.rows import class_labels


def source_average_precision(predictions: Predictions) -> float:
    """Mean over classes of the area under the curve of precision over recall; higher is better.

    Args:
        predictions: With logits (n, c) and class indices `y` (n,), of source rows that the model was not trained on.

    Returns:
        A number above 0 and at most 1; classes without a row do not count.

    Raises:
        InputError: If `y` is missing or of no class that the model knows, or the logits hold NaN or infinity.
    """
    return SourceAveragePrecision()(source=predictions)


class SourceAveragePrecision(Validator):
    """Mean average precision of classes on held-out, labelled source rows: higher is better.

    Rare classes count as much as common ones, and ranking counts where accuracy sees the best class alone. Fails as
    `SourceAccuracy` does: it cannot see the target.
    """

    key = "source_average_precision"
    title = "Source average precision"
    higher_is_better = True
    needs = ("source",)

    def score(self, source: Predictions) -> float:
        """See `source_average_precision`."""
        log_probs, y = log_probabilities(source.logits), class_labels(source, self.key)
        present = np.unique(y[(y >= 0) & (y < log_probs.shape[1])])
        if not len(present):
            raise InputError(f"Validator '{self.key}' found no row of a class that the model knows.")
        return float(np.mean([_average_precision(log_probs[:, k], y == k) for k in present]))


def _average_precision(values: Array, positive: Array) -> float:
    """Mean precision at the positive rows, rows of one value entering together."""
    order = np.argsort(-values, kind="stable")
    last = np.flatnonzero(np.append(np.diff(values[order]) != 0, True))  # of each group of equal values
    found = np.cumsum(positive[order])[last]
    return float((np.diff(found, prepend=0) * found / (last + 1)).sum() / found[-1])
