"""TransRate: bits to write down the features, less those once classes are known."""

from __future__ import annotations

from typing import Any

import numpy as np

from acclimate.errors import InputError
from acclimate.transferability.rows import labelled
from acclimate.transferability.spectrum import gram_squares
from acclimate.types import Array


def trans_rate(features: Any, labels: Any, *, distortion: float = 1e-4) -> float:
    """R(F) - mean over classes of R(F_c), R(F) = 1/2 log det(I + F' F / (n e)) of centred features.

    Determinants are of the smaller Gram matrix, n x n when there are more features than rows.

    Fails: with two classes, whose means lie on one line through the middle, so that each class by itself is as long
    as all rows. Its signal is small beside its size: random labels of a good encoder may score 1490 and the true ones
    1500. It rises with the number and the scale of the features: encoders of different widths do not compare.

    Args:
        features: (n, d).
        labels: (n,) classes.
        distortion: e.

    Returns:
        Larger is better.

    Notes:
        Classes weigh alike whatever their size, as in the authors' code.

    Source: Huang et al., "Frustratingly easy transferability estimation", ICML 2022,
    https://arxiv.org/abs/2106.09362.

    Example:
        >>> import numpy as np
        >>> y, F = np.arange(80) % 4, np.random.default_rng(0).normal(size=(80, 8))
        >>> trans_rate(F + 9 * np.eye(8)[y], y) > trans_rate(F, y)
        True
    """
    if distortion <= 0:
        raise InputError(f"distortion={distortion} must be above 0.")
    rows = labelled(features, labels)
    X = rows.features - rows.features.mean(axis=0)
    within = [_rate(X[rows.labels == c], distortion) for c in range(rows.classes)]
    return _rate(X, distortion) - float(np.mean(within))


def _rate(X: Array, distortion: float) -> float:
    return float(0.5 * np.log1p(gram_squares(X) / (len(X) * distortion)).sum())
