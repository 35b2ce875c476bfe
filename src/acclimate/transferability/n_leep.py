"""N-LEEP: LEEP where no source head is needed, for a mixture of Gaussians takes its place."""

from __future__ import annotations

from typing import Any

import numpy as np

from acclimate.errors import InputError
from acclimate.transferability.leep import expected_prediction
from acclimate.transferability.rows import labelled
from acclimate.transferability.spectrum import principal_components
from acclimate.types import Array


def n_leep(features: Any, labels: Any, *, components: int = 5, energy: float = 0.8, seed: int = 0) -> float:
    """LEEP by way of the Gaussians of a mixture that is fitted to the features, labels unseen.

    Features are reduced to as many principal components as hold a share of their variance first.

    Fails: with few rows, for there are several Gaussians for each class; and where the directions that tell classes
    apart are not those of large variance.

    Args:
        features: (n, d).
        labels: (n,) classes.
        components: Gaussians for each class; default 5.
        energy: Share of the variance that is kept; default 0.8.
        seed: Of where the mixture begins.

    Returns:
        At most 0, larger is better.

    Raises:
        InputError: There are fewer rows than Gaussians.

    Source: Li et al., "Ranking neural checkpoints", CVPR 2021, https://arxiv.org/abs/2011.11200.

    Example:
        >>> import numpy as np
        >>> y, F = np.repeat([0, 1], 30), np.random.default_rng(0).normal(size=(60, 4))
        >>> n_leep(F + 9 * np.eye(4)[y], y) > n_leep(F, y)
        True
    """
    from sklearn.mixture import GaussianMixture

    rows = labelled(features, labels)
    if components < 1 or not 0 < energy <= 1:
        raise InputError(f"components={components} must be at least 1, and energy={energy} in (0, 1].")
    if components * rows.classes > len(rows.labels):
        raise InputError(
            f"N-LEEP fits {components * rows.classes} Gaussians, more than there are rows ({len(rows.labels)}); give "
            "more rows, or fewer components."
        )
    mixture = GaussianMixture(components * rows.classes, random_state=seed, reg_covar=_floor(rows.features))
    reduced = with_energy(rows.features, energy)
    reduced, y = _in_order(reduced, rows.labels)
    return expected_prediction(mixture.fit(reduced).predict_proba(reduced), y, rows.classes)


def with_energy(X: Array, share: float) -> Array:
    """The principal components that together hold a share of the variance, (n, k)."""
    scores = principal_components(X, min(X.shape))
    variances = (scores**2).sum(axis=0)
    held = np.cumsum(variances) / max(float(variances.sum()), np.finfo(float).tiny)
    return np.asarray(scores[:, : int(np.searchsorted(held, share - 1e-12)) + 1])


def _in_order(X: Array, y: Array) -> tuple[Array, Array]:
    """Rows by their values, so that where the mixture begins does not depend on how they came."""
    order = np.lexsort(X.T[::-1])
    return X[order], y[order]


def _floor(X: Array) -> float:
    return max(1e-6 * float(X.var(axis=0).mean()), 1e-12)  # equal rows have no spread
