"""From whatever a caller holds (NumPy, torch on any device, any float type) to float64 probabilities, stably."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import logsumexp
from torch import Tensor

from acclimate.errors import InputError
from acclimate.types import Array


def finite_matrix(values: Any, name: str) -> Array:
    """Check and convert a matrix of scores.

    Args:
        values: (n, c) numbers, n >= 1 and c >= 1: an array, a nested list, or a tensor on any device.
        name: What the error message calls it.

    Returns:
        A float64 array, (n, c). It may share memory with `values`: read it, do not write it.

    Raises:
        InputError: If it is not a matrix with at least one row, or holds NaN or infinity.
    """
    matrix = _float64(values)
    if matrix.ndim != 2 or 0 in matrix.shape:
        raise InputError(f"{name} must be a matrix with one row per example, but its shape is {matrix.shape}.")
    bad = np.flatnonzero(~np.isfinite(matrix).all(axis=1))
    if len(bad):
        raise InputError(f"{name} holds NaN or infinity in row {bad[0]}; leave out the model that gave it.")
    return matrix


def _float64(values: Any) -> Array:
    if isinstance(values, Tensor):
        values = values.detach().cpu().double().numpy()  # not all devices have float64
    return np.asarray(values, dtype=np.float64)


def log_probabilities(logits: Any) -> Array:
    """Log-softmax over classes, (n, c) float64. Raises InputError as `finite_matrix` does."""
    z = finite_matrix(logits, "logits")
    return np.asarray(z - logsumexp(z, axis=1, keepdims=True))


def row_entropies(log_probs: Array) -> Array:
    """Entropy of each row's class distribution in nats, (n,), from its log-probabilities (n, c)."""
    return np.asarray(-(np.exp(log_probs) * log_probs).sum(axis=1))
