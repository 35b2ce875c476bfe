"""Source accuracy, weighted towards the target."""

from __future__ import annotations

import numpy as np

from acclimate.errors import InputError
from acclimate.ratio.effective import flattened
from acclimate.shift.estimate import BOOTSTRAP, LEVEL, Estimate, estimated
from acclimate.shift.inputs import judged, redrawn, weighted_mean
from acclimate.types import Array, Predictions

LEAST_EFFECTIVE = 0.05  # share of the source rows that weights must be worth


def importance_weighted(
    source: Predictions,
    target: Predictions,
    weights: Array,
    *,
    level: float = LEVEL,
    bootstrap: int = BOOTSTRAP,
    seed: int = 0,
) -> Estimate:
    """`sum w(x) 1[correct] / sum w(x)` over held-out source rows, `w = p_t(x) / p_s(x)`.

    Weights that are worth less than 5 % of the rows are flattened until they are worth that. They stay as they are in
    replicates: the interval does not know how well they were estimated.

    Fails: where the target has rows that the source has none of (see `support_mismatch`) these are not in it, and the
    estimate says how good the model is on what is left; where labels mean something else; and in many features, where
    a few rows get all the weight.

    Args:
        source: On labelled rows that the model was not trained on.
        target: Of the same model; only checked.
        weights: (n,) of the source rows, from `acclimate.ratio` or `exp(target_likeness(...).source)`.
        level: Coverage of the interval.
        bootstrap: Replicates.
        seed: Of the replicates.

    Raises:
        InputError: There are not n weights, or one is negative or not finite, or all are 0.

    Source: Sugiyama et al., "Covariate shift adaptation by importance weighted cross validation", JMLR 2007,
    https://jmlr.org/papers/v8/sugiyama07a.html.

    Example:
        >>> logits = np.eye(2)[[0, 1]]
        >>> source = Predictions(logits, y=np.array([0, 0]))  # the second is wrong
        >>> importance_weighted(source, Predictions(logits), np.array([3.0, 1.0])).accuracy
        0.75
    """
    data = judged(source, target)
    w = checked_weights(weights, len(data.source))
    v, _ = redrawn(data, bootstrap, seed)
    return estimated("importance-weighted", weighted_mean(v * w + 1e-300, data.correct), level)


def checked_weights(weights: Array, n: int, least: float = LEAST_EFFECTIVE) -> Array:
    """Weights of n rows, (n,), worth at least a share of them, with a mean of 1.

    Raises:
        InputError: They cannot be used.
    """
    w = np.asarray(weights, dtype=np.float64)
    if w.shape != (n,) or not np.isfinite(w).all() or (w < 0).any() or not w.any():
        raise InputError(f"weights must be {n} numbers that are finite, not negative and not all 0.")
    w, _ = flattened(w, least)
    return np.asarray(w / w.mean())
