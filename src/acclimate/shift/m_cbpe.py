"""Confidence that is calibrated for the target's rows."""

from __future__ import annotations

import numpy as np
from scipy.special import expit, logit

from acclimate.shift.estimate import BOOTSTRAP, LEVEL, Estimate, estimated
from acclimate.shift.importance_weighted import checked_weights
from acclimate.shift.inputs import judged, redrawn
from acclimate.types import Array, Predictions

STEPS = 30  # of Newton's method
RIDGE = 1e-2  # of the two coefficients, in rows: no infinite slope where all rows are right


def m_cbpe(
    source: Predictions,
    target: Predictions,
    weights: Array,
    *,
    level: float = LEVEL,
    bootstrap: int = BOOTSTRAP,
    seed: int = 0,
) -> Estimate:
    """Mean over the target of `P(correct | confidence)`, calibrated on source rows weighted by `p_t(x) / p_s(x)`.

    The calibration is a logistic curve in the logit of the confidence, fitted anew in every replicate. (The paper fits
    gradient-boosted trees; on hundreds of rows two numbers are what can be fitted.)

    Fails: as `importance_weighted` where the source lacks the target's rows, but less: what the weights miss the
    confidence may still say. Labels that mean something else are not seen.

    Args:
        source: On labelled rows that the model was not trained on.
        target: Of the same model.
        weights: (n,) of the source rows.
        level: Coverage of the interval.
        bootstrap: Replicates.
        seed: Of the replicates.

    Source: Bialek et al., "Estimating model performance under covariate shift without labels", 2024,
    https://arxiv.org/abs/2401.08348.

    Example:
        >>> y = np.array([0] * 9 + [1])
        >>> always = Predictions(np.log(np.tile([0.999, 0.001], (10, 1))), y=y)
        >>> round(m_cbpe(always, always, np.ones(10)).accuracy, 2)
        0.9
    """
    data = judged(source, target)
    importance = checked_weights(weights, len(data.source))
    v, w = redrawn(data, bootstrap, seed)
    a, b = (_logit(p) for p in (data.source, data.target))
    theta = _logistic_fits(a, data.correct, v * importance)
    values = [np.average(expit(t[0] + t[1] * b), weights=row) for t, row in zip(theta, w, strict=True)]
    return estimated("M-CBPE", np.array(values), level)


def _logit(probs: Array) -> Array:
    return np.asarray(logit(np.clip(probs.max(axis=1), 1e-6, 1 - 1e-6)))


def _logistic_fits(x: Array, y: Array, weights: Array) -> Array:
    """Intercept and slope of `P(y = 1 | x)` for every row of weights, (k, 2), by Newton's method on all at once."""
    X = np.column_stack([np.ones(len(x)), x])
    XX = (X[:, :, None] * X[:, None, :]).reshape(len(x), 4)
    start = np.array([0.0, 1.0])  # a confidence that is right as it is
    theta = np.zeros((len(weights), 2))  # from where all probabilities are one half, steps do not overshoot
    for _ in range(STEPS):
        p = expit(theta @ X.T)
        gradient = (weights * (p - y)) @ X + RIDGE * (theta - start)
        hessian = ((weights * p * (1 - p)) @ XX).reshape(-1, 2, 2) + RIDGE * np.eye(2)
        step = np.linalg.solve(hessian, gradient[..., None])[..., 0]
        theta -= np.clip(step, -2.0, 2.0)
        if np.abs(step).max() < 1e-8:
            break
    return theta
