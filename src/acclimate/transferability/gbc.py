"""Gaussian Bhattacharyya coefficient: how much classes overlap."""

from __future__ import annotations

from typing import Any

import numpy as np

from acclimate.errors import InputError
from acclimate.transferability.rows import labelled
from acclimate.transferability.spectrum import principal_components
from acclimate.types import Array


def gbc(features: Any, labels: Any, *, components: int = 64) -> float:
    """Minus the sum over pairs of classes of exp(-D), D the Bhattacharyya distance of Gaussians fitted to them.

    Features are reduced to principal components first, and the Gaussians have diagonal covariances.

    Fails: classes of several clumps are no Gaussians; and once no pair overlaps it is 0 for every encoder, so that
    good ones are not told apart.

    Args:
        features: (n, d).
        labels: (n,) classes, each with at least 2 rows.
        components: Principal components that are kept.

    Returns:
        At most 0, larger is better.

    Source: Pandy et al., "Transferability estimation using Bhattacharyya class separability", CVPR 2022,
    https://arxiv.org/abs/2111.12780.

    Example:
        >>> import numpy as np
        >>> y, F = np.repeat([0, 1], 30), np.random.default_rng(0).normal(size=(60, 4))
        >>> gbc(F + 9 * np.eye(4)[y], y) > gbc(F, y)
        True
    """
    if components < 1:
        raise InputError(f"components={components} must be at least 1.")
    rows = labelled(features, labels, least=2)
    X = principal_components(rows.features, components)
    means = rows.class_means(X)
    variances = rows.class_means((X - means[rows.labels]) ** 2)
    floor = 1e-6 * max(float(X.var(axis=0).mean()), np.finfo(float).tiny)  # two equal rows have no spread
    variances = np.maximum(variances, floor)
    return -float(sum(_overlaps(means, variances, c).sum() for c in range(rows.classes)))


def _overlaps(means: Array, variances: Array, c: int) -> Array:
    """exp(-D) of class c to every other, (c - 1,)."""
    others = np.arange(len(means)) != c
    middle = (variances[others] + variances[c]) / 2
    apart = ((means[others] - means[c]) ** 2 / middle).sum(axis=1) / 8
    spread = (np.log(middle) - (np.log(variances[others]) + np.log(variances[c])) / 2).sum(axis=1) / 2
    return np.asarray(np.exp(-(apart + spread)))
