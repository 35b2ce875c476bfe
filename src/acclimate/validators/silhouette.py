"""Silhouette of the predicted classes in the features."""

from __future__ import annotations

from typing import Any

import numpy as np

from acclimate.ratio.kernels import squared_distances
from acclimate.types import Array, Predictions
from acclimate.validators.base import RowMean
from acclimate.validators.probabilities import finite_floats
from acclimate.validators.rows import pairs_of_blocks, predicted


def silhouette(features: Any, labels: Any) -> float:
    """Mean of `(b - a) / max(a, b)` over rows; higher is better.

    `a` is a row's mean distance to the other rows of its class and `b` that to the rows of the nearest other class.
    Distances are summed by class in blocks: memory grows with n, not n squared. Computed in the features' float type.

    Args:
        features: (n, d), array or tensor.
        labels: (n,) class of each row.

    Returns:
        A number from -1 to 1: 0 for rows alone in their class, -1 if there is one class only.

    Raises:
        InputError: If `features` is not a matrix, is empty, or holds NaN or infinity.
    """
    return float(_row_silhouettes(finite_floats(features, "features"), np.asarray(labels)).mean())


class Silhouette(RowMean):
    """Silhouette of predicted classes in target features: higher is better.

    Fails by preferring few compact clusters, whatever their names; it compares features of different scale and width
    poorly. A model that predicts one class gets -1. Standard errors keep the neighbourhoods of the full sample.
    Distances are computed in the features' float type.

    Source: Rousseeuw, "Silhouettes", Journal of Computational and Applied Mathematics 20, 1987,
    https://doi.org/10.1016/0377-0427(87)90125-7; as a validator (ClassSS): https://arxiv.org/abs/2208.07360.
    """

    key = "silhouette"
    title = "Silhouette"
    higher_is_better = True
    needs = ("target",)
    needs_features = True

    def row_scores(self, predictions: Predictions) -> Array:
        """Silhouette of each row, (n,)."""
        return _row_silhouettes(finite_floats(predictions.features, "features"), predicted(predictions))


def _row_silhouettes(X: Array, labels: Array) -> Array:
    order = np.argsort(labels, kind="stable")
    _, starts, counts = np.unique(labels[order], return_index=True, return_counts=True)
    out = np.full(len(X), -1.0)
    if len(starts) > 1:
        own = np.repeat(np.arange(len(starts)), counts)
        out[order] = _of_sums(_distance_sums(X[order] - X.mean(axis=0), own, len(starts)), own, counts)
    return out


def _distance_sums(X: Array, own: Array, classes: int) -> Array:
    """Sum of each row's distances to the rows of each class, (n, classes); rows of a class lie side by side.

    Every pair of rows is met once, in the float type of X, which is centred: distances come from squares.
    """
    sums = np.zeros((len(X), classes))
    for a, b in pairs_of_blocks(len(X)):
        D = squared_distances(X[a], X[b])
        np.sqrt(D, out=D)
        if a == b:
            np.fill_diagonal(D, 0.0)  # to itself; the formula of squares leaves rounding there
        _add_by_class(sums[a], D, own[b])
        if a != b:
            _add_by_class(sums[b], np.ascontiguousarray(D.T), own[a])
    return sums


def _add_by_class(sums: Array, D: Array, own: Array) -> None:
    found, starts = np.unique(own, return_index=True)
    sums[:, found] += np.add.reduceat(D, starts, axis=1)


def _of_sums(sums: Array, own: Array, counts: Array) -> Array:
    i = np.arange(len(sums))
    a = sums[i, own] / np.maximum(counts[own] - 1, 1)
    others = sums / counts
    others[i, own] = np.inf
    b = others.min(axis=1)
    apart = np.maximum(a, b)
    return np.asarray(np.where((counts[own] > 1) & (apart > 0), (b - a) / np.where(apart > 0, apart, 1.0), 0.0))
