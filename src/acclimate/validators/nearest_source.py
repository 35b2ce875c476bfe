"""Is the model right on the source rows that the target is nearest to?"""

from __future__ import annotations

from typing import Any

import numpy as np

from acclimate.types import Predictions
from acclimate.validators.base import Validator
from acclimate.validators.nearest import nearest_by_cosine, nearest_by_distance
from acclimate.validators.probabilities import finite_matrix
from acclimate.validators.rows import both_in_own_order, class_labels


def nearest_source(source: Any, correct: Any, target: Any) -> float:
    """`mean_j r(j) max(s_j, 0)`: r whether the nearest source row is predicted right, s its cosine; higher is better.

    Args:
        source: (n, d) features, array or tensor.
        correct: (n,) 1 for source rows predicted right, else 0.
        target: (m, d) features.

    Returns:
        A number from 0 to 1.

    Raises:
        InputError: If a side is no matrix, is empty, or holds NaN or infinity.
    """
    found = nearest_by_cosine(finite_matrix(target, "target features"), finite_matrix(source, "source features"))
    return float((np.asarray(correct)[found.row] * np.maximum(found.value, 0.0)).mean())


def nearest_source_l2(source: Any, correct: Any, target: Any) -> float:
    """`mean_j r(j) / (1 + e_j / s)`: e the distance to the nearest source row, s the source's spread; higher is better.

    The spread is the root mean square distance of source rows from their mean.

    Args:
        source: (n, d) features, array or tensor.
        correct: (n,) 1 for source rows predicted right, else 0.
        target: (m, d) features.

    Returns:
        A number from 0 to 1.

    Raises:
        InputError: If a side is no matrix, is empty, or holds NaN or infinity.
    """
    Z = finite_matrix(source, "source features")
    found = nearest_by_distance(finite_matrix(target, "target features"), Z)
    spread = float(np.sqrt(Z.var(axis=0).sum()))
    return float((np.asarray(correct)[found.row] / (1 + found.value / (spread if spread > 0 else 1.0))).mean())


class NearestSource(Validator):
    """Accuracy on the source rows nearest to target rows by cosine, weighted by it: higher is better.

    Fails where a far-off target still has some nearest row, on which the model is right: cosines of the features of one
    network seldom fall far. Not weighted by the largest cosine, as a peer does: an outlier would then set the scale.

    Source: pytorch-adapt's NearestSourceValidator, https://github.com/KevinMusgrave/pytorch-adapt.
    """

    key = "nearest_source"
    title = "Accuracy on nearest source rows"
    higher_is_better = True
    needs = ("source", "target")
    needs_features = True

    def score(self, source: Predictions, target: Predictions) -> float:
        """See `nearest_source`."""
        a, b = both_in_own_order(source, target)
        correct = (a.logits.argmax(axis=1) == class_labels(a, self.key)).astype(np.float64)
        return self._of(a.features, correct, b.features)

    def _of(self, source: Any, correct: Any, target: Any) -> float:
        return nearest_source(source, correct, target)


class NearestSourceL2(NearestSource):
    """Accuracy on the source rows nearest to target rows, less where these are far: higher is better.

    Distances are in units of the source's spread, so that the scale of features is no matter. Fails as `NearestSource`
    does, and in many dimensions, where all distances are alike.

    Source: pytorch-adapt's NearestSourceL2Validator, https://github.com/KevinMusgrave/pytorch-adapt.
    """

    key = "nearest_source_l2"
    title = "Accuracy on nearest source rows (L2)"

    def _of(self, source: Any, correct: Any, target: Any) -> float:
        return nearest_source_l2(source, correct, target)
