"""The singular values of a matrix of features, by way of the smaller of its two Gram matrices."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy.linalg

from acclimate.types import Array


class Spectrum(NamedTuple):
    """What n x d features X and n x k columns Y have to do with each other.

    Attributes:
        squares: The squared singular values of X above rounding, (r,).
        projections: Y in the coordinates of the left singular vectors that belong to them, (r, k).
    """

    squares: Array
    projections: Array


def spectrum(X: Array, Y: Array) -> Spectrum:
    """From an eigendecomposition of X X' (n <= d) or X' X (n > d): of min(n, d) squared numbers, never more."""
    if len(X) <= X.shape[1]:
        squares, U = scipy.linalg.eigh(X @ X.T)
        kept = _above_rounding(squares, X)
        return Spectrum(squares[kept], U[:, kept].T @ Y)
    squares, V = scipy.linalg.eigh(X.T @ X)
    kept = _above_rounding(squares, X)
    return Spectrum(squares[kept], V[:, kept].T @ (X.T @ Y) / np.sqrt(squares[kept])[:, None])


def gram_squares(X: Array) -> Array:
    """The squared singular values of X alone, (min(n, d),), none below 0."""
    small = X @ X.T if len(X) <= X.shape[1] else X.T @ X
    return np.asarray(np.maximum(scipy.linalg.eigvalsh(small), 0.0))


def principal_components(X: Array, count: int) -> Array:
    """The scores of at most `count` principal components of the rows, (n, count), largest first.

    Of each component's two signs that is taken which makes its largest loading positive.
    """
    Xc = X - X.mean(axis=0)
    count = min(count, *Xc.shape)
    if len(X) <= X.shape[1]:
        squares, U = scipy.linalg.eigh(Xc @ Xc.T, subset_by_index=(len(X) - count, len(X) - 1))
        scores, loadings = U * np.sqrt(np.maximum(squares, 0.0)), Xc.T @ U
        return np.asarray((scores * _signs(loadings))[:, ::-1])
    d = X.shape[1]
    _, V = scipy.linalg.eigh(Xc.T @ Xc, subset_by_index=(d - count, d - 1))
    return np.asarray(Xc @ (V * _signs(V))[:, ::-1])


def _signs(loadings: Array) -> Array:
    return np.asarray(np.where(loadings[np.abs(loadings).argmax(axis=0), np.arange(loadings.shape[1])] < 0, -1.0, 1.0))


def _above_rounding(squares: Array, X: Array) -> Array:
    return np.asarray(squares > max(X.shape) * np.finfo(X.dtype).eps * max(squares[-1], np.finfo(X.dtype).tiny))
