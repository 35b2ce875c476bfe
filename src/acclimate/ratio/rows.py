"""Choosing rows by what is in them, so that a seed chooses the same ones whatever their order."""

from __future__ import annotations

from typing import Any

import numpy as np
from array_api_compat import array_namespace, device, is_numpy_array, to_device
from scipy import sparse

from acclimate.types import Array


def shuffled_order(X: Any, rng: np.random.Generator) -> Array:
    """A random order of rows, (n,), that follows the rows when they are permuted (but for equal rows).

    Rows are sorted by a random projection first, then shuffled.
    """
    direction = rng.normal(size=X.shape[1])
    return shuffled(numpy_of(X @ like(direction, X)), rng)


def shuffled(keys: Array, rng: np.random.Generator) -> Array:
    """A random order of rows, (n,), that follows their keys (n,)."""
    return np.argsort(keys, kind="stable")[rng.permutation(len(keys))]


def drawn_rows(X: Any, count: int, rng: np.random.Generator) -> Any:
    """At most `count` rows of an array, sparse matrix or tensor, chosen by `shuffled_order`."""
    if X.shape[0] <= count:
        return X
    return X[shuffled_order(X, rng)[:count]]


def like(values: Array, X: Any) -> Any:
    """A NumPy array in the library, float type and device of X; NumPy's own for sparse matrices."""
    if sparse.issparse(X) or is_numpy_array(X):
        return np.asarray(values, dtype=X.dtype)
    return array_namespace(X).asarray(values, dtype=X.dtype, device=device(X))


def numpy_of(X: Any) -> Array:
    """Any array library's array as NumPy's."""
    return np.asarray(X if is_numpy_array(X) else to_device(X, "cpu"))


def in_double(X: Any) -> Any:
    """Rows in float64; tensors of other libraries stay as they are, for their device may have no float64."""
    if sparse.issparse(X) or is_numpy_array(X):
        return X.astype(np.float64, copy=False)
    return X
