"""Average confidence: a model's own word for it."""

from __future__ import annotations

from acclimate.shift.estimate import BOOTSTRAP, LEVEL, Estimate, estimated
from acclimate.shift.inputs import judged, redrawn, weighted_mean
from acclimate.types import Predictions


def average_confidence(
    source: Predictions, target: Predictions, *, level: float = LEVEL, bootstrap: int = BOOTSTRAP, seed: int = 0
) -> Estimate:
    """`mean max_k p(k | x)` over the target. The source is not used, only checked.

    Fails: it is right where the model is calibrated on the target, which under shift it is not: networks stay sure of
    rows they have never seen the like of. Its error is the calibration error, whatever the number of rows.

    Args:
        source: On labelled rows that the model was not trained on.
        target: Of the same model.
        level: Coverage of the interval.
        bootstrap: Replicates.
        seed: Of the replicates.

    Source: Hendrycks and Gimpel, "A baseline for detecting misclassified and out-of-distribution examples", ICLR 2017,
    https://arxiv.org/abs/1610.02136; as an estimate of accuracy in Guillory et al., https://arxiv.org/abs/2107.03315.

    Example:
        >>> import numpy as np
        >>> logits = np.log([[0.9, 0.1], [0.3, 0.7]])
        >>> round(average_confidence(Predictions(logits, y=np.array([0, 1])), Predictions(logits)).accuracy, 6)
        0.8
    """
    data = judged(source, target)
    _, w = redrawn(data, bootstrap, seed)
    return estimated("AC", weighted_mean(w, data.target.max(axis=1)), level)
