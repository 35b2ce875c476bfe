"""What every score is given, checked: features (n, d) and labels (n,)."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from acclimate.errors import InputError
from acclimate.types import Array


class Labelled(NamedTuple):
    """Rows fit for use.

    Attributes:
        features: (n, d), float64 or float32.
        labels: (n,) integers 0 to c - 1.
        classes: c.
    """

    features: Array
    labels: Array
    classes: int

    @property
    def counts(self) -> Array:
        """Rows of each class, (c,)."""
        return np.bincount(self.labels, minlength=self.classes)

    @property
    def one_hot(self) -> Array:
        """(n, c), float64."""
        return np.eye(self.classes)[self.labels]

    def class_sums(self, X: Array) -> Array:
        """Sum over the rows of each class of X (n, k): (c, k)."""
        order = np.argsort(self.labels, kind="stable")
        starts = np.concatenate([[0], np.cumsum(self.counts)[:-1]])
        return np.asarray(np.add.reduceat(X[order], starts, axis=0))

    def class_means(self, X: Array) -> Array:
        """Mean over the rows of each class of X (n, k): (c, k)."""
        return np.asarray(self.class_sums(X) / self.counts[:, None])


def labelled(features: Any, labels: Any, *, least: int = 1, keep_single: bool = False) -> Labelled:
    """Check features and class labels.

    Args:
        features: (n, d) finite numbers: an array, list or tensor.
        labels: (n,) classes, numbers or texts.
        least: Rows that each class must have.
        keep_single: Leave float32 as it is instead of making it float64.

    Raises:
        InputError: They are not of these shapes, hold NaN, or have fewer than two classes or `least` rows of one.
    """
    X = checked_features(features, keep_single=keep_single)
    y, names = class_numbers(labels, len(X))
    counts = np.bincount(y)
    if counts.min() < least:
        name = names[int(counts.argmin())]
        raise InputError(f"Class {name!s} of labels has {counts.min()} row; this score needs {least} of each class.")
    return Labelled(X, y, len(names))


def checked_features(features: Any, name: str = "features", *, keep_single: bool = False) -> Array:
    """Rows as a matrix (n, d) of float64.

    Raises:
        InputError: It is no matrix of finite numbers with at least two rows.
    """
    X = np.asarray(_on_cpu(features))
    if X.ndim != 2 or len(X) < 2 or X.shape[1] == 0:
        raise InputError(f"{name} must be of shape (n, d) with n >= 2 rows, but is {X.shape}; flatten or add rows.")
    X = X if keep_single and X.dtype == np.float32 else X.astype(np.float64, copy=False)
    if not np.isfinite(X).all():
        row = int(np.flatnonzero(~np.isfinite(X).all(axis=1))[0])
        raise InputError(f"{name} holds NaN or infinity in row {row}; fill it in or leave the row out.")
    return X


def class_numbers(labels: Any, rows: int, name: str = "labels") -> tuple[Array, Array]:
    """Classes as integers from 0 (n,), and what they were called (c,).

    Raises:
        InputError: There is not one label a row, or only one class.
    """
    y = np.asarray(_on_cpu(labels))
    if y.shape != (rows,):
        raise InputError(f"{name} must be one class a row, of shape ({rows},), but is of shape {y.shape}.")
    if y.dtype.kind == "f" and not (np.isfinite(y).all() and (y == np.round(y)).all()):
        raise InputError(f"{name} are numbers that are no classes; round or bin them, or use a score for regression.")
    names, numbers = np.unique(y, return_inverse=True)
    if len(names) < 2:
        raise InputError(f"{name} hold one class only ({names[0]!s}); a score needs at least two.")
    return numbers.reshape(-1), names


def checked_probs(probs: Any, rows: int) -> Array:
    """Source probabilities as float64, (n, k), each row of sum 1.

    Raises:
        InputError: They are not probabilities, such as logits before the softmax.
    """
    P = checked_features(probs, "source_probs")
    if len(P) != rows:
        raise InputError(f"source_probs has {len(P)} rows and labels {rows}; give one row for each label.")
    if P.min() < 0 or not np.allclose(P.sum(axis=1), 1.0, atol=1e-3):
        raise InputError("source_probs must be probabilities whose rows sum to 1; apply the softmax to logits first.")
    return P


def _on_cpu(values: Any) -> Any:
    return values.detach().cpu().numpy() if hasattr(values, "detach") else values
