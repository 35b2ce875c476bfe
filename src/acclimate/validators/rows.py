"""Rows of predictions as matrices: checked, in an order of their own, at most so many, distances in blocks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from acclimate.errors import InputError
from acclimate.ratio.rows import shuffled_order
from acclimate.types import Array, Predictions
from acclimate.validators.base import labels_of
from acclimate.validators.probabilities import finite_matrix

BLOCK_ENTRIES = 2**22  # of a matrix of pairs held at once: 32 MiB of float64, whatever the number of rows
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
    logits = finite_matrix(predictions.logits, "logits")
    features = None if predictions.features is None else features_of(predictions)
    if features is not None and len(features) != len(logits):
        raise InputError(f"There are {len(logits)} rows of logits and {len(features)} of features: give one of each.")
    order = shuffled_order(logits if features is None else features, np.random.default_rng(seed))[:most]
    y = None if predictions.y is None else np.asarray(predictions.y)[order]
    return Predictions(logits[order], None if features is None else features[order], y)


def both_in_own_order(source: Predictions, target: Predictions, most: int | None = None) -> list[Predictions]:
    """The same of both sides, as many of one as of the other if `most` is given.

    Raises:
        InputError: If their features are of different widths.
    """
    widths = [None if p.features is None else p.features.shape[1] for p in (source, target)]
    if None not in widths and widths[0] != widths[1]:
        raise InputError(f"Source features have {widths[0]} columns and target features {widths[1]}: of one model?")
    most = None if most is None else min(most, len(source.logits), len(target.logits))
    return [in_own_order(p, most) for p in (source, target)]


def blocks(n: int, m: int) -> Iterator[slice]:
    """Slices of n rows, such that each by m columns is a matrix of at most `BLOCK_ENTRIES`."""
    step = max(1, BLOCK_ENTRIES // m)
    return (slice(start, min(n, start + step)) for start in range(0, n, step))


def unit_rows(X: Array) -> Array:
    """Rows of length 1, (n, d); a row of zeros stays one."""
    return np.asarray(X / np.maximum(np.linalg.norm(X, axis=1, keepdims=True), np.finfo(float).tiny))


def standardized(X: Array) -> Array:
    """Every column with mean 0 and deviation 1, (n, d); constant columns 0."""
    spread = X.std(axis=0)
    scale = np.where(spread > 1e-12 * np.abs(X).max(axis=0, initial=0.0), spread, 1.0)
    Z = X - X.mean(axis=0)
    Z /= scale
    return np.asarray(Z)


def mean_over_classes(values: Array, classes: Array) -> float:
    """Mean over the classes that occur of the mean value of their rows."""
    _, where = np.unique(classes, return_inverse=True)
    return float((np.bincount(where, values) / np.bincount(where)).mean())
