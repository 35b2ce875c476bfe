"""Logistic regression that reads its rows a block at a time."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, logsumexp

from acclimate.types import Array
from acclimate.validators.standardized_rows import StandardizedRows

# scikit-learn's, so that its numbers are ours
TOLERANCE, LINE_SEARCH = 1e-4, 50
LEAST_DECREASE = 64 * np.finfo(float).eps


class Logistic(NamedTuple):
    """A fitted model.

    Attributes:
        weight: (d, 1) for two classes, else (d, c).
        intercept: (1,) or (c,).
    """

    weight: Array
    intercept: Array

    def log_odds(self, rows: StandardizedRows, numbers: Array) -> Array:
        """Of the second class for those rows, (k, 1); with more classes the logits of all, (k, c)."""
        return np.asarray(rows.times(numbers, self.weight) + self.intercept)

    def predict(self, rows: StandardizedRows, numbers: Array) -> Array:
        """Class indices of those rows, (k,)."""
        z = self.log_odds(rows, numbers)
        return np.asarray(z[:, 0] > 0).astype(np.int64) if z.shape[1] == 1 else np.asarray(z.argmax(axis=1))


def fit_logistic(
    rows: StandardizedRows, numbers: Array, y: Array, *, inverse_penalty: float, most_iterations: int
) -> Logistic:
    """`min C sum_i loss(y_i, x_i' W + b) + |W|^2 / 2` by L-BFGS, the problem and the steps of scikit-learn's.

    scikit-learn's needs the rows as one matrix, and a copy of them for each fold; here memory grows with d c alone. A
    fit that the iterations end is used as it is.

    Args:
        rows: All there are.
        numbers: (k,) of those to learn from.
        y: (k,) class indices, each of 0 to c - 1 at least once, c >= 2.
        inverse_penalty: C.
        most_iterations: Of L-BFGS.

    Returns:
        The model.
    """
    c = int(y.max()) + 1
    columns, ridge = 1 if c == 2 else c, 1.0 / (inverse_penalty * len(y))
    found = minimize(
        _objective,
        np.zeros((rows.width + 1) * columns),
        args=(rows, numbers, y, ridge),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": most_iterations, "maxls": LINE_SEARCH, "gtol": TOLERANCE, "ftol": LEAST_DECREASE},
    )
    both = found.x.reshape(-1, columns)
    return Logistic(both[:-1], both[-1])


def _objective(flat: Array, rows: StandardizedRows, numbers: Array, y: Array, ridge: float) -> tuple[float, Array]:
    """Mean loss with its penalty, and its derivative, flat; intercepts are the last row."""
    both = flat.reshape(rows.width + 1, -1)
    gradient, loss = np.zeros_like(both), 0.0
    for here, X in rows.blocks(numbers):
        z = X @ both[:-1] + both[-1]
        losses, by_logits = (_of_two if z.shape[1] == 1 else _of_many)(z, y[here])
        loss += float(losses.sum())
        gradient[:-1] += X.T @ by_logits
        gradient[-1] += by_logits.sum(axis=0)
    gradient /= len(y)
    gradient[:-1] += ridge * both[:-1]
    return loss / len(y) + ridge / 2 * float((both[:-1] ** 2).sum()), gradient.ravel()


def _of_two(z: Array, y: Array) -> tuple[Array, Array]:
    """Losses (b,) and their derivatives (b, 1) by the log-odds (b, 1)."""
    return np.logaddexp(0.0, z[:, 0]) - y * z[:, 0], expit(z) - y[:, None]


def _of_many(z: Array, y: Array) -> tuple[Array, Array]:
    """Losses (b,) and their derivatives (b, c) by the logits (b, c)."""
    i = np.arange(len(y))
    log_probs = z - logsumexp(z, axis=1, keepdims=True)
    by_logits = np.exp(log_probs)
    by_logits[i, y] -= 1.0
    return -log_probs[i, y], by_logits
