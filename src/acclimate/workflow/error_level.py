"""The confidence below which a prediction is flagged."""

from __future__ import annotations

import numpy as np

from acclimate.types import Array


def error_level(confidence: Array, correct: Array) -> float:
    """The confidence below which the source hold-out errs.

    It is the level that splits the hold-out into as many rows below it as the model gets wrong: with 100 held-out rows
    of which 7 are wrong, the 7 least confident lie below it. (This is the threshold of Average Thresholded Confidence.)
    If no held-out row is wrong, it is the lowest confidence among them, so that whatever is less sure than all of them
    is flagged.

    Args:
        confidence: (n,) largest probability of each held-out source row, in [0, 1].
        correct: (n,) whether the row was labelled rightly.

    Returns:
        The level, in [0, 1]; predictions with a lower confidence are flagged.

    References:
        Garg et al., Leveraging Unlabeled Data to Predict Out-of-Distribution Performance, 2022,
        https://arxiv.org/abs/2201.04234

    Example:
        >>> error_level(np.array([0.9, 0.6, 0.8, 0.7]), np.array([True, False, True, True]))
        0.7
    """
    wrong = int(np.count_nonzero(~np.asarray(correct, dtype=bool)))
    ordered = np.sort(np.asarray(confidence, dtype=np.float64))
    return float(ordered[wrong]) if wrong < len(ordered) else 1.0
