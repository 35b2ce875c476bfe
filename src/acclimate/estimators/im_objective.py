"""The loss of a linear head that maximises information on the target, with its gradient."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import log_softmax, logsumexp

from acclimate.types import Array


@dataclass(frozen=True)
class IMObjective:
    """`mean CE(source) + weight (mean H(p_target) - H(mean p_target)) + penalty / 2 |coef|^2` of a linear softmax head.

    Args:
        Xs: (n, d) source features.
        ys: (n,) class indices.
        Xt: (m, d) target features, m >= 1.
        weight: Of the target's term.
        penalty: Of the squared coefficients; intercepts are free.
    """

    Xs: Array
    ys: Array
    Xt: Array
    weight: float
    penalty: float

    def __call__(self, parameters: Array) -> tuple[float, Array]:
        """Loss and gradient at the flattened (c, d + 1) parameters, coefficients and then the intercept in each row."""
        w = parameters.reshape(-1, self.Xs.shape[1] + 1)
        coef = w[:, :-1]
        source_loss, source_gradient = cross_entropy(self.Xs @ coef.T + w[:, -1], self.ys)
        target_loss, target_gradient = negative_information(self.Xt @ coef.T + w[:, -1])
        loss = source_loss + self.weight * target_loss + self.penalty / 2 * float((coef**2).sum())
        on_target = self.weight * target_gradient
        gradient = np.empty_like(w)
        gradient[:, :-1] = source_gradient.T @ self.Xs + on_target.T @ self.Xt + self.penalty * coef
        gradient[:, -1] = source_gradient.sum(axis=0) + on_target.sum(axis=0)
        return loss, gradient.ravel()


def cross_entropy(logits: Array, y: Array) -> tuple[float, Array]:
    """Mean cross-entropy and its gradient with respect to the logits, (n, c)."""
    log_p = log_softmax(logits, axis=1)
    rows = np.arange(len(y))
    gradient = np.exp(log_p)
    gradient[rows, y] -= 1
    return float(-log_p[rows, y].mean()), gradient / len(y)


def negative_information(logits: Array) -> tuple[float, Array]:
    """`mean H(p) - H(mean p)` and its gradient with respect to the logits, (n, c)."""
    log_p = log_softmax(logits, axis=1)
    p = np.exp(log_p)
    log_marginal = logsumexp(log_p, axis=0) - np.log(len(p))
    surprise = log_marginal - log_p  # its mean under p is -H(mean p) + H(p), row by row
    row = (p * surprise).sum(axis=1, keepdims=True)
    return float(row.mean()), p * (surprise - row) / len(p)
