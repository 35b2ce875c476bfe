"""Agreement of two models."""

from __future__ import annotations

import numpy as np

from acclimate.errors import InputError
from acclimate.shift.estimate import BOOTSTRAP, LEVEL, Estimate, estimated, row_weights
from acclimate.shift.inputs import probabilities, weighted_mean
from acclimate.types import Predictions


def gde(
    target: Predictions, other: Predictions, *, level: float = LEVEL, bootstrap: int = BOOTSTRAP, seed: int = 0
) -> Estimate:
    """Share of target rows on which two models agree, trained alike on other rows (or from other seeds).

    Fails: agreement is accuracy only where the ensemble is calibrated by class, which linear models and small data are
    not: two models with one bias agree on wrong answers. Models that share training rows agree more, and the estimate
    is too high.

    Args:
        target: Predictions of one model on the target.
        other: Of another one, on the same rows in the same order.
        level: Coverage of the interval.
        bootstrap: Replicates.
        seed: Of the replicates.

    Raises:
        InputError: The models predicted different numbers of rows.

    Source: Jiang et al., "Assessing generalization of SGD via disagreement", ICLR 2022,
    https://arxiv.org/abs/2106.13799.

    Example:
        >>> a, b = np.eye(2)[[0, 1, 1, 0]], np.eye(2)[[0, 1, 1, 1]]
        >>> gde(Predictions(a), Predictions(b)).accuracy
        0.75
    """
    p, q = probabilities(target, "target"), probabilities(other, "target")
    if len(p) != len(q):
        raise InputError(f"Both models must predict the same rows, but predicted {len(p)} and {len(q)}.")
    w = row_weights(len(p), bootstrap, np.random.default_rng(seed))
    return estimated("GDE", weighted_mean(w, (p.argmax(axis=1) == q.argmax(axis=1)).astype(np.float64)), level)
