"""How far the score difference of two candidates would move if other rows had been drawn."""

from __future__ import annotations

import numpy as np

from acclimate.errors import InputError
from acclimate.types import Array, Predictions
from acclimate.validators.base import Reweightable, Validator


def standard_error_of_difference(
    validator: Validator, a: Predictions, b: Predictions, *, seed: int = 0, repeats: int = 200
) -> float:
    """Paired bootstrap standard error of `validator(a) - validator(b)` over the rows both predicted.

    Rows are redrawn with replacement, the same ones for both candidates, and both scores recomputed; for scores that
    are not means of rows (information maximisation) as well. SND's neighbourhoods stay those of the full sample.

    Args:
        validator: One that reads a single domain and knows its score under row weights (`Reweightable`).
        a: One candidate's predictions on the domain that `validator.needs` names, n rows.
        b: The other's, on the same rows in the same order.
        seed: Draws the rows; the same seed gives the same number.
        repeats: Bootstrap replicates, at least 2.

    Returns:
        The standard error, in the score's units; 0 for equal predictions or one row.

    Raises:
        InputError: If the candidates predicted different numbers of rows, `repeats` is below 2, or the validator is of
            another kind.

    Example:
        >>> from acclimate.validators import find_validator
        >>> rng = np.random.default_rng(0)
        >>> a, b = (Predictions(scale * rng.normal(size=(100, 3))) for scale in (1, 4))
        >>> im = find_validator("im")
        >>> bool(im(target=b) - im(target=a) > 2 * standard_error_of_difference(im, a, b))
        True
    """
    if len(a.logits) != len(b.logits):
        raise InputError(f"a and b must predict the same rows, but have {len(a.logits)} and {len(b.logits)}.")
    if repeats < 2:
        raise InputError(f"repeats must be at least 2, but it is {repeats}.")
    if not isinstance(validator, Reweightable):
        raise InputError(f"Validator '{validator.key}' has no score under row weights, so none for redrawn rows.")
    weights = _resampling_counts(len(a.logits), repeats, seed)
    return float((validator.weighted_scores(a, weights) - validator.weighted_scores(b, weights)).std(ddof=1))


def _resampling_counts(n: int, repeats: int, seed: int) -> Array:
    """How often each replicate drew each row, (repeats, n) float64."""
    rng = np.random.default_rng(seed)
    return np.stack([np.bincount(rng.integers(n, size=n), minlength=n) for _ in range(repeats)]).astype(np.float64)
