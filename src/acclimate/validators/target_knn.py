"""Do target rows have the class of the nearest source row?"""

from __future__ import annotations

from typing import Any

import numpy as np

from acclimate.types import Predictions
from acclimate.validators.base import Validator
from acclimate.validators.nearest import nearest_by_cosine
from acclimate.validators.probabilities import finite_matrix
from acclimate.validators.rows import both_in_own_order, class_labels, mean_over_classes


def target_knn(source: Any, y: Any, target: Any, labels: Any) -> float:
    """Share of target rows whose nearest source row by cosine has their predicted class, averaged over those classes.

    Args:
        source: (n, d) features, array or tensor.
        y: (n,) true classes.
        target: (m, d) features.
        labels: (m,) predicted classes.

    Returns:
        A number from 0 to 1; higher is better.

    Raises:
        InputError: If a side is no matrix, is empty, or holds NaN or infinity.
    """
    X, Z = finite_matrix(target, "target features"), finite_matrix(source, "source features")
    agree = np.asarray(y)[nearest_by_cosine(X, Z).row] == np.asarray(labels)
    return mean_over_classes(agree.astype(np.float64), np.asarray(labels))


class TargetKNN(Validator):
    """Agreement of predicted target classes with the labels of their nearest source rows: higher is better.

    Fails where the target lies elsewhere than its classes do in the source: the neighbours are then wrong together with
    the model, whose own features decide who is near.

    Source: Musgrave et al., "Three new validators", https://arxiv.org/abs/2208.07360.
    """

    key = "target_knn"
    title = "Agreement with source neighbours"
    higher_is_better = True
    needs = ("source", "target")
    needs_features = True

    def score(self, source: Predictions, target: Predictions) -> float:
        """See `target_knn`."""
        a, b = both_in_own_order(source, target)
        return target_knn(a.features, class_labels(a, self.key), b.features, b.logits.argmax(axis=1))
