"""A threshold on the source that leaves as many rows below as are wrong."""

from __future__ import annotations

import numpy as np

from acclimate.types import Array


def share_above_matched(source: Array, correct: Array, target: Array, v: Array, w: Array) -> Array:
    """Share of target rows whose score is at least t, where as many source rows are below t as are wrong.

    Args:
        source: (n,) scores, higher for what is rather right.
        correct: (n,) 1 or 0.
        target: (m,) scores.
        v: (k, n) weights of source rows.
        w: (k, m) weights of target rows.

    Returns:
        (k,).
    """
    order, ranked = np.argsort(source, kind="stable"), np.argsort(target, kind="stable")
    below = np.cumsum(v[:, order], axis=1)
    wrong = v @ (1 - correct)
    first = (below <= wrong[:, None] + 1e-9).sum(axis=1)  # the first row that is not below
    limits = np.append(source[order], np.inf)[first]
    cumulated = np.concatenate([np.zeros((len(w), 1)), np.cumsum(w[:, ranked], axis=1)], axis=1)
    under = np.searchsorted(target[ranked], limits, side="left")
    return np.asarray(1 - cumulated[np.arange(len(w)), under] / cumulated[:, -1])
