"""Reverse validation: learn from the target's predicted labels, look back at the source's true ones."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from acclimate.types import Array, Predictions
from acclimate.validators.base import Validator
from acclimate.validators.rows import both_in_own_order, class_labels, standardized

Fit = Callable[[Array, Array, Array], Array]
PENALTY = 0.1  # C


def reverse_validation(fit: Fit, target: Any, labels: Any, source: Any, y: Any) -> float:
    """Share of source rows that a model trained on the target's predicted labels gets right; higher is better.

    Args:
        fit: `fit(X, labels, Z)` trains on labelled rows X, may adapt to unlabelled rows Z, and returns Z's labels: the
            candidate's own method the other way round, or any classifier.
        target: (m, d) features.
        labels: (m,) predicted.
        source: (n, d) features.
        y: (n,) true labels.

    Returns:
        A number from 0 to 1.
    """
    labels = np.asarray(labels)
    if len(np.unique(labels)) < 2:  # classifiers refuse to learn one class
        return float((np.asarray(y) == labels[0]).mean())
    return float((np.asarray(fit(target, labels, source)) == np.asarray(y)).mean())


def linear_fit(X: Array, labels: Array, Z: Array) -> Array:
    """Logistic regression on jointly standardised rows, no adaptation."""
    from sklearn.linear_model import LogisticRegression

    both = standardized(np.concatenate([X, Z]))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="lbfgs failed to converge")
        model = LogisticRegression(C=PENALTY, max_iter=200).fit(both[: len(X)], labels)
    return np.asarray(model.predict(both[len(X) :]))


@dataclass(frozen=True)
class ReverseValidation(Validator):
    """Circular validation: source accuracy of a model trained on the target's predicted labels: higher is better.

    Fails across methods, badly: it asks whether the way back undoes the way there, so that a method which squeezes
    the target into the source's classes passes whatever it confuses. On 50 real pairs it harmed 46 %.

    Args:
        fit: As in `reverse_validation`; the default is a logistic regression on the candidate's features.

    Source: Bruzzone and Marconcini, "Domain adaptation problems: a DASVM classification technique and a circular
    validation strategy", IEEE TPAMI 32, 2010, https://doi.org/10.1109/TPAMI.2009.57.
    """

    fit: Fit = linear_fit

    key = "reverse"
    title = "Reverse validation"
    higher_is_better = True
    needs = ("source", "target")
    needs_features = True

    def score(self, source: Predictions, target: Predictions) -> float:
        """See `reverse_validation`."""
        a, b = both_in_own_order(source, target)
        labels = b.logits.argmax(axis=1)
        return reverse_validation(self.fit, b.features, labels, a.features, class_labels(a, self.key))
