"""Scores that compare the encoders of a pool with each other: of one alone they say nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import scipy.special

from acclimate.errors import InputError
from acclimate.transferability.discriminant import posterior, usual_shrinkage, within_covariance
from acclimate.transferability.rows import Labelled, labelled
from acclimate.transferability.spectrum import principal_components
from acclimate.types import Array

COMPONENTS, COUNTED = 64, 32  # of NCTI: components that are kept, and of them those whose variance sets the shrinkage
ETRAN = (0.15, 0.85)  # of the energy and of the discriminants
NCTI = (1.0, 1.0, -1.0)


def etran(features: Mapping[str, Any], labels: Any) -> dict[str, float]:
    """Energy and discriminants, each scaled to [0, 1] over the pool: 0.15 of the first and 0.85 of the second.

    The energy is the mean of log-sum-exp over a row's features; the second is the mean probability of the own class by
    linear discriminants with a shrunk covariance.

    Fails: the energy grows with the width and scale of features, so that it prefers wide encoders; a further encoder in
    the pool changes the scores of all.

    Args:
        features: At least two encoders' features of the same rows, (n, d) each, by name.
        labels: (n,) classes, each with at least 2 rows.

    Returns:
        By name, between 0 and 1, larger is better.

    Raises:
        InputError: There is one encoder only.

    Notes:
        The shares are the authors' code's; its energy is the mean over the lowest 0.5 % of rows alone. Its
        discriminants take eigenvectors of a matrix that is not symmetric by a
        solver for symmetric ones, which leaves nearest means; here they are what the paper says.

    Source: Gholami et al., "ETran: energy-based transferability estimation", ICCV 2023, https://arxiv.org/abs/2308.02027.

    Example:
        >>> import numpy as np
        >>> y, F = np.repeat([0, 1], 30), np.random.default_rng(0).normal(size=(60, 4))
        >>> found = etran({"good": F + 9 * np.eye(4)[y], "blind": F}, y)
        >>> found["good"] > found["blind"]
        True
    """
    return _over_pool(features, labels, etran_parts, ETRAN)


def ncti(features: Mapping[str, Any], labels: Any) -> dict[str, float]:
    """Neural collapse, three ways, each scaled to [0, 1] over the pool: how near encoders are to it.

    In 64 principal components, with linear discriminants: the nuclear norm of the discriminants' scores (larger:
    classes stand in more directions), the mean probability of the own class, and, taken off, the logarithm of the sum
    over classes of the nuclear norms of their rows' probabilities (smaller: rows of a class are alike).

    Fails: as all scores that see only how features lie now; a further encoder in the pool changes the scores of all.

    Args:
        features: At least two encoders' features of the same rows, (n, d) each, by name.
        labels: (n,) classes, each with at least 2 rows.

    Returns:
        By name, between -1 and 2, larger is better.

    Raises:
        InputError: There is one encoder only.

    Source: Wang et al., "How far pre-trained models are from neural collapse on the target dataset informs their
    transferability", ICCV 2023, https://openaccess.thecvf.com/content/ICCV2023/papers/
    Wang_How_Far_Pre-trained_Models_Are_from_Neural_Collapse_on_the_ICCV_2023_paper.pdf.

    Example:
        >>> import numpy as np
        >>> y, F = np.repeat([0, 1], 30), np.random.default_rng(0).normal(size=(60, 4))
        >>> found = ncti({"good": F + 9 * np.eye(4)[y], "blind": F}, y)
        >>> found["good"] > found["blind"]
        True
    """
    return _over_pool(features, labels, ncti_parts, NCTI)


def etran_parts(features: Any, labels: Any) -> tuple[float, float]:
    """Energy and mean probability of the own class of one encoder, as they are. Arguments as of any score."""
    rows = labelled(features, labels, least=2)
    return _energy(rows.features), _own_probability(rows, rows.features)


def ncti_parts(features: Any, labels: Any) -> tuple[float, float, float]:
    """Nuclear norm, mean probability of the own class, spread within classes of one encoder, as they are."""
    return _collapse(labelled(features, labels, least=2))


def combined(parts: Array, weights: Sequence[float], reference: Array | None = None) -> Array:
    """The score of every encoder of a pool.

    Args:
        parts: (..., m, k), of m encoders.
        weights: k, of the parts once they are scaled.
        reference: (m, k) parts that say what becomes 0 and what 1; default: ``parts`` themselves.

    Returns:
        (..., m). A part that is the same for all counts nothing.
    """
    own = parts if reference is None else reference
    least, most = own.min(axis=-2, keepdims=True), own.max(axis=-2, keepdims=True)
    width = most - least
    scaled = np.divide(
        parts - least, width, out=np.zeros(np.broadcast_shapes(parts.shape, width.shape)), where=width > 0
    )
    return np.asarray(scaled @ np.asarray(weights))


def _over_pool(
    features: Mapping[str, Any], labels: Any, parts: Callable[[Any, Any], tuple[float, ...]], weights: Sequence[float]
) -> dict[str, float]:
    if len(features) < 2:
        raise InputError(
            f"This score compares encoders with each other, and {len(features)} is given; give two or more."
        )
    found = combined(np.array([parts(one, labels) for one in features.values()]), weights)
    return dict(zip(features, found.tolist(), strict=True))


def _energy(X: Array) -> float:
    return float(scipy.special.logsumexp(X, axis=1).mean())


def _own_probability(rows: Labelled, X: Array) -> float:
    found = posterior(rows, X, usual_shrinkage(within_covariance(rows, X)))
    return float(found[np.arange(len(X)), rows.labels].mean())


def _collapse(rows: Labelled) -> tuple[float, float, float]:
    """Nuclear norm of the discriminants' scores, mean own probability, spread of probabilities within classes."""
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    X = principal_components(rows.features, COMPONENTS)
    shrinkage = max(float(np.exp(-X[:, :COUNTED].var(axis=0, ddof=1).sum())), 1e-10)
    given = {"solver": "svd"} if shrinkage == 1e-10 else {"solver": "eigen", "shrinkage": shrinkage}
    found = LinearDiscriminantAnalysis(**given).fit(X, rows.labels)
    scores, probs = found.transform(X), found.predict_proba(X)
    within = sum(np.linalg.norm(probs[rows.labels == k], ord="nuc") for k in range(rows.classes))
    own = float(probs[np.arange(len(X)), rows.labels].mean())
    return float(np.linalg.norm(scores - scores.mean(axis=0), ord="nuc")), own, float(np.log(within))
