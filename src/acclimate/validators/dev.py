"""Deep embedded validation: importance-weighted risk with a control variate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from acclimate.errors import InputError
from acclimate.types import Array, Predictions
from acclimate.validators.base import Validator
from acclimate.validators.probabilities import log_probabilities
from acclimate.validators.rows import class_labels, features_of_both
from acclimate.validators.source_weights import source_weights

Normalization = Literal["none", "max", "standardize"]


def dev(losses: Any, weights: Any, normalization: Normalization = "none") -> float:
    """`mean(w l) + eta mean(w) - eta`, `eta = -cov(w l, w) / var(w)`; lower is better.

    `mean(w)` is known to be 1, so that its deviation tells part of the noise of `mean(w l)`.

    Args:
        losses: (n,) loss of each source row.
        weights: (n,) `p_t(x) / p_s(x)` of each source row.
        normalization: "none"; "max": `w / max w`, moved to a mean of 1; "standardize": `(w - mean) / deviation + 1`.

    Returns:
        The risk; with weights that normalisation makes negative it may be negative.

    Raises:
        InputError: If the normalisation is unknown.
    """
    w = _normalized(np.asarray(weights, dtype=np.float64), normalization)
    weighted = w * np.asarray(losses, dtype=np.float64)
    spread = ((w - w.mean()) ** 2).sum()
    eta = -((weighted - weighted.mean()) * (w - w.mean())).sum() / spread if spread > 0 else 0.0
    return float(weighted.mean() + eta * w.mean() - eta)


def _normalized(w: Array, how: str) -> Array:
    if how not in get_args(Normalization):
        raise InputError(f"normalization must be one of {', '.join(get_args(Normalization))}, not {how!r}.")
    if how == "max":
        relative = w / w.max()
        return np.asarray(relative - relative.mean() + 1)
    if how == "standardize":
        spread = w.std()
        return np.asarray((w - w.mean()) / (spread if spread > 0 else 1.0) + 1)
    return w


@dataclass(frozen=True)
class DEV(Validator):
    """Importance-weighted cross-entropy of held-out source rows with a control variate: lower is better.

    Weights as in `IWV`, from one cross-fitted logistic regression where the paper trains a network on a split. Fails as
    `IWV` does; a few large weights make the control variate overshoot, even to negative risks, which
    `normalization="max"` tames (`DEVN`).

    Args:
        normalization: Of the weights: "none" as in the paper, "max" or "standardize".

    Source: You et al., "Towards accurate model selection in deep unsupervised domain adaptation", ICML 2019,
    https://proceedings.mlr.press/v97/you19a.html; normalisation: https://arxiv.org/abs/2208.07360.
    """

    normalization: Normalization = "none"

    key = "dev"
    title = "Deep embedded validation"
    higher_is_better = False
    needs = ("source", "target")
    needs_features = True

    def score(self, source: Predictions, target: Predictions) -> float:
        """See `dev`."""
        features = features_of_both(source, target)
        losses = _cross_entropies(source.logits, class_labels(source, self.key))
        return dev(losses, source_weights(*features), self.normalization)


@dataclass(frozen=True)
class DEVN(DEV):
    """DEV with weights over their largest, moved to a mean of 1: lower is better.

    Fails as `DEV` does, without its outliers.

    Source: Musgrave et al., "Three new validators", https://arxiv.org/abs/2208.07360.
    """

    normalization: Normalization = "max"

    key = "devn"
    title = "Deep embedded validation, normalised"


def _cross_entropies(logits: Any, y: Array) -> Array:
    """Of each row; of a class that the model does not know, as for a probability of nothing that float64 can tell."""
    log_probs = log_probabilities(logits)
    known = (y >= 0) & (y < log_probs.shape[1])
    found = log_probs[np.arange(len(y)), np.where(known, y, 0)]
    return np.asarray(-np.maximum(np.where(known, found, -np.inf), np.log(np.finfo(float).tiny)))
