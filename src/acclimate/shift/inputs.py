"""What accuracy estimators read of predictions, checked."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from acclimate.errors import InputError
from acclimate.shift.estimate import row_weights
from acclimate.shift.rows import as_array
from acclimate.types import Array, Predictions


class Judged(NamedTuple):
    """Probabilities of labelled source rows and of target rows.

    Attributes:
        source: (n, c).
        correct: (n,) 1 where the most probable class is the label, else 0.
        y: (n,) class indices.
        target: (m, c).
    """

    source: Array
    correct: Array
    y: Array
    target: Array


def probabilities(predictions: Predictions, side: str) -> Array:
    """Float64 probabilities, (n, c), from logits of any library.

    Raises:
        InputError: There are no rows, or a logit is not finite.
    """
    logits = as_array(predictions.logits)
    if logits.ndim != 2 or 0 in logits.shape:
        raise InputError(f"The {side} needs logits with a row per example, but their shape is {logits.shape}.")
    bad = np.flatnonzero(~np.isfinite(logits).all(axis=1))
    if len(bad):
        raise InputError(f"The {side}'s logits hold NaN or infinity in row {bad[0]}.")
    return Predictions(logits).probs


def judged(source: Predictions, target: Predictions) -> Judged:
    """Both sides. The labels of the target are never read.

    Raises:
        InputError: As `probabilities`, or the source has no labels, or the sides have different classes.
    """
    if source.y is None:
        raise InputError("Accuracy on the target is estimated from labelled, held-out source rows: pass source with y.")
    p, q = probabilities(source, "source"), probabilities(target, "target")
    if p.shape[1] != q.shape[1]:
        raise InputError(f"The source's logits have {p.shape[1]} classes and the target's {q.shape[1]}.")
    y = as_array(source.y).astype(np.int64)
    return Judged(p, (p.argmax(axis=1) == y).astype(np.float64), y, q)


def redrawn(data: Judged, replicates: int, seed: int) -> tuple[Array, Array]:
    """Row weights of both sides, (1 + replicates, n) and (1 + replicates, m), the first all 1."""
    rng = np.random.default_rng(seed)
    return row_weights(len(data.source), replicates, rng), row_weights(len(data.target), replicates, rng)


def weighted_mean(weights: Array, values: Array) -> Array:
    """Mean of values (n,) under each row of weights (k, n), (k,)."""
    return np.asarray(weights @ values / weights.sum(axis=1))
