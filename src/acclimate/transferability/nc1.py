"""Within-class against between-class variance (NC1)."""

from __future__ import annotations

from typing import Any

import numpy as np

from acclimate.transferability.rows import labelled


def nc1(features: Any, labels: Any) -> float:
    """Minus the trace of the covariance within classes over that between them.

    Fails: one noisy direction of large variance hides all others; it depends on the scale of single features.

    Args:
        features: (n, d).
        labels: (n,) classes.

    Returns:
        At most 0, larger is better; never minus infinity, for equal class means count as differing by rounding.

    Source: the first of the four properties of Papyan, Han and Donoho, "Prevalence of neural collapse during the
    terminal phase of deep learning training", PNAS 2020, https://arxiv.org/abs/2008.08186, by traces alone.

    Example:
        >>> import numpy as np
        >>> y, F = np.repeat([0, 1], 30), np.random.default_rng(0).normal(size=(60, 4))
        >>> nc1(F + 9 * np.eye(4)[y], y) > nc1(F, y)
        True
    """
    rows = labelled(features, labels)
    X = rows.features - rows.features.mean(axis=0)
    means = rows.class_means(X)
    between = float((rows.counts * (means**2).sum(axis=1)).sum())
    within = float(((X - means[rows.labels]) ** 2).sum())
    smallest = np.finfo(float).eps * (within + between)
    return -within / max(between, smallest) if within + between > 0 else -1 / float(np.finfo(float).eps)
