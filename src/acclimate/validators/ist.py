"""Mutual information of rows and domains."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import entr

from acclimate.errors import InputError
from acclimate.types import Array, Predictions
from acclimate.validators.base import Validator
from acclimate.validators.probabilities import finite_matrix
from acclimate.validators.rows import MOST, blocks, both_in_own_order, unit_rows


def ist(source: Any, target: Any) -> float:
    """`H(mean_i q_i) - mean_i H(q_i)`, in nats; lower is better.

    `q_i` is the share of either domain in row i's softmax over its cosine similarities to all other rows of both.

    Args:
        source: (n, d) features, array or tensor.
        target: (m, d).

    Returns:
        A number from 0 (domains cannot be told) to log 2.

    Raises:
        InputError: If a side is no matrix, is empty, or holds NaN or infinity.
    """
    sides = [finite_matrix(X, name) for X, name in ((source, "source features"), (target, "target features"))]
    Z, n = unit_rows(np.concatenate(sides)), len(sides[0])
    q = np.concatenate([_target_shares(Z, rows, n) for rows in blocks(len(Z), len(Z))])
    return float(max(_entropy(q.mean()) - _entropy(q).mean(), 0.0))


def _target_shares(Z: Array, rows: slice, n: int) -> Array:
    """Share of the target among each row's neighbours, for a block of rows."""
    S = Z[rows] @ Z.T
    np.exp(S, out=S)  # cosines: at most e
    i = np.arange(len(S))
    S[i, rows.start + i] = 0.0
    ours, theirs = S[:, :n].sum(axis=1), S[:, n:].sum(axis=1)
    return np.asarray(theirs / (ours + theirs))


def _entropy(q: Any) -> Any:
    return entr(q) + entr(1 - q)


class IST(Validator):
    """Mutual information of row and domain in cosine neighbourhoods: lower is better.

    A peer ships it with the sign reversed. Sides are cut to one size, at most 10 000 rows. Fails as every measure of
    domains alone, and hardly moves: without a temperature all rows count almost the same as neighbours.

    Source: Shi and Sha, "Information-theoretical learning of discriminative clusters for unsupervised domain
    adaptation", ICML 2012, https://arxiv.org/abs/1206.6438.
    """

    key = "ist"
    title = "Information on the domain"
    higher_is_better = False
    needs = ("source", "target")
    needs_features = True

    def score(self, source: Predictions, target: Predictions) -> float:
        """See `ist`."""
        if len(source.logits) + len(target.logits) < 3:
            raise InputError(f"Validator '{self.key}' needs a neighbour for each row: give 2 rows of each side.")
        a, b = both_in_own_order(source, target, MOST)
        return ist(a.features, b.features)
