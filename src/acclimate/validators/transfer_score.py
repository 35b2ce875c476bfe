"""Transfer score: an even classifier, clustered features, sure and varied predictions."""

from __future__ import annotations

from typing import Any

import numpy as np

from acclimate.errors import InputError
from acclimate.ratio.kernels import squared_distances
from acclimate.types import Array, Predictions
from acclimate.validators.base import Validator
from acclimate.validators.information_maximisation import information_maximisation
from acclimate.validators.probabilities import finite_matrix
from acclimate.validators.rows import MOST, in_own_order

PROBES = 500  # rows, and random points, of Hopkins' statistic


def transfer_score(logits: Any, features: Any, weight: Any = None, *, seed: int = 0) -> float:
    """`hopkins(features) + information(logits) / log c - uniformity(weight)`; higher is better.

    Args:
        logits: (n, c) of the target, array or tensor.
        features: (n, d) that a linear head turned into the logits.
        weight: (c, d) of that head; None: the head that least squares finds, which is the head up to a constant if it
            is linear and the rows span the features.
        seed: Of Hopkins' random points.

    Returns:
        A number from about 0 to 2, less what the classifier's angles deviate by, at most pi.

    Raises:
        InputError: If an input is not a matrix, is empty, or holds NaN or infinity.
    """
    z, X = finite_matrix(logits, "logits"), finite_matrix(features, "features")
    if len(z) != len(X):
        raise InputError(f"There are {len(z)} rows of logits and {len(X)} of features: give one of each.")
    W = _head(z, X) if weight is None else finite_matrix(weight, "weight")
    information = information_maximisation(z) / np.log(z.shape[1]) if z.shape[1] > 1 else 0.0
    return hopkins(X, seed=seed) + information - uniformity(W)


def hopkins(X: Array, *, seed: int = 0) -> float:
    """Hopkins' statistic `sum u / (sum u + sum w)`: about 0.5 for evenly spread rows, near 1 for clustered ones.

    Args:
        X: (n, d). u are distances to the nearest row from random points in the box around the rows, w from rows.
        seed: Of the points and rows.
    """
    rng = np.random.default_rng(seed)
    k = min(PROBES, len(X))
    points = rng.uniform(X.min(axis=0), X.max(axis=0), size=(k, X.shape[1]))
    rows = rng.permutation(len(X))[:k]
    u = np.sqrt(squared_distances(points, X).min(axis=1))
    D = squared_distances(X[rows], X)
    D[np.arange(k), rows] = np.inf
    w = np.sqrt(D.min(axis=1)) if len(X) > 1 else np.zeros(k)
    total = float(u.sum() + w.sum())
    return float(u.sum() / total) if total > 1e-12 * np.abs(X).max() else 0.5


def uniformity(weight: Array) -> float:
    """Mean deviation, in radians, of the angles of class weights (c, d) from those of a simplex; 0 is even."""
    c = len(weight)
    if c < 2:
        return 0.0
    unit = weight / np.maximum(np.linalg.norm(weight, axis=1, keepdims=True), np.finfo(float).tiny)
    angles = np.arccos(np.clip(unit @ unit.T, -1, 1))[~np.eye(c, dtype=bool)]
    return float(np.abs(angles - np.arccos(-1 / (c - 1))).mean())


def _head(z: Array, X: Array) -> Array:
    """Weights (c, d), centred over classes, since a constant added to a row's logits changes nothing."""
    z = z - z.mean(axis=1, keepdims=True)
    X = X - X.mean(axis=0)
    gram = X.T @ X
    return np.asarray(np.linalg.lstsq(gram, X.T @ (z - z.mean(axis=0)), rcond=1e-10)[0]).T


class TransferScore(Validator):
    """Clustered features, sure and varied predictions, even class weights, added up: higher is better.

    The head's weights are read off features and logits, for that is exact where the head is linear; for other heads it
    is the nearest linear one. Fails with its parts: crisp clusters of the wrong classes score best, and the three
    terms have no common unit.

    Source: Yang et al., "Can we evaluate domain adaptation models without target-domain labels?", ICLR 2024,
    https://arxiv.org/abs/2305.18712. Uniformity is the mean deviation of angles from a simplex's.
    """

    key = "transfer_score"
    title = "Transfer score"
    higher_is_better = True
    needs = ("target",)
    needs_features = True

    def score(self, target: Predictions) -> float:
        """See `transfer_score`; of at most 10 000 rows."""
        rows = in_own_order(target, MOST)
        return transfer_score(rows.logits, rows.features)
