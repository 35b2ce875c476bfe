"""Pairwise annotation representation comparison (PARC)."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.stats import rankdata

from acclimate.errors import InputError
from acclimate.transferability.rows import Labelled, labelled
from acclimate.transferability.spectrum import principal_components
from acclimate.types import Array


def parc(features: Any, labels: Any, *, components: int = 32, rows: int = 500, seed: int = 0) -> float:
    """100 times Spearman's correlation between how far two rows' features are apart and whether their classes differ.

    Apart is one less Pearson's correlation of the principal components of two rows.

    Fails: rows are correlated over components, whose signs are arbitrary, so that fixing them otherwise changes it by a
    point or so. With many classes nearly every pair differs, and little is left to correlate; drawn rows add noise of
    about one point.

    Args:
        features: (n, d).
        labels: (n,) classes.
        components: Principal components that are kept; at least 2.
        rows: At most so many rows are drawn, of each class its share.
        seed: Of the drawing.

    Returns:
        From -100 to 100, larger is better.

    Source: Bolya et al., "Scalable diverse model selection for accessible transfer learning", NeurIPS 2021,
    https://arxiv.org/abs/2111.06977.

    Example:
        >>> import numpy as np
        >>> y, F = np.repeat([0, 1], 30), np.random.default_rng(0).normal(size=(60, 4))
        >>> parc(F + 9 * np.eye(4)[y], y) > parc(F, y)
        True
    """
    if components < 2 or rows < 3:
        raise InputError(f"components={components} must be at least 2 and rows={rows} at least 3.")
    found = labelled(features, labels)
    chosen = _drawn(found, rows, seed)
    X = principal_components(found.features[chosen], components)
    y = found.labels[chosen]
    if X.shape[1] < 2:
        raise InputError("features has one column; a correlation of rows needs at least 2.")
    pairs = np.tril_indices(len(X), -1)
    return 100 * _correlation(rankdata(1 - _correlations(X)[pairs]), (y[:, None] != y)[pairs].astype(float))


def _drawn(found: Labelled, most: int, seed: int) -> Array:
    """Rows in an order in which every beginning has of each class its share, cut at `most`."""
    n = len(found.labels)
    if n <= most:
        return np.arange(n)
    shuffled = np.random.default_rng(seed).permutation(n)
    by_class = shuffled[np.argsort(found.labels[shuffled], kind="stable")]
    return np.asarray(by_class[np.linspace(0, n - 1, most).astype(int)])


def _correlations(X: Array) -> Array:
    """Pearson's of every two rows, (n, n); 0 for rows without spread."""
    X = X - X.mean(axis=1, keepdims=True)
    X /= np.maximum(np.linalg.norm(X, axis=1, keepdims=True), np.finfo(float).tiny)
    return np.asarray(X @ X.T)


def _correlation(a: Array, b: Array) -> float:
    """Pearson's; ranks of two values are as far apart as the values, so that b need not be ranked."""
    a, b = a - a.mean(), b - b.mean()
    return float(a @ b / np.sqrt(max(float((a @ a) * (b @ b)), np.finfo(float).tiny)))
