"""Rows of predictions as matrices: checked, in an order of their own, at most so many, distances in blocks."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations_with_replacement

import numpy as np

from acclimate.errors import InputError
from acclimate.ratio.rows import shuffled
from acclimate.types import Array, Predictions
from acclimate.validators.base import labels_of
from acclimate.validators.probabilities import finite_floats, finite_matrix

BLOCK_ENTRIES = 2**22  # of a matrix of pairs held at once: 32 MiB of float64, whatever the number of rows
TILE = 512  # rows of a side where every pair is met once: some 2 MiB of float64, which stays in the cache
MOST = 10_000  # rows of a side that are looked at where every pair of rows counts and both sides are compared


def features_of(predictions: Predictions) -> Array:
    """Features, (n, d) float64. Raises InputError as `finite_matrix` does."""
    return finite_matrix(predictions.features, "features")


def predicted(predictions: Predictions) -> Array:
    """Most probable class of each row, (n,)."""
    return np.asarray(finite_matrix(predictions.logits, "logits").argmax(axis=1))


def class_labels(predictions: Predictions, key: str) -> Array:
    """True class indices, (n,) int64; of a class the model does not know, any other number.

    Raises:
        InputError: If there are no labels, or not one for each row.
    """
    y = np.asarray(labels_of(predictions, key)).astype(np.int64)
    if y.shape != (len(predictions.logits),):
        raise InputError(f"Validator '{key}' needs one label per row: {len(predictions.logits)}, not {y.shape}.")
    return y


def in_own_order(predictions: Predictions, most: int | None = None, seed: int = 0) -> Predictions:
    """At most so many rows, in a random order that follows what is in them, so that the caller's order does not matter.

    Features are what rows are ordered by, or logits where there are none.
    """
    logits, features = _checked(predictions)
    order = own_order(logits if features is None else features, most, seed)
    y = None if predictions.y is None else np.asarray(predictions.y)[order]
    return Predictions(_taken(logits, order), None if features is None else _taken(features, order), y)


def own_order(X: Array, most: int | None = None, seed: int = 0) -> Array:
    """Numbers of at most so many rows of X (n, d), in the order of `in_own_order`."""
    rng = np.random.default_rng(seed)
    direction = rng.normal(size=X.shape[1])
    keys = np.concatenate([X[rows].astype(np.float64, copy=False) @ direction for rows in blocks(*X.shape)])
    return shuffled(keys, rng)[:most]


def _checked(predictions: Predictions) -> tuple[Array, Array | None]:
    """Logits and features in their own float types."""
    logits = finite_floats(predictions.logits, "logits")
    features = None if predictions.features is None else finite_floats(predictions.features, "features")
    if features is not None and len(features) != len(logits):
        raise InputError(f"There are {len(logits)} rows of logits and {len(features)} of features: give one of each.")
    return logits, features


def _taken(X: Array, numbers: Array) -> Array:
    """Rows in float64, (k, d); besides them no more than a block is held."""
    out = np.empty((len(numbers), X.shape[1]))
    for rows in blocks(*out.shape):
        out[rows] = X[numbers[rows]]
    return out


def features_of_both(source: Predictions, target: Predictions) -> tuple[Array, Array]:
    """Features of both sides in their own float types, (n, d) and (m, d), for what reads them a block at a time.

    Raises:
        InputError: As `finite_floats` does, or if a side has none, or they are of different widths.
    """
    _check_widths(source, target)
    (_, X), (_, Z) = _checked(source), _checked(target)
    if X is None or Z is None:
        raise InputError("Both sides need features: pass predictions with them.")
    return X, Z


def _check_widths(source: Predictions, target: Predictions) -> None:
    widths = [None if p.features is None else p.features.shape[1] for p in (source, target)]
    if None not in widths and widths[0] != widths[1]:
        raise InputError(f"Source features have {widths[0]} columns and target features {widths[1]}: of one model?")


def both_in_own_order(source: Predictions, target: Predictions, most: int | None = None) -> list[Predictions]:
    """The same of both sides, as many of one as of the other if `most` is given.

    Raises:
        InputError: If their features are of different widths.
    """
    _check_widths(source, target)
    most = None if most is None else min(most, len(source.logits), len(target.logits))
    return [in_own_order(p, most) for p in (source, target)]


def blocks(n: int, m: int) -> Iterator[slice]:
    """Slices of n rows, such that each by m columns is a matrix of at most `BLOCK_ENTRIES`."""
    step = max(1, BLOCK_ENTRIES // m)
    return (slice(start, min(n, start + step)) for start in range(0, n, step))


def pairs_of_blocks(n: int) -> Iterator[tuple[slice, slice]]:
    """Every pair of blocks of at most `TILE` of n rows, once: the first never behind the second."""
    slices = [slice(start, min(n, start + TILE)) for start in range(0, n, TILE)]
    return combinations_with_replacement(slices, 2)


def unit_rows(X: Array) -> Array:
    """Rows of length 1, (n, d); a row of zeros stays one."""
    return np.asarray(X / np.maximum(np.linalg.norm(X, axis=1, keepdims=True), np.finfo(float).tiny))


def mean_over_classes(values: Array, classes: Array) -> float:
    """Mean over the classes that occur of the mean value of their rows."""
    _, where = np.unique(classes, return_inverse=True)
    return float((np.bincount(where, values) / np.bincount(where)).mean())
