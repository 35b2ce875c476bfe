"""What every validator is: one call, a declared direction, declared needs, and its score under reweighted rows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from acclimate.errors import InputError
from acclimate.types import Array, Predictions


class Validator(ABC):
    """Scores a model from its predictions on whole domains.

    A concrete validator says how its score depends on row weights; the plain score is the case of equal weights,
    the bootstrap the case of random ones, so both come from one formula.

    Attributes:
        key: The name that the command line and `find_validator` know it by.
        title: The name that a report prints.
        higher_is_better: Its direction.
        needs: Which domains it reads, of "source" and "target". A source that is read should be held out from training.
        tasks: "classification", "regression" or both.
    """

    key: ClassVar[str]
    title: ClassVar[str]
    higher_is_better: ClassVar[bool]
    needs: ClassVar[tuple[str, ...]]
    tasks: ClassVar[tuple[str, ...]] = ("classification",)

    def __call__(self, *, source: Predictions | None = None, target: Predictions | None = None) -> float:
        """Score one model.

        Args:
            source: Predictions on source rows; read only if `needs` names "source", and then with `y`.
            target: Predictions on target rows; read only if `needs` names "target". Its `y` is never read.

        Returns:
            The score. Compare it by `higher_is_better`.

        Raises:
            InputError: If a needed domain (or the source's `y`) is missing, empty, or holds NaN or infinity.
        """
        given = {"source": source, "target": target}[self.needs[0]]
        if given is None:
            raise InputError(f"Validator '{self.key}' needs {self.needs[0]} predictions: pass {self.needs[0]}=....")
        return float(self.weighted_scores(given, np.ones((1, len(given.logits))))[0])

    @abstractmethod
    def weighted_scores(self, predictions: Predictions, weights: Array) -> Array:
        """Score with row i counting `weights[k, i]`, for every k.

        Args:
            predictions: Of the domain named in `needs`, n rows.
            weights: (k, n), non-negative, with a positive sum in each row: how often each data row counts.

        Returns:
            (k,) scores.
        """


class RowMean(Validator):
    """A validator whose score is the mean of one number per row."""

    @abstractmethod
    def row_scores(self, predictions: Predictions) -> Array:
        """One number per row, (n,) float64."""

    def weighted_scores(self, predictions: Predictions, weights: Array) -> Array:
        """See `Validator.weighted_scores`."""
        return np.asarray(weights @ self.row_scores(predictions) / weights.sum(axis=1))


def labels_of(predictions: Predictions, key: str) -> Array:
    """The labels a source validator needs, (n,). Raises InputError if there are none."""
    if predictions.y is None:
        raise InputError(f"Validator '{key}' needs labels: pass source predictions with y.")
    return np.asarray(predictions.y)
