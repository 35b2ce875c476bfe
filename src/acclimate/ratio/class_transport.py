"""Optimal transport of predicted rows to class frequencies."""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np

from acclimate.types import Array

MOST_ROWS = 5000  # in one problem


class ClassTransport(NamedTuple):
    """The cheapest way to give rows to classes.

    Attributes:
        costs: (m,) of each row, 0 to 1; their mean is the cost of the whole.
        rows: (m,) potentials: the derivative of the cost by the weights of rows.
        classes: (c,) potentials of the classes' frequencies.
    """

    costs: Array
    rows: Array
    classes: Array


def class_transport(probs: Array, frequencies: Array) -> ClassTransport:
    """Give equally heavy rows to classes in given frequencies, a row costing `1 - p(y | x)`.

    Args:
        probs: (m, c), at most some 5000 rows.
        frequencies: (c,) not negative, not all 0.

    Source: Lu et al., "Characterizing out-of-distribution error via optimal transport", NeurIPS 2023,
    https://arxiv.org/abs/2305.15640.

    Example:
        >>> class_transport(np.array([[0.9, 0.1], [0.8, 0.2]]), np.array([1, 1])).costs.round(6).tolist()
        [0.1, 0.8]
    """
    import ot

    cost, share = 1 - probs, frequencies / frequencies.sum()
    mass = np.full(len(cost), 1 / len(cost))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="numItermax")
        plan, log = ot.emd(mass, share * mass.sum(), cost, numItermax=10**6, log=True)
    shift = float((plan * cost).sum() - mass @ log["u"] - share @ log["v"])  # potentials leave a constant open
    return ClassTransport((plan * cost).sum(axis=1) * len(cost), log["u"] + shift, log["v"])
