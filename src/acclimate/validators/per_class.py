"""A validator of two domains, class by class."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from acclimate.errors import InputError
from acclimate.types import Array, Predictions
from acclimate.validators.base import Validator
from acclimate.validators.mmd import MMD
from acclimate.validators.rows import class_labels, in_own_order, predicted


def per_class(validator: Validator, source: Predictions, target: Predictions) -> float:
    """Mean of a validator's scores over classes that both sides have, by true source and predicted target classes.

    Args:
        validator: One that reads "source" and "target".
        source: With `y`.
        target: Without.

    Returns:
        The mean score.

    Raises:
        InputError: If the sides have no class in common, or the validator reads other domains.
    """
    if set(validator.needs) != {"source", "target"}:
        raise InputError(f"Class by class goes with validators of source and target, not with '{validator.key}'.")
    y, guess = class_labels(source, validator.key), predicted(target)
    common = np.intersect1d(y, guess)
    if not len(common):
        raise InputError("No target row is predicted to be of a class of the source rows: nothing to compare.")
    scores = [validator(source=_rows(source, y == k), target=_rows(target, guess == k)) for k in common]
    return float(np.mean(scores))


def _rows(predictions: Predictions, chosen: Array) -> Predictions:
    features = None if predictions.features is None else predictions.features[chosen]
    return Predictions(predictions.logits[chosen], features, None if predictions.y is None else predictions.y[chosen])


@dataclass(frozen=True)
class PerClass(Validator):
    """Maximum mean discrepancy (or another validator) within classes, averaged over classes: lower is better.

    Source rows are divided by their labels and target rows by predictions. Fails by believing the predictions: rows
    put into the class that they are nearest to in features look aligned, rightly or not; classes that are never
    predicted do not count.

    Args:
        validator: Of two domains, lower being better; give others to the function `per_class`.

    Source: Musgrave et al., "Three new validators", https://arxiv.org/abs/2208.07360.
    """

    validator: Validator = field(default_factory=MMD)

    key = "per_class"
    title = "Discrepancy within classes"
    higher_is_better = False
    needs = ("source", "target")
    needs_features = True

    def __post_init__(self) -> None:
        """Refuse a validator of the other direction."""
        if self.validator.higher_is_better:
            raise InputError(f"For '{self.validator.key}', of which more is better, use the function per_class.")

    def score(self, source: Predictions, target: Predictions) -> float:
        """See `per_class`."""
        return per_class(self.validator, in_own_order(source), in_own_order(target))
