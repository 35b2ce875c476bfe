"""Projection norm: how far a model moves when it learns from its own predictions on the target."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from acclimate.errors import InputError
from acclimate.shift.inputs import judged
from acclimate.shift.rows import checked_rows
from acclimate.types import Array, Predictions


class ProjectionNorm(NamedTuple):
    """Two distances between linear heads, to be compared with one another.

    Attributes:
        target: Head of the source's labels to head of the predictions on the target.
        without_shift: The same with predictions on as many other source rows: what noise alone moves.
    """

    target: float
    without_shift: float


def projection_norm(source: Predictions, target: Predictions, *, ridge: float = 1e-3, seed: int = 0) -> ProjectionNorm:
    r"""Distance :math:`\|W_s - W_t\|_F` of heads fitted to source labels and to predicted labels of the target.

    The paper fine-tunes a whole network both times. Here a linear head is fitted to the features by least squares, the
    paper's own case for theory, on equally many rows of each side, standardised by the source's moments.

    It is a distance, not an accuracy: the paper reads the accuracy off a line through many known shifts. It orders
    shifts of one source. Fails where labels mean something else: the head moves by what is predicted, not by truth.

    Args:
        source: Logits, features (n, d) and labels of labelled rows that the model was not trained on; n >= 4.
        target: Logits and features (m, d) of the same model.
        ridge: Penalty, as a share of the number of rows.
        seed: Of which rows take part.

    Raises:
        InputError: Features or source labels are missing, or the source has fewer than four rows.

    Source: Yu et al., "Predicting out-of-distribution error with the projection norm", ICML 2022,
    https://arxiv.org/abs/2202.05834.

    Example:
        >>> x = np.random.default_rng(0).normal(size=(200, 2))
        >>> same = projection_norm(Predictions(x, x, x.argmax(1)), Predictions(x[::-1], x[::-1]))
        >>> bool(same.target < 2 * same.without_shift)
        True
    """
    if source.features is None or target.features is None:
        raise InputError("projection_norm fits heads to features: pass source and target with features.")
    data = judged(source, target)
    Zs, Zt = checked_rows(source.features, "source"), checked_rows(target.features, "target")
    ps, pt = (p.argmax(axis=1) for p in (data.source, data.target))
    if len(Zs) < 4:
        raise InputError(f"projection_norm needs at least four source rows, not {len(Zs)}.")
    rng, m, c = np.random.default_rng(seed), min(len(Zs) // 2, len(Zt)), data.target.shape[1]
    a, b, t = *np.split(rng.permutation(len(Zs))[: 2 * m], 2), rng.permutation(len(Zt))[:m]
    mean, scale = Zs.mean(axis=0), Zs.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)

    def head(Z: Array, labels: Array) -> Array:
        X = np.column_stack([(Z - mean) / scale, np.ones(len(Z))])
        return np.asarray(np.linalg.solve(X.T @ X + ridge * len(X) * np.eye(X.shape[1]), X.T @ np.eye(c)[labels]))

    reference = head(Zs[a], data.y[a])
    return ProjectionNorm(
        float(np.linalg.norm(head(Zt[t], pt[t]) - reference)), float(np.linalg.norm(head(Zs[b], ps[b]) - reference))
    )
