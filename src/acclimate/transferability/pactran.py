"""PACTran: a PAC-Bayesian bound on the error of a linear head."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.optimize
import scipy.special

from acclimate.errors import InputError
from acclimate.transferability.rows import labelled
from acclimate.transferability.spectrum import principal_components
from acclimate.types import Array


def pactran(features: Any, labels: Any, *, prior: float = 1.0, spread: float = 10.0) -> float:
    r"""Minus the bound of PACTran-Gauss: the least regularised cross-entropy, and what its flatness adds.

    .. math:: -\min_{W, b} \Big[\frac1n \sum_i -\log p_i[y_i] + \frac{\|W\|^2}{2 \lambda}\Big]
        - \frac{c d}{2\lambda} \sigma_0^2 \log \Big(\frac{\lambda}{c d} \mathrm{tr} H\Big),
        \quad \lambda = \mathrm{prior} \cdot n, \quad \sigma_0^2 = \frac{\mathrm{spread}}{d}

    with the diagonal H of the second derivative at the minimum.

    Fails: the two settings decide how much flatness counts, and the paper chooses them on a grid; values do not compare
    between tasks.

    Args:
        features: (n, d).
        labels: (n,) classes.
        prior: lambda over n; default 1. The authors' code tries 0.1, 1 and 10.
        spread: sigma_0^2 times d; default 10. That code tries ten and a hundred times ``prior``.

    Returns:
        Larger is better.

    Raises:
        InputError: A setting is not positive.

    Notes:
        H is that of the authors' code: its likelihood part is a sum over rows where the loss is a mean, and its bias
        is part of the trace. The head starts at 0, where that code draws it; the minimum is the same.

    Source: Ding et al., "PACTran: PAC-Bayesian metrics for estimating the transferability of pretrained models to
    classification tasks", ECCV 2022, https://arxiv.org/abs/2203.05126.

    Example:
        >>> import numpy as np
        >>> y, F = np.repeat([0, 1], 30), np.random.default_rng(0).normal(size=(60, 4))
        >>> pactran(F + 9 * np.eye(4)[y], y) > pactran(F, y)
        True
    """
    if not (prior > 0 and spread > 0):
        raise InputError(f"prior={prior} and spread={spread} must be above 0.")
    rows = labelled(features, labels)
    n, d = rows.features.shape
    scale, size = prior * n, d * rows.classes
    # A turn of the features changes neither |W| nor the trace: min(n, d) coordinates are enough.
    X = principal_components(rows.features, min(n, d)) if d > n else rows.features - rows.features.mean(axis=0)
    loss, probs = _head(X, rows.one_hot, scale)
    curvature = probs - probs**2
    trace = float(((X**2).T @ curvature).sum() + curvature.sum()) + size / scale
    flatness = 0.5 * size / scale * spread / d * np.log(trace * scale / size + 1e-10)
    return -float(loss + flatness)


def _head(X: Array, one_hot: Array, scale: float) -> tuple[float, Array]:
    """The least loss, and the probabilities there, (n, c)."""
    n, d, c = *X.shape, one_hot.shape[1]

    def loss(flat: Array) -> tuple[float, Array]:
        weights, bias = np.split(flat.reshape(d + 1, c), [d])
        logits = X @ weights + bias
        logs = logits - scipy.special.logsumexp(logits, axis=1, keepdims=True)
        off = (np.exp(logs) - one_hot) / n
        value = -(one_hot * logs).sum() / n + 0.5 * (weights**2).sum() / scale
        return float(value), np.concatenate([(X.T @ off + weights / scale).ravel(), off.sum(axis=0)])

    options = {"maxiter": 1000, "ftol": 1e-12, "gtol": 1e-7}
    found = scipy.optimize.minimize(loss, np.zeros((d + 1) * c), jac=True, method="L-BFGS-B", options=options)
    weights, bias = np.split(found.x.reshape(d + 1, c), [d])
    return float(found.fun), np.asarray(scipy.special.softmax(X @ weights + bias, axis=1))
