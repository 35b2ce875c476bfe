"""The score on labels: the model's, source-only's beside it, and how they came about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from acclimate.data import Domain
from acclimate.errors import InputError
from acclimate.types import Array, Predictions
from acclimate.workflow.read_domains import labels_in


@dataclass(frozen=True)
class Truth:
    """Labels to score against.

    Attributes:
        rows: (k,) numbers of the rows that can be scored.
        y: (k,) their labels, class indices of the model or values.
        unknown: Rows left out because the model does not know their class.
    """

    rows: Array
    y: Array
    unknown: int = 0

    def score(self, predictions: Predictions) -> float:
        """Accuracy, or for regression R2 (1 is perfect, 0 is the mean of these labels)."""
        found = predictions.logits[self.rows]
        if self.y.dtype.kind != "f":
            return float(np.mean(found.argmax(axis=1) == self.y))
        return r_squared(found.reshape(-1), self.y)

    @property
    def metric(self) -> str:
        """Name of the score."""
        return "R2" if self.y.dtype.kind == "f" else "accuracy"


def truth_of(domain: Domain, classes: tuple[str, ...]) -> Truth | None:
    """The labels of a domain as a model names them; ``None`` if it has none.

    Raises:
        InputError: None of its classes is known to the model.
    """
    if domain.labels is None:
        return None
    if domain.classes is None:
        return Truth(np.arange(len(domain)), domain.labels.astype(np.float64))
    rows, y = labels_in(classes, domain)
    if not len(rows):
        raise InputError(f"No class of {domain.origin} is one that the model knows ({', '.join(classes[:5])}, ...).")
    return Truth(rows, y, len(domain) - len(rows))


def r_squared(values: Array, y: Array) -> float:
    """Share of the variance explained; 0 where the labels do not vary."""
    spread = float(np.sum((y - y.mean()) ** 2))
    return 1 - float(np.sum((values - y) ** 2)) / spread if spread else 0.0


def per_class(predictions: Predictions, truth: Truth, classes: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """Rows and accuracy of each class that has rows."""
    right = predictions.logits[truth.rows].argmax(axis=1) == truth.y
    of_class = {name: truth.y == index for index, name in enumerate(classes)}
    return {
        name: {"rows": int(of.sum()), "accuracy": float(right[of].mean())} for name, of in of_class.items() if of.any()
    }
