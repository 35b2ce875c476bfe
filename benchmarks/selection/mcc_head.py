"""A linear head that confuses few classes on the target, started from the logistic regression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax

from acclimate.classical.domain_aware import Domains, encode_labels
from acclimate.estimators.im_objective import cross_entropy
from acclimate.estimators.softmax_head import SoftmaxHead

TEMPERATURE = 2.5  # the paper's


class MCCHead(SoftmaxHead):
    """`mean CE(source) + weight MCC(target) + |coef|^2 / (2 C n)` on per-domain-scaled features, a few L-BFGS steps.

    Source: Jin et al., "Minimum class confusion for versatile domain adaptation", ECCV 2020,
    https://arxiv.org/abs/1912.03699; there of a network.
    """

    def __init__(self, *, weight: float = 1.0, steps: int = 15, C: float | None = None, random_state: int = 0) -> None:
        self.weight = weight
        self.steps = steps
        self.C = C
        self.random_state = random_state

    def fit(self, X: Any, y: Any, sample_domain: Any = None) -> Self:
        """Train on labelled source and unlabelled target rows."""
        domains = self._split(X, y, sample_domain, dtype=np.float64)
        self._fit_scaled(domains, "per_domain")
        if self.steps:  # the solver takes one even where none is allowed
            self._refine(domains)
        return self

    def _refine(self, domains: Domains) -> None:
        Xs = self._scaled(domains.Xs, domains.source_domain)
        Xt = self._scaled(domains.Xt, domains.target_domain)
        ys = encode_labels(domains.ys)[1]
        objective = MCCObjective(Xs, ys, Xt, self.weight, penalty(len(self.classes_), self.C_, len(ys)))
        start = np.column_stack([self.coef_, self.intercept_])
        found = minimize(objective, start.ravel(), jac=True, method="L-BFGS-B", options={"maxiter": self.steps})
        solution = found.x.reshape(start.shape)
        self.coef_, self.intercept_ = solution[:, :-1], solution[:, -1]


def penalty(num_classes: int, C: float, n: int) -> float:
    """Of the squared coefficients of a softmax, so that it is scikit-learn's; two classes have one row there."""
    return (2 if num_classes == 2 else 1) / (C * n)


@dataclass(frozen=True)
class MCCObjective:
    """The loss of `MCCHead` with its gradient, at the flattened (c, d + 1) parameters."""

    Xs: Any
    ys: Any
    Xt: Any
    weight: float
    penalty: float

    def __call__(self, parameters: Any) -> tuple[float, Any]:
        w = parameters.reshape(-1, self.Xs.shape[1] + 1)
        coef = w[:, :-1]
        source_loss, source_gradient = cross_entropy(self.Xs @ coef.T + w[:, -1], self.ys)
        target_loss, target_gradient = class_confusion(self.Xt @ coef.T + w[:, -1])
        target_gradient = self.weight * target_gradient
        gradient = np.empty_like(w)
        gradient[:, :-1] = source_gradient.T @ self.Xs + target_gradient.T @ self.Xt + self.penalty * coef
        gradient[:, -1] = source_gradient.sum(axis=0) + target_gradient.sum(axis=0)
        loss = source_loss + self.weight * target_loss + self.penalty / 2 * float((coef**2).sum())
        return loss, gradient.ravel()


def class_confusion(logits: Any, temperature: float = TEMPERATURE) -> tuple[float, Any]:
    """Mean mass off the diagonal of the confusion, and its gradient with respect to the logits, (m, c).

    The row of class j of the confusion sums to `s_j = sum_i w_i p_ij` before it is scaled, and its diagonal is
    `a_j = sum_i w_i p_ij^2`, so the loss is `1 - mean_j a_j / s_j`. Weights are differentiated too: a line search
    needs the gradient of the loss that it sees.
    """
    log_p = log_softmax(logits / temperature, axis=1)
    p = np.exp(log_p)
    sureness = np.exp((p * log_p).sum(axis=1, keepdims=True))
    w = 1 + sureness
    s = np.maximum((w * p).sum(axis=0), np.finfo(float).tiny)
    kept = (w * p**2).sum(axis=0) / s
    by_weight = -((p**2 - kept * p) / s).mean(axis=1, keepdims=True)
    by_p = -w * (2 * p - kept) / s / p.shape[1] + by_weight * sureness * (log_p + 1)
    gradient = p * (by_p - (p * by_p).sum(axis=1, keepdims=True)) / temperature
    return float(1 - kept.mean()), gradient
