"""Log expected empirical prediction (LEEP)."""

from __future__ import annotations

from typing import Any

import numpy as np

from acclimate.transferability.rows import checked_probs, class_numbers
from acclimate.types import Array


def leep(source_probs: Any, labels: Any) -> float:
    """Mean log-likelihood of the labels when each is drawn by way of the source's classes: log sum_z p(y|z) p(z|x).

    Fails: without a source head, and where that head's classes have nothing to do with the task.

    Args:
        source_probs: (n, k) probabilities that the source's head gives.
        labels: (n,) classes.

    Returns:
        At most 0, larger is better.

    Source: Nguyen et al., "LEEP: a new measure to evaluate transferability of learned representations", ICML 2020,
    https://arxiv.org/abs/2002.12462.

    Example:
        >>> leep([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]], ["a", "a", "b"])
        0.0
    """
    y, names = class_numbers(labels, len(np.atleast_1d(np.asarray(labels))))
    return expected_prediction(checked_probs(source_probs, len(y)), y, len(names))


def expected_prediction(P: Array, y: Array, classes: int) -> float:
    """LEEP of probabilities (n, k) and labels (n,) that were checked."""
    joint = np.eye(classes)[y].T @ P / len(y)  # p(y, z), (c, k)
    given = joint / np.maximum(joint.sum(axis=0), np.finfo(float).tiny)
    likelihood = (P * given[y]).sum(axis=1)
    return float(np.log(np.maximum(likelihood, np.finfo(float).tiny)).mean()) + 0.0
