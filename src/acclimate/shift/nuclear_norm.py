"""Nuclear norm of the prediction matrix."""

from __future__ import annotations

import numpy as np

from acclimate.shift.estimate import BOOTSTRAP, LEVEL, Estimate, estimated
from acclimate.shift.inputs import judged, redrawn, weighted_mean
from acclimate.types import Array, Predictions


def nuclear_norm(
    source: Predictions, target: Predictions, *, level: float = LEVEL, bootstrap: int = BOOTSTRAP, seed: int = 0
) -> Estimate:
    """Source accuracy less the fall of the normalised nuclear norm, `|P|_* / sqrt(min(n, c) n)`.

    The norm is 1 for sure and diverse predictions. It comes from the c x c matrix `P'P`, so that replicates are cheap.

    Fails: the paper reads the accuracy off a line fitted to many known shifts; here a point of the norm counts as a
    point of accuracy, which need not hold. It falls where the target has fewer or less even classes, and does not see
    sure and diverse mistakes.

    Args:
        source: On labelled rows that the model was not trained on.
        target: Of the same model.
        level: Coverage of the interval.
        bootstrap: Replicates.
        seed: Of the replicates.

    Source: Deng et al., "Confidence and dispersity speak", ICML 2023, https://arxiv.org/abs/2302.01094.

    Example:
        >>> sure, unsure = np.log([[0.999, 0.001], [0.001, 0.999]]), np.log([[0.6, 0.4], [0.4, 0.6]])
        >>> found = nuclear_norm(Predictions(sure, y=np.array([0, 1])), Predictions(unsure))
        >>> round(found.accuracy, 2)
        0.6
    """
    data = judged(source, target)
    v, w = redrawn(data, bootstrap, seed)
    fall = _norms(data.source, v) - _norms(data.target, w)
    return estimated("nuclear norm", weighted_mean(v, data.correct) - fall, level)


def _norms(probs: Array, weights: Array) -> Array:
    """For every row of weights, (k,)."""
    n, c = probs.shape
    pairs = (probs[:, :, None] * probs[:, None, :]).reshape(n, -1) if c <= 16 else None
    grams = (weights @ pairs).reshape(-1, c, c) if pairs is not None else [(probs.T * w) @ probs for w in weights]
    roots = np.sqrt(np.maximum(np.linalg.eigvalsh(np.asarray(grams)), 0.0))
    return np.asarray(roots.sum(axis=1) / np.sqrt(min(n, c) * weights.sum(axis=1)))
