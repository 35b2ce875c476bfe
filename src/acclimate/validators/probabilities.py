"""From whatever a caller holds (NumPy, torch on any device, any float type) to float64 probabilities, stably."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import logsumexp
from torch import Tensor, bfloat16

from acclimate.errors import InputError
from acclimate.types import Array


def finite_matrix(values: Any, name: str) -> Array:
    """Check a matrix of scores and convert it to float64, (n, c). See `finite_floats`, also for what is refused."""
    return np.asarray(finite_floats(values, name), dtype=np.float64)


def finite_floats(values: Any, name: str) -> Array:
    """Check a matrix of scores and leave it in its float type, for what reads it a block at a time.

    Args:
        values: (n, c) numbers, n >= 1 and c >= 1: an array, a nested list, or a tensor on any device.
        name: What the error message calls it.

    Returns:
        A float32 or float64 array, (n, c). It may share memory with `values`: read it, do not write it.

    Raises:
        InputError: If it is not a matrix with at least one row, or holds NaN or infinity.
    """
    matrix = _floats(values)
    if matrix.ndim != 2 or 0 in matrix.shape:
        raise InputError(f"{name} must be a matrix with one row per example, but its shape is {matrix.shape}.")
    bad = np.flatnonzero(~np.isfinite(matrix).all(axis=1))
    if len(bad):
        raise InputError(f"{name} holds NaN or infinity in row {bad[0]}; leave out the model that gave it.")
    return matrix


def _floats(values: Any) -> Array:
    if isinstance(values, Tensor):
        values = values.detach().cpu()
        values = (values.float() if values.dtype is bfloat16 else values).numpy()  # NumPy has no bfloat16
    matrix = np.asarray(values)
    return matrix.astype(np.float32 if matrix.dtype in (np.float16, np.float32) else np.float64, copy=False)


def log_probabilities(logits: Any) -> Array:
    """Log-softmax over classes, (n, c) float64. Raises InputError as `finite_matrix` does."""
    z = finite_matrix(logits, "logits")
    return np.asarray(z - logsumexp(z, axis=1, keepdims=True))


def row_entropies(log_probs: Array) -> Array:
    """Entropy of each row's class distribution in nats, (n,), from its log-probabilities (n, c)."""
    return np.asarray(-(np.exp(log_probs) * log_probs).sum(axis=1))
