"""Linear discriminants with a shrunk covariance within classes."""

from __future__ import annotations

import numpy as np
import scipy.linalg
import scipy.special

from acclimate.transferability.rows import Labelled
from acclimate.types import Array


def within_covariance(rows: Labelled, X: Array) -> Array:
    """The covariance of X (n, d) around the means of its classes, (d, d)."""
    centred = X - rows.class_means(X)[rows.labels]
    return np.asarray(centred.T @ centred / len(X))


def usual_shrinkage(within: Array) -> float:
    """exp(-5 times the largest eigenvalue): features that spread widely need no help (Shao et al. 2022, equation 5)."""
    d = len(within)
    largest = scipy.linalg.eigvalsh(within, subset_by_index=(d - 1, d - 1))[0]
    return max(float(np.exp(-5 * largest)), 1e-10)


def posterior(rows: Labelled, X: Array, shrinkage: float) -> Array:
    """Probabilities of the classes of X (n, d) by Gaussians of one covariance, shrunk towards a sphere, (n, c)."""
    within = within_covariance(rows, X)
    level = max(
        float(np.trace(within)) / len(within), 1e-12 * float((X**2).mean()), 1e-300
    )  # equal rows have no spread
    shrunk = (1 - shrinkage) * within + shrinkage * level * np.eye(len(within))
    means = rows.class_means(X)
    try:
        weights = scipy.linalg.solve(shrunk, means.T, assume_a="pos")
    except scipy.linalg.LinAlgError:  # no more rows than directions, and next to no shrinkage
        weights = np.linalg.pinv(shrunk, hermitian=True) @ means.T
    offsets = np.log(rows.counts / len(X)) - 0.5 * (means.T * weights).sum(axis=0)
    return np.asarray(scipy.special.softmax(X @ weights + offsets, axis=1))
