"""Leave-one-out accuracy of weighted nearest neighbours."""

from __future__ import annotations

from typing import Any

import numpy as np

from acclimate.errors import InputError
from acclimate.transferability.rows import labelled
from acclimate.types import Array

BLOCK = 2**23  # similarities held at once


def knn_loo(features: Any, labels: Any, *, k: int = 20, temperature: float = 0.07) -> float:
    """Share of rows whose class the other rows know: their k nearest by cosine vote with weight exp(cosine / T).

    Rows are compared a block at a time, so that no n x n matrix is held.

    Fails: classes with fewer rows than k are outvoted where classes are unbalanced; and features whose classes are
    linearly separable in few of many directions look worse than a fine-tuned network will find them.

    Args:
        features: (n, d).
        labels: (n,) classes.
        k: Neighbours that vote; n - 1 where there are fewer.
        temperature: T.

    Returns:
        In [0, 1], larger is better.

    Source: the protocol of Caron et al., "Emerging properties in self-supervised vision transformers", ICCV 2021,
    https://arxiv.org/abs/2104.14294, made leave-one-out.

    Example:
        >>> import numpy as np
        >>> y = np.repeat([0, 1], 30)
        >>> knn_loo(np.random.default_rng(0).normal(size=(60, 4)) + 9 * np.eye(4)[y], y)
        1.0
    """
    if k < 1 or temperature <= 0:
        raise InputError(f"k={k} and temperature={temperature} must be at least 1 and above 0.")
    rows = labelled(features, labels, keep_single=True)
    X = rows.features / np.maximum(np.linalg.norm(rows.features, axis=1, keepdims=True), np.finfo(np.float32).tiny)
    k, size = min(k, len(X) - 1), max(1, BLOCK // len(X))
    right = [
        _right(X, rows.labels, rows.classes, np.arange(i, min(i + size, len(X))), k, temperature)
        for i in range(0, len(X), size)
    ]
    return float(np.concatenate(right).mean())


def _right(X: Array, y: Array, classes: int, block: Array, k: int, temperature: float) -> Array:
    """Whether the rows of a block are given their class, (b,)."""
    cosines = X[block] @ X.T
    cosines[np.arange(len(block)), block] = -np.inf  # a row does not vote for itself
    near = np.argpartition(-cosines, k - 1, axis=1)[:, :k]
    values = np.take_along_axis(cosines, near, axis=1)
    weights = np.exp((values - values.max(axis=1, keepdims=True)) / temperature)
    cells = np.arange(len(block))[:, None] * classes + y[near]
    votes = np.bincount(cells.ravel(), weights.ravel(), minlength=len(block) * classes).reshape(len(block), classes)
    return np.asarray(votes.argmax(axis=1) == y[block])
