"""How far the score difference of two candidates would move if other rows had been drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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


def jackknife_error_of_difference(
    validator: Validator, a: Mapping[str, Predictions], b: Mapping[str, Predictions], *, groups: int = 10, seed: int = 0
) -> float:
    """Standard error of `validator(**a) - validator(**b)` for validators of any kind, by leaving out groups of rows.

    Rows of each domain are dealt into groups, the same for both candidates; both scores are computed without each
    group, and the error is `sqrt((g - 1) / g sum_k (d_k - mean d)^2)` of the differences. That is `2 g` more scores.

    Args:
        validator: Any.
        a: One candidate's predictions on the domains that `validator.needs` names.
        b: The other's, on the same rows in the same order.
        groups: g, at least 2; fewer where a domain has fewer rows.
        seed: Deals the rows.

    Returns:
        The standard error, in the score's units; 0 for equal predictions, and where a domain has one row.

    Raises:
        InputError: If the candidates predicted different numbers of rows, or `groups` is below 2.
    """
    sizes = {name: len(a[name].logits) for name in validator.needs}
    other = {name: len(b[name].logits) for name in validator.needs}
    if sizes != other:
        raise InputError(f"a and b must predict the same rows, but have {sizes} and {other}.")
    parts = groups_left_out(sizes, groups, seed)
    return jackknife_error([_difference_among(validator, a, b, kept) for kept in parts])


def jackknife_error(values: Sequence[float]) -> float:
    """Standard error of a number from its values without each group of rows, `sqrt((g - 1) / g sum_k (v_k - mean)^2)`.

    0 where there are none.
    """
    return float(np.sqrt((len(values) - 1) * np.var(values))) if len(values) else 0.0


def groups_left_out(sizes: Mapping[str, int], groups: int, seed: int) -> list[dict[str, Array]]:
    """Row numbers that are left of each domain without one group of rows, for every group.

    Args:
        sizes: Domain to how many rows it has.
        groups: At least 2; fewer where a domain has fewer rows, none where it has one.
        seed: Deals the rows.

    Raises:
        InputError: If `groups` is below 2.
    """
    if groups < 2:
        raise InputError(f"groups must be at least 2, but it is {groups}.")
    groups = min(groups, *sizes.values())
    if groups < 2:
        return []
    rng = np.random.default_rng(seed)
    dealt = {name: rng.permutation(np.arange(size) % groups) for name, size in sizes.items()}
    return [{name: np.flatnonzero(group != k) for name, group in dealt.items()} for k in range(groups)]


def _difference_among(
    validator: Validator, a: Mapping[str, Predictions], b: Mapping[str, Predictions], kept: Mapping[str, Array]
) -> float:
    scores = [validator.of_rows(kept)(**{name: rows_of(p[name], kept[name]) for name in kept}) for p in (a, b)]
    return float(scores[0] - scores[1])


def rows_of(predictions: Predictions, rows: Array) -> Predictions:
    """Predictions on those rows alone."""
    return Predictions(*(None if field is None else field[rows] for field in predictions))  # type: ignore[arg-type]
