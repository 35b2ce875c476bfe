"""Can a row's domain be told from its nearest neighbour's?"""

from __future__ import annotations

from typing import Any

import numpy as np

from acclimate.errors import InputError
from acclimate.types import Array, Predictions
from acclimate.validators.base import Validator
from acclimate.validators.probabilities import finite_matrix
from acclimate.validators.rows import MOST, blocks, both_in_own_order, mean_over_classes, unit_rows


def knn(source: Any, target: Any) -> float:
    """Share of rows whose nearest other row by cosine is of their own domain, averaged over domains; lower is better.

    Args:
        source: (n, d) features, array or tensor.
        target: (m, d).

    Returns:
        A number from 0 to 1; about 0.5 for sides that are alike and of one size.

    Raises:
        InputError: If a side is no matrix, is empty, or holds NaN or infinity.
    """
    sides = [finite_matrix(X, name) for X, name in ((source, "source features"), (target, "target features"))]
    Z = unit_rows(np.concatenate(sides))
    side = np.repeat([0, 1], [len(X) for X in sides])
    # Rows that are equal are each other's neighbours alike, so that collapse is no matter of whose row came first.
    alike = np.concatenate([_share_alike(Z, rows, side) for rows in blocks(len(Z), len(Z))])
    return mean_over_classes(alike, side)


def _share_alike(Z: Array, rows: slice, side: Array) -> Array:
    """Of the nearest neighbours of each row of a block, the share on its side."""
    S = Z[rows] @ Z.T
    i = np.arange(len(S))
    S[i, rows.start + i] = -np.inf
    nearest = S.max(axis=1, keepdims=True) - 1e-12 <= S
    theirs = nearest @ side.astype(np.float64) / nearest.sum(axis=1)
    return np.asarray(np.where(side[rows] == 1, theirs, 1 - theirs))


class KNN(Validator):
    """Accuracy of the nearest neighbour in telling source from target features: lower is better.

    Sides are cut to one size, at most 10 000 rows. Fails by looking at domains alone: features that have mixed classes
    up, or hold nothing, are the best aligned ones.

    Source: Musgrave et al., "Three new validators", https://arxiv.org/abs/2208.07360.
    """

    key = "knn"
    title = "Domain told by neighbours"
    higher_is_better = False
    needs = ("source", "target")
    needs_features = True

    def score(self, source: Predictions, target: Predictions) -> float:
        """See `knn`."""
        if len(source.logits) + len(target.logits) < 3:
            raise InputError(f"Validator '{self.key}' needs a neighbour for each row: give 2 rows of each side.")
        a, b = both_in_own_order(source, target, MOST)
        return knn(a.features, b.features)
