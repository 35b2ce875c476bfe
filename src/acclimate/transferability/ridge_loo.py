"""Exact leave-one-out accuracy of a ridge classifier."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import scipy.linalg

from acclimate.errors import InputError
from acclimate.transferability.rows import Labelled, labelled
from acclimate.types import Array

PENALTIES = tuple(float(10.0**power) for power in np.arange(-4.0, 2.5, 0.5))
EXACT = 10_000  # rows up to which everything is float64, and on which the penalty is chosen
BLOCK = 4096  # rows multiplied at once in float32


class _Basis(NamedTuple):
    """Centred features in the coordinates in which every ridge problem is diagonal.

    Attributes:
        scores: U: for n <= d left singular vectors, (n, r); for n > d the principal components X V, (n, r).
        squares: Squared singular values, (r,).
        unit: Whether `scores` has unit columns.
    """

    scores: Array
    squares: Array
    unit: bool

    def weights(self, penalty: float) -> Array:
        """(r,): the hat matrix is scores diag(weights) scores' + 1/n."""
        return np.asarray((self.squares if self.unit else 1.0) / (self.squares + penalty))


def ridge_loo(features: Any, labels: Any, *, penalties: tuple[float, ...] = PENALTIES) -> float:
    """Share of rows whose class a ridge regression on one-hot labels finds that was fitted without them.

    Exact, from one decomposition: without row i its prediction is (p_i - h_i y_i) / (1 - h_i), with p the fit and h
    the diagonal of the hat matrix (unpenalised intercept included). The penalty is that with the least leave-one-out
    squared error, and the accuracy is read at it.

    Fails: a linear view; fine-tuning may find more in a network whose classes lie curved. Choosing the penalty on the
    same rows flatters by a trifle. Features that say nothing of classes that come equally often score *below* chance:
    the mean of the other rows' labels votes for the other classes.

    Args:
        features: (n, d).
        labels: (n,) classes, each with at least 2 rows.
        penalties: In units of the mean squared singular value of the centred features.

    Returns:
        In [0, 1], larger is better.

    Notes:
        Above 10 000 rows the large products are in float32 and the penalty is chosen on 10 000 rows that are evenly
        spread: 50 000 x 768 rows in 100 classes take seconds. Below, everything is float64.

    Source: the identity is Allen's PRESS, "The relationship between variable selection and data augmentation and a
    method for prediction", Technometrics 1974, https://doi.org/10.1080/00401706.1974.10489157.

    Example:
        >>> import numpy as np
        >>> y = np.repeat([0, 1], 30)
        >>> ridge_loo(np.random.default_rng(0).normal(size=(60, 4)) + 9 * np.eye(4)[y], y)
        1.0
    """
    if not penalties or min(penalties) <= 0:
        raise InputError(f"penalties={penalties} must be numbers above 0.")
    rows = labelled(features, labels, least=2, keep_single=True)
    basis = _basis(_centred(rows.features))
    coefficients = _coefficients(basis, rows)
    grid = np.asarray(penalties) * (basis.squares.mean() if len(basis.squares) else 1.0)  # none: constant features
    some = slice(None) if len(rows.labels) <= EXACT else slice(None, None, -(-len(rows.labels) // EXACT))
    errors = [_squared_error(basis, coefficients, rows, penalty, some) for penalty in grid]
    return _accuracy(basis, coefficients, rows, float(grid[int(np.argmin(errors))]))


def leave_one_out(features: Any, labels: Any, penalty: float) -> Array:
    """Predictions of each row's one-hot label by the ridge regression without it, (n, c); the penalty as it is."""
    rows = labelled(features, labels, least=2)
    basis = _basis(_centred(rows.features))
    fit, leverage = _fit(basis, _coefficients(basis, rows), rows, penalty, slice(None))
    return np.asarray((fit - leverage[:, None] * rows.one_hot) / (1 - leverage)[:, None])


def _centred(X: Array) -> Array:
    single = np.float32 if len(X) > EXACT else np.float64
    return np.asarray((X - X.mean(axis=0, dtype=np.float64).astype(X.dtype)).astype(single, copy=False))


def _basis(X: Array) -> _Basis:
    if len(X) <= X.shape[1]:
        U, s, _ = scipy.linalg.svd(X, full_matrices=False)
        kept = s > max(X.shape) * np.finfo(X.dtype).eps * s[0]
        return _Basis(U[:, kept], s[kept] ** 2, unit=True)
    squares, V = scipy.linalg.eigh(_gram(X))
    kept = squares > max(X.shape) * np.finfo(X.dtype).eps * squares[-1]
    return _Basis(X @ V[:, kept].astype(X.dtype), squares[kept], unit=False)


def _gram(X: Array) -> Array:
    """X' X; float32 is summed in float64 from block to block."""
    if X.dtype == np.float64:
        return np.asarray(X.T @ X)
    total = np.zeros((X.shape[1], X.shape[1]))
    for i in range(0, len(X), BLOCK):
        total += X[i : i + BLOCK].T @ X[i : i + BLOCK]
    return total


def _coefficients(basis: _Basis, rows: Labelled) -> Array:
    """U' Y, (r, c); U is centred, so that Y need not be."""
    return rows.class_sums(basis.scores).T


def _fit(basis: _Basis, coefficients: Array, rows: Labelled, penalty: float, some: slice) -> tuple[Array, Array]:
    """Predictions (b, c) and leverages (b,) of some rows."""
    n = len(rows.labels)
    scores, weights = basis.scores[some], basis.weights(penalty).astype(basis.scores.dtype)
    fit = scores @ (weights[:, None] * coefficients) + (rows.counts / n).astype(scores.dtype)
    leverage = np.einsum("ij,ij,j->i", scores, scores, weights, optimize=False) + 1 / n
    return fit, np.minimum(leverage, 1 - 1e-9)


def _squared_error(basis: _Basis, coefficients: Array, rows: Labelled, penalty: float, some: slice) -> float:
    fit, leverage = _fit(basis, coefficients, rows, penalty, some)
    fit[np.arange(len(fit)), rows.labels[some]] -= 1
    return float(((fit**2).sum(axis=1) / (1 - leverage) ** 2).mean())


def _accuracy(basis: _Basis, coefficients: Array, rows: Labelled, penalty: float) -> float:
    fit, leverage = _fit(basis, coefficients, rows, penalty, slice(None))
    fit[np.arange(len(fit)), rows.labels] -= leverage  # dividing by 1 - h changes no order
    return float((fit.argmax(axis=1) == rows.labels).mean())
