"""Soft neighbourhood density: how tightly the target's predictions cluster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from acclimate.errors import InputError
from acclimate.types import Array, Predictions
from acclimate.validators.base import RowMean
from acclimate.validators.probabilities import finite_matrix, log_probabilities

_BLOCK_ENTRIES = 2**22  # similarities held at once: 32 MiB of float64, whatever the number of rows


def snd(features: Any, temperature: float = 0.05) -> float:
    """Mean entropy of each row's softmax over its cosine similarities to all other rows, in nats; higher is better.

    Memory grows with n, not n squared.

    Args:
        features: (n, d), array or tensor: as in the paper, the predicted probabilities.
        temperature: Divides the similarities, > 0.

    Returns:
        A number from 0 to log(n - 1); 0 if there is only one row.

    Raises:
        InputError: If `features` is not a matrix, is empty, or holds NaN or infinity, or `temperature` is not positive.
    """
    return float(_neighbourhood_entropies(finite_matrix(features, "features"), temperature).mean())


@dataclass(frozen=True)
class SND(RowMean):
    """Soft neighbourhood density of the target's predicted probabilities: higher is better.

    Fails by preferring collapse: rows predicted alike are each other's dense neighbourhood. On 50 real pairs it
    harmed three choices in four; it is here to be compared with, not to be trusted.

    Args:
        temperature: Divides the cosine similarities, > 0.

    Source: Saito et al., "Tune it the right way", https://arxiv.org/abs/2108.10860.
    """

    temperature: float = 0.05

    key = "snd"
    title = "Soft neighbourhood density"
    higher_is_better = True
    needs = ("target",)

    def row_scores(self, predictions: Predictions) -> Array:
        """Entropy of each row's neighbourhood, (n,)."""
        return _neighbourhood_entropies(np.exp(log_probabilities(predictions.logits)), self.temperature)


def _neighbourhood_entropies(x: Array, temperature: float) -> Array:
    if not temperature > 0:
        raise InputError(f"temperature must be above 0, but it is {temperature}.")
    n = len(x)
    if n == 1:
        return np.zeros(1)  # no neighbour
    unit = x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), np.finfo(float).tiny)
    rows = max(1, _BLOCK_ENTRIES // n)
    blocks = [_block_entropies(unit, start, rows, temperature) for start in range(0, n, rows)]
    return np.concatenate(blocks)


def _block_entropies(unit: Array, start: int, rows: int, temperature: float) -> Array:
    """Entropies of rows start..start+rows, in place on one (rows, n) matrix: log sum e^s - sum(s e^s) / sum e^s."""
    s = (unit[start : start + rows] / temperature) @ unit.T
    own = np.arange(len(s)), np.arange(start, start + len(s))
    s[own] = -np.inf
    s -= s.max(axis=1, keepdims=True)
    e = np.exp(s)
    s[own] = 0.0  # its weight is exactly 0; 0 * -inf would be NaN
    total = e.sum(axis=1)
    return np.asarray(np.log(total) - np.einsum("ij,ij->i", s, e) / total)
