"""Difference of confidences."""

from __future__ import annotations

from acclimate.shift.estimate import BOOTSTRAP, LEVEL, Estimate, estimated
from acclimate.shift.inputs import judged, redrawn, weighted_mean
from acclimate.types import Predictions


def doc(
    source: Predictions, target: Predictions, *, level: float = LEVEL, bootstrap: int = BOOTSTRAP, seed: int = 0
) -> Estimate:
    """Source accuracy less the fall of mean confidence: `acc_s - (conf_s - conf_t)`.

    Fails: a point of confidence need not be a point of accuracy; where the model grows sure of wrong answers it sees no
    fall at all. The paper fits the factor on many known shifts; without them it is 1 here.

    Args:
        source: On labelled rows that the model was not trained on.
        target: Of the same model.
        level: Coverage of the interval.
        bootstrap: Replicates.
        seed: Of the replicates.

    Source: Guillory et al., "Predicting with confidence on unseen distributions", ICCV 2021,
    https://arxiv.org/abs/2107.03315.

    Example:
        >>> import numpy as np
        >>> sure, unsure = np.log([[0.9, 0.1], [0.1, 0.9]]), np.log([[0.8, 0.2], [0.2, 0.8]])
        >>> round(doc(Predictions(sure, y=np.array([0, 1])), Predictions(unsure)).accuracy, 6)
        0.9
    """
    data = judged(source, target)
    v, w = redrawn(data, bootstrap, seed)
    fall = weighted_mean(v, data.source.max(axis=1)) - weighted_mean(w, data.target.max(axis=1))
    return estimated("DoC", weighted_mean(v, data.correct) - fall, level)
