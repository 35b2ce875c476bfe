"""Optimal transport of target predictions to the source's class frequencies."""

from __future__ import annotations

from typing import Any

import numpy as np

from acclimate.errors import InputError
from acclimate.ratio.class_transport import MOST_ROWS, class_transport
from acclimate.types import Predictions
from acclimate.validators.base import Validator
from acclimate.validators.probabilities import log_probabilities
from acclimate.validators.rows import class_labels, in_own_order


def cot(logits: Any, frequencies: Any) -> float:
    """Least mean cost of giving rows to classes in given frequencies, a row costing `1 - p(y | x)`; lower is better.

    Args:
        logits: (m, c) of the target, array or tensor; of more than 5000 rows the first 5000.
        frequencies: (c,) of the classes in the source, not all 0.

    Returns:
        A number from 0 to 1: an estimate of the error rate.

    Raises:
        InputError: If `logits` is not a matrix, is empty, or holds NaN or infinity, or there are not c frequencies.
    """
    probs = np.exp(log_probabilities(logits)[:MOST_ROWS])
    share = np.asarray(frequencies, dtype=np.float64)
    if share.shape != probs.shape[1:] or not share.sum() > 0:
        raise InputError(f"frequencies must be {probs.shape[1]} numbers that are not all 0, not of {share.shape}.")
    return float(class_transport(probs, share).costs.mean())


class COT(Validator):
    """Transport cost of target predictions to the source's class frequencies: lower is better.

    Fails where the frequencies did change: what is right then costs, and a method that forces the source's frequencies
    on the target wins (8.5 points lost on such controls). Beyond 5000 target rows, 5000 are drawn.

    Source: Lu et al., "Characterizing out-of-distribution error via optimal transport", NeurIPS 2023,
    https://arxiv.org/abs/2305.15640.
    """

    key = "cot"
    title = "Transport to source frequencies"
    higher_is_better = False
    needs = ("source", "target")

    def score(self, source: Predictions, target: Predictions) -> float:
        """See `cot`."""
        held, rows = in_own_order(source), in_own_order(target, MOST_ROWS)
        y, classes = class_labels(held, self.key), rows.logits.shape[1]
        return cot(rows.logits, np.bincount(y[(y >= 0) & (y < classes)], minlength=classes))
