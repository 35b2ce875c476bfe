"""How well scores rank models whose accuracy is known."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy import stats

from acclimate.errors import InputError
from acclimate.types import Array


class RankingQuality(NamedTuple):
    """How well scores rank.

    Attributes:
        tau: Kendall's, of all pairs alike (tau-b where there are ties).
        weighted_tau: The same with pairs near the top weighing more.
        pearson: Of the values themselves.
        relative: Best accuracy among the k models of highest score over the best of all (rel@k).
        recall: Whether the best model is among these k, 0 or 1 (Recall@k).
        k: k.
    """

    tau: float
    weighted_tau: float
    pearson: float
    relative: float
    recall: float
    k: int


def evaluate_ranking(scores: Any, accuracies: Any, *, k: int = 1) -> RankingQuality:
    """Compare scores with what fine-tuning reached.

    Args:
        scores: (m,) of each model, larger meaning better; or a mapping from model to score.
        accuracies: (m,) after fine-tuning, in the same order; or a mapping with the same models.
        k: For rel@k and Recall@k.

    Returns:
        The five figures. Correlations are 0 where all scores or all accuracies are equal.

    Example:
        >>> found = evaluate_ranking({"a": 1.0, "b": 2.0, "c": 3.0}, {"a": 0.70, "b": 0.90, "c": 0.80})
        >>> round(found.tau, 3), round(found.relative, 3), found.recall
        (0.333, 0.889, 0.0)
    """
    s, a = _both(scores, accuracies)
    if not 1 <= k <= len(s):
        raise InputError(f"k={k} must be from 1 to the number of models, {len(s)}.")
    top = np.argsort(-s, kind="stable")[:k]
    best = a.max()
    equal = np.ptp(s) == 0 or np.ptp(a) == 0
    tau, weighted, pearson = (0.0 if equal else float(correlate(s, a)[0]) for correlate in _CORRELATIONS)
    relative = float(a[top].max() / best) if best > 0 else 0.0
    return RankingQuality(tau, weighted, pearson, relative, float(a[top].max() == best), k)


_CORRELATIONS = (stats.kendalltau, stats.weightedtau, stats.pearsonr)


def _both(scores: Any, accuracies: Any) -> tuple[Array, Array]:
    if hasattr(scores, "keys") and hasattr(accuracies, "keys"):
        if set(scores) != set(accuracies):
            raise InputError(f"scores and accuracies name other models: {sorted(set(scores) ^ set(accuracies))}.")
        scores, accuracies = list(scores.values()), [accuracies[name] for name in scores]
    s, a = np.asarray(scores, dtype=np.float64), np.asarray(accuracies, dtype=np.float64)
    if s.ndim != 1 or s.shape != a.shape or len(s) < 2:
        raise InputError(f"scores {s.shape} and accuracies {a.shape} must be one number a model, of at least 2 models.")
    if not (np.isfinite(s).all() and np.isfinite(a).all()):
        raise InputError("scores and accuracies must be finite; leave models without one out.")
    return s, a
