"""Confidence optimal transport: target predictions against the source's class frequencies."""

from __future__ import annotations

import numpy as np

from acclimate.ratio.class_transport import MOST_ROWS, class_transport
from acclimate.shift.estimate import BOOTSTRAP, LEVEL, Estimate, estimated
from acclimate.shift.inputs import Judged, judged, redrawn, weighted_mean
from acclimate.shift.thresholds import share_above_matched
from acclimate.types import Array, Predictions


def cot(
    source: Predictions, target: Predictions, *, level: float = LEVEL, bootstrap: int = BOOTSTRAP, seed: int = 0
) -> Estimate:
    """1 less the least cost of giving target rows to classes in the source's frequencies, a row costing `1 - p(y | x)`.

    A model that is sure of a class that is now too frequent is caught: rows must leave it, and leaving costs. The
    interval comes from the potentials of the transport, which are the derivative of its cost by the weights of rows.

    Fails: where class frequencies did change it takes that for error (and loses up to their total variation); where
    they did not and the model is overconfident it is too high, as average confidence is. Rows beyond 5000 are drawn.

    Args:
        source: On labelled rows that the model was not trained on; gives the frequencies.
        target: Of the same model.
        level: Coverage of the interval.
        bootstrap: Replicates.
        seed: Of replicates and drawn rows.

    Source: Lu et al., "Characterizing out-of-distribution error via optimal transport", NeurIPS 2023,
    https://arxiv.org/abs/2305.15640.

    Example:
        >>> logits = np.log([[0.9, 0.1], [0.8, 0.2]])
        >>> source = Predictions(logits, y=np.array([0, 1]))
        >>> round(cot(source, Predictions(logits)).accuracy, 6)  # one row of two must be of class 1
        0.55
    """
    data = _drawn(judged(source, target), seed)
    v, w = redrawn(data, bootstrap, seed)
    plan = class_transport(data.target, _frequencies(data))
    cost = weighted_mean(w, plan.rows) + weighted_mean(v, plan.classes[data.y])
    return estimated("COT", 1 - cost, level)


def cott(
    source: Predictions, target: Predictions, *, level: float = LEVEL, bootstrap: int = BOOTSTRAP, seed: int = 0
) -> Estimate:
    """COT with a threshold: share of target rows whose transport costs less than t, as `atc` with this score.

    The threshold is that of the source's own transport: as many source rows cost more as are wrong. In replicates the
    transports stay as they are and rows count more or less.

    Fails: as `cot` under a change of class frequencies, and as `atc` where few source rows are wrong.

    Args: as `cot`.

    Source: Lu et al., https://arxiv.org/abs/2305.15640.

    Example:
        >>> logits = np.log([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.4, 0.6]])
        >>> source = Predictions(logits, y=np.array([0, 1, 1, 0]))
        >>> cott(source, Predictions(logits[:2])).accuracy
        1.0
    """
    data = _drawn(judged(source, target), seed)
    v, w = redrawn(data, bootstrap, seed)
    s, t = (-class_transport(p, _frequencies(data)).costs for p in (data.source, data.target))
    return estimated("COTT", share_above_matched(s, data.correct, t, v, w), level)


def _drawn(data: Judged, seed: int) -> Judged:
    rng = np.random.default_rng(seed)
    rows, ours = (np.sort(rng.permutation(len(p))[:MOST_ROWS]) for p in (data.target, data.source))
    return Judged(data.source[ours], data.correct[ours], data.y[ours], data.target[rows])


def _frequencies(data: Judged) -> Array:
    return np.bincount(data.y, minlength=data.source.shape[1]) / len(data.y)
