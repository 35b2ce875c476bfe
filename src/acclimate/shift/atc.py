"""Average thresholded confidence."""

from __future__ import annotations

import numpy as np
from scipy.special import xlogy

from acclimate.errors import unknown_name
from acclimate.shift.estimate import BOOTSTRAP, LEVEL, Estimate, estimated
from acclimate.shift.inputs import judged, redrawn
from acclimate.shift.thresholds import share_above_matched
from acclimate.types import Array, Predictions

SCORES = ("entropy", "confidence")


def atc(
    source: Predictions,
    target: Predictions,
    *,
    score: str = "entropy",
    level: float = LEVEL,
    bootstrap: int = BOOTSTRAP,
    seed: int = 0,
) -> Estimate:
    """Share of target rows whose score is above t, `t` so chosen that as many source rows are below it as are wrong.

    Fails: as every estimate from confidence: where wrong rows far from the source are as sure as right ones, and where
    class frequencies change between easy and hard classes. With a source accuracy near 1 the threshold hangs on the few
    rows that are wrong.

    Args:
        source: On labelled rows that the model was not trained on.
        target: Of the same model.
        score: "entropy" (its negative; the paper's better one) or "confidence", the largest probability.
        level: Coverage of the interval.
        bootstrap: Replicates.
        seed: Of the replicates.

    Source: Garg et al., "Leveraging unlabeled data to predict out-of-distribution performance", ICLR 2022,
    https://arxiv.org/abs/2201.04234.

    Example:
        >>> logits = np.log([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.6, 0.4]])
        >>> source = Predictions(logits, y=np.array([0, 0, 0, 1]))  # the least sure one is wrong
        >>> atc(source, Predictions(logits[[0, 3]])).accuracy
        0.5
    """
    if score not in SCORES:
        raise unknown_name("score", score, SCORES)
    data = judged(source, target)
    v, w = redrawn(data, bootstrap, seed)
    s, t = (_negative_entropy(p) if score == "entropy" else p.max(axis=1) for p in (data.source, data.target))
    return estimated("ATC", share_above_matched(s, data.correct, t, v, w), level)


def _negative_entropy(probs: Array) -> Array:
    return np.asarray(xlogy(probs, probs).sum(axis=1))
