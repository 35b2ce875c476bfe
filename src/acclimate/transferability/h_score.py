"""H-score: how much of the features' variance is between classes, each direction counting alike."""

from __future__ import annotations

from typing import Any

from acclimate.errors import InputError
from acclimate.transferability.rows import labelled
from acclimate.transferability.spectrum import spectrum
from acclimate.types import Array


def h_score(features: Any, labels: Any, *, shrink: bool = True) -> float:
    r"""The trace of S^-1 B, S the covariance of the features and B that of their class means.

    With ``shrink``, S is Ledoit and Wolf's (1 - s) S + s m I, and the score is (1 - s) times the trace. Computed from
    the smaller Gram matrix: n x n when there are more features than rows.

    Fails: without shrinkage and with n <= d it is c - 1 for *any* labels, random ones included, and is refused.
    With shrinkage it still rises with the number of features.

    Args:
        features: (n, d).
        labels: (n,) classes.
        shrink: Ledoit and Wolf's shrinkage; ``False``: the score of the 2019 paper.

    Returns:
        From 0 to c - 1, larger is better.

    Source: Bao et al., "An information-theoretic approach to transferability in task transfer learning", ICIP 2019,
    https://arxiv.org/abs/2212.10082; shrunk: Ibrahim et al., "Newer is not always better: rethinking transferability
    metrics, their peculiarities, stability and performance", ECML 2022, https://arxiv.org/abs/2110.06893.

    Example:
        >>> import numpy as np
        >>> y = np.repeat([0, 1], 30)
        >>> round(h_score(np.random.default_rng(0).normal(size=(60, 4)) + 9 * np.eye(4)[y], y), 1)
        1.0
    """
    rows = labelled(features, labels)
    n, d = rows.features.shape
    if not shrink and n <= d:
        raise InputError(
            f"The raw H-score of {n} rows in {d} dimensions is c - 1 whatever the labels are; use shrink=True, or more "
            "rows than features."
        )
    X = rows.features - rows.features.mean(axis=0)
    found = spectrum(X, rows.one_hot / rows.counts)
    between = found.squares[:, None] * found.projections**2 * (rows.counts / n)  # (r, c): class means, squared
    share, level = _ledoit_wolf(X, found.squares) if shrink else (0.0, 0.0)
    return float((1 - share) * (between.sum(axis=1) / ((1 - share) * found.squares / n + share * level)).sum())


def _ledoit_wolf(X: Array, squares: Array) -> tuple[float, float]:
    """The share of the identity and its height, from the squared singular values of centred rows.

    Source: Ledoit and Wolf, "A well-conditioned estimator for large-dimensional covariance matrices", Journal of
    Multivariate Analysis 2004, https://doi.org/10.1016/S0047-259X(03)00096-4.
    """
    n, d = X.shape
    level = float(squares.sum() / n / d)
    norm = float((squares**2).sum() / n**2)  # squared Frobenius norm of the covariance
    distance = norm - d * level**2
    noise = (float(((X**2).sum(axis=1) ** 2).sum()) / n - norm) / n
    share = 1.0 if distance <= 0 else min(noise / distance, 1.0)
    return share, level
