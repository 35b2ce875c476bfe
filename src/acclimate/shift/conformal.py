"""Sets of labels that hold the true one as often as promised, under a shift that is known."""

from __future__ import annotations

from typing import Any

import numpy as np

from acclimate.errors import InputError
from acclimate.shift.inputs import judged
from acclimate.shift.rows import as_array
from acclimate.types import Array, Predictions


def conformal_sets_covariate(
    source: Predictions, target: Predictions, source_weights: Any, target_weights: Any, *, level: float = 0.9
) -> Array:
    """Prediction sets under covariate shift: split conformal with calibration rows weighted by `w(x) = p_t / p_s`.

    A label is in the set where its score `1 - p(y | x)` is at most the weighted quantile of the source's scores; the
    row's own weight stands at infinity, so that a row that nothing in the source is like gets all labels.

    Fails: the promise holds for true weights; with estimated ones nearly, and not where labels mean something else. In
    many features a few calibration rows carry all weight and sets become useless (all labels) rather than wrong.

    Args:
        source: On labelled rows that the model was not trained on, n.
        target: m rows.
        source_weights: (n,).
        target_weights: (m,), of the same function.
        level: Share of rows whose set holds the true label, on average over draws.

    Returns:
        (m, c) booleans.

    Source: Tibshirani et al., "Conformal prediction under covariate shift", NeurIPS 2019,
    https://arxiv.org/abs/1904.06019.

    Example:
        >>> probs = np.array([[0.8, 0.2], [0.6, 0.4], [0.4, 0.6]])
        >>> source = Predictions(np.log(probs), y=np.array([0, 0, 0]))
        >>> sets = conformal_sets_covariate(source, Predictions(np.log(probs)), np.ones(3), np.ones(3), level=0.6)
        >>> sets.sum(axis=1).tolist()
        [1, 2, 2]
    """
    data = judged(source, target)
    v, w = (as_array(x) for x in (source_weights, target_weights))
    scores, others = 1 - data.source[np.arange(len(data.y)), data.y], 1 - data.target
    _check(v, len(scores), "source_weights")
    _check(w, len(others), "target_weights")
    limits = _weighted_limits(scores, v, w, level)
    return np.asarray(others <= limits[:, None] + 1e-12)


def conformal_sets_label(source: Predictions, target: Predictions, class_weights: Any, *, level: float = 0.9) -> Array:
    """Prediction sets under label shift: calibration rows weighted by `w(y) = p_t(y) / p_s(y)`, a limit for each label.

    Fails: the promise supposes that p(x | y) is the same on both sides (see `explained_by_labels`) and true weights.

    Args:
        source: On labelled rows that the model was not trained on, n.
        target: m rows.
        class_weights: (c,): `LabelShift.weights`.
        level: Share of rows whose set holds the true label, on average over draws.

    Returns:
        (m, c) booleans.

    Source: Podkopaev and Ramdas, "Distribution-free uncertainty quantification for classification under label shift",
    UAI 2021, https://arxiv.org/abs/2103.03323.

    Example:
        >>> probs = np.array([[0.8, 0.2], [0.6, 0.4], [0.4, 0.6]])
        >>> source = Predictions(np.log(probs), y=np.array([0, 0, 1]))
        >>> conformal_sets_label(source, Predictions(np.log(probs)), np.ones(2), level=0.5).sum(axis=1).tolist()
        [1, 1, 1]
    """
    data = judged(source, target)
    w = as_array(class_weights)
    _check(w, data.source.shape[1], "class_weights")
    scores = 1 - data.source[np.arange(len(data.y)), data.y]
    limits = _weighted_limits(scores, w[data.y], w, level)
    return np.asarray(1 - data.target <= limits + 1e-12)


def _weighted_limits(scores: Array, weights: Array, own: Array, level: float) -> Array:
    """The least score that, with all below it, holds `level` of the mass of weights and the row's own, (k,)."""
    if not 0 < level < 1:
        raise InputError(f"level must be between 0 and 1, but is {level}.")
    order = np.argsort(scores, kind="stable")
    mass = np.cumsum(weights[order])
    wanted = level * (mass[-1] + own)
    first = np.searchsorted(mass, wanted - 1e-9 * mass[-1], side="left")
    return np.asarray(np.append(scores[order], np.inf)[first])


def _check(weights: Array, count: int, name: str) -> None:
    if weights.shape != (count,) or not np.isfinite(weights).all() or (weights < 0).any():
        raise InputError(f"{name} must be {count} numbers that are finite and not negative.")
