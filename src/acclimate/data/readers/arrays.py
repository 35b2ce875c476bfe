"""Arrays as a domain: features, signals or images, told apart by their shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.sparse

from acclimate.data.domain import Domain, Kind
from acclimate.data.images import channels_first
from acclimate.data.labels import Task, encode_labels
from acclimate.errors import InputError
from acclimate.types import Array

LARGEST_DENSE = 4 * 2**30  # bytes that a sparse matrix may take once it is dense
SMALLEST_PICTURE = 8  # pixels


def read_arrays(x: Any, y: Any, *, name: str, origin: str, task: Task, classes: Sequence[str] | None = None) -> Domain:
    """Make a domain of arrays in memory.

    (n, d) are features. (n, channels, time) are signals, unless they are ``uint8`` or square with at least 8 pixels:
    those are grey images (n, h, w). (n, c, h, w) and (n, h, w, c) are images.

    Args:
        x: n rows: an array, a tensor, a sparse matrix, or what NumPy can make an array of.
        y: (n,) or (n, 1) labels, or ``None``.
        name: What to call the domain.
        origin: What to call the array in errors: the file it comes from, or ``"x"``.
        task: How to read ``y``.
        classes: Names of the classes 0, 1, ...

    Raises:
        InputError: Values that are not numbers, NaN or infinite ones, another number of labels than rows, or a shape
            that is none of these.
    """
    values = as_numbers(x, origin)
    kind, values = _kind(values, origin)
    labels, names = None, None
    if y is not None:
        labels, names = encode_labels(_column(y, len(values), origin), task, row_names(origin, len(values)), classes)
    return Domain(name, kind, values, labels, names, tuple(map(str, range(len(values)))), origin)


def row_names(origin: str, count: int) -> list[str]:
    """What to call each row in an error; rows are counted from 0, as in NumPy."""
    return [f"{origin} row {row}" for row in range(count)]


def as_numbers(x: Any, origin: str) -> Array:
    """Any array-like of numbers as a dense array of at least one row; floating point is kept, other numbers too."""
    values = _dense(x, origin) if scipy.sparse.issparse(x) else np.asarray(x.detach().cpu() if _is_tensor(x) else x)
    if values.dtype.kind not in "biuf":
        raise InputError(f"{origin} holds {values.dtype} values; give an array of numbers.")
    if values.ndim < 2 or not values.size:
        raise InputError(f"{origin} has shape {values.shape}; give at least one row, as (rows, features).")
    return values


def _is_tensor(x: Any) -> bool:
    return hasattr(x, "detach") and hasattr(x, "cpu")


def _dense(x: Any, origin: str) -> Array:
    size = x.shape[0] * x.shape[1] * 4
    if size > LARGEST_DENSE:
        raise InputError(f"{origin} takes {size / 2**30:.1f} GiB once dense; keep fewer columns (4 GiB are allowed).")
    return np.asarray(x.astype(np.float32).toarray())


def _kind(values: Array, origin: str) -> tuple[Kind, Array]:
    square = values.ndim == 3 and values.shape[1] == values.shape[2] >= SMALLEST_PICTURE
    if values.ndim == 4 or square or (values.ndim == 3 and values.dtype == np.uint8):
        return "images", channels_first(values, origin)
    if values.ndim > 4:
        raise InputError(f"{origin} has shape {values.shape}; give (rows, features) or (rows, channels, time).")
    return "features" if values.ndim == 2 else "signals", as_floats(values, origin)


def as_floats(values: Array, origin: str, columns: Sequence[str] | None = None) -> Array:
    """Finite floating point, single precision unless it is double already.

    Raises:
        InputError: A value is NaN or infinite; names the row and the column.
    """
    values = values.astype(np.float64 if values.dtype == np.float64 else np.float32)
    finite = np.isfinite(values)
    if not finite.all():
        place = np.argwhere(~finite)[0]
        column = f"'{columns[place[1]]}'" if columns else ", ".join(map(str, place[1:]))
        count = f", the first of {np.sum(~finite)}" if np.sum(~finite) > 1 else ""
        raise InputError(
            f"{origin} row {place[0]}, column {column} is {values[tuple(place)]}{count}; fill missing values in or "
            "remove those rows."
        )
    return values


def _column(y: Any, count: int, origin: str) -> Array:
    labels = np.asarray(y.detach().cpu() if _is_tensor(y) else y)
    if labels.ndim == 2 and 1 in labels.shape:
        labels = labels.ravel()
    if labels.shape != (count,):
        raise InputError(f"{origin} has {count} rows but labels of shape {labels.shape}; give one label for each row.")
    return labels
