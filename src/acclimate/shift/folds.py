"""Folds that hold every side in the same share."""

from __future__ import annotations

import numpy as np

from acclimate.errors import InputError
from acclimate.types import Array

FOLDS = 5


def side_folds(n: int, m: int, folds: int, rng: np.random.Generator) -> Array:
    """Fold of each of n source rows and m target rows, (n + m,); fewer folds where a side has fewer rows.

    Raises:
        InputError: If a side has fewer than 2 rows, or fewer than 2 folds are asked for.
    """
    folds = min(folds, n, m)
    if folds < 2:
        raise InputError(
            f"Cross-fitting needs 2 folds and 2 rows of each side; here are {folds} fold, {n} and {m} rows."
        )
    return np.concatenate([rng.permutation(np.arange(size) % folds) for size in (n, m)])
