"""Reverse validation: learn from the target's predicted labels, look back at the source's true ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from acclimate.types import Array, Predictions
from acclimate.validators.base import Validator
from acclimate.validators.logistic import fit_logistic
from acclimate.validators.rows import class_labels, features_of_both, own_order, predicted
from acclimate.validators.standardized_rows import StandardizedRows

Fit = Callable[[Array, Array, Array], Array]
PENALTY = 0.1  # C
ITERATIONS = 200


def reverse_validation(fit: Fit, target: Any, labels: Any, source: Any, y: Any) -> float:
    """Share of source rows that a model trained on the target's predicted labels gets right; higher is better.

    Args:
        fit: `fit(X, labels, Z)` trains on labelled rows X, may adapt to unlabelled rows Z, and returns Z's labels: the
            candidate's own method the other way round, or any classifier.
        target: (m, d) features, of any float type.
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
    """Logistic regression on jointly standardised rows, no adaptation. Rows are read a block at a time."""
    orders = own_order(X), own_order(Z)  # so that the caller's order does not matter, not even in rounding
    rows = StandardizedRows((X, orders[0]), (Z, orders[1]))
    classes, y = np.unique(labels[orders[0]], return_inverse=True)
    model = fit_logistic(rows, np.arange(len(X)), y, inverse_penalty=PENALTY, most_iterations=ITERATIONS)
    found = np.empty(len(Z), dtype=classes.dtype)
    found[orders[1]] = classes[model.predict(rows, np.arange(len(X), len(rows)))]
    return found


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
        X, Z = features_of_both(source, target)
        return reverse_validation(self.fit, Z, predicted(target), X, class_labels(source, self.key))
