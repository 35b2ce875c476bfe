"""What every validator is: one call, a declared direction, declared needs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from acclimate.errors import InputError
from acclimate.types import Array, Predictions


class Validator(ABC):
    """Scores a model from its predictions on whole domains.

    Attributes:
        key: The name that the command line and `find_validator` know it by.
        title: The name that a report prints.
        higher_is_better: Its direction.
        needs: The domains it reads, of "train" (labelled source rows that the model was trained on), "source" (labelled
            source rows held out from training) and "target".
        needs_features: Whether it reads features besides logits.
        tasks: "classification", "regression" or both.
    """

    key: ClassVar[str]
    title: ClassVar[str]
    higher_is_better: ClassVar[bool]
    needs: ClassVar[tuple[str, ...]]
    needs_features: ClassVar[bool] = False
    tasks: ClassVar[tuple[str, ...]] = ("classification",)

    def __call__(
        self,
        *,
        source: Predictions | None = None,
        target: Predictions | None = None,
        train: Predictions | None = None,
    ) -> float:
        """Score one model. What `needs` does not name is not read, and may be left out.

        Args:
            source: Predictions on source rows held out from training, with `y`.
            target: Predictions on target rows. Its `y` is never read.
            train: Predictions on the source rows of the training, with `y`.

        Returns:
            The score. Compare it by `higher_is_better`.

        Raises:
            InputError: If a needed domain (its features, the source's `y`) is missing, empty, or holds NaN or infinity.
        """
        given = {"train": train, "source": source, "target": target}
        return float(self.score(**{name: self._needed(name, given[name]) for name in self.needs}))

    def of_rows(self, rows: Mapping[str, Array]) -> Validator:
        """The validator for these rows of the domains alone; another one where it holds something of each row.

        Args:
            rows: Domain to row numbers, (k,).
        """
        return self

    @abstractmethod
    def score(self, *args: Any, **domains: Any) -> float:
        """The score; a concrete validator's parameters are called as the domains it needs."""

    def _needed(self, name: str, given: Predictions | None) -> Predictions:
        if given is None:
            raise InputError(f"Validator '{self.key}' needs {name} predictions: pass {name}=....")
        if self.needs_features and given.features is None:
            raise InputError(f"Validator '{self.key}' needs features: pass {name} predictions with them.")
        return given if name != "target" else given._replace(y=None)


class Reweightable(Validator):
    """A validator of one domain that says how its score depends on row weights.

    The plain score is the case of equal weights, the bootstrap the case of random ones, so both come from one formula.
    """

    def score(self, *args: Any, **domains: Any) -> float:
        """See `Validator.score`."""
        (given,) = (*args, *domains.values())
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


class RowMean(Reweightable):
    """A validator whose score is the mean of one number per row."""

    @abstractmethod
    def row_scores(self, predictions: Predictions) -> Array:
        """One number per row, (n,) float64."""

    def weighted_scores(self, predictions: Predictions, weights: Array) -> Array:
        """See `Reweightable.weighted_scores`."""
        return np.asarray(weights @ self.row_scores(predictions) / weights.sum(axis=1))


class PanelValidator(Validator):
    """A validator that judges one candidate by what all of them predict: `among` says who they are.

    Example:
        >>> from acclimate.validators import EnsV
        >>> a, b, c = (Predictions(np.array(z)) for z in ([[2.0, 0.0]], [[1.0, 0.0]], [[0.0, 1.0]]))
        >>> judge = EnsV().among([a, b, c])
        >>> judge(target=a), judge(target=c)
        (1.0, 0.0)
    """

    @abstractmethod
    def among(self, candidates: Sequence[Predictions]) -> Validator:
        """The validator that judges by these candidates.

        Args:
            candidates: Each one's predictions on the target, the same rows in the same order.

        Raises:
            InputError: If there are none, or they predict different rows or classes.
        """


def labels_of(predictions: Predictions, key: str) -> Array:
    """The labels a source validator needs, (n,). Raises InputError if there are none."""
    if predictions.y is None:
        raise InputError(f"Validator '{key}' needs labels: pass source predictions with y.")
    return np.asarray(predictions.y)
