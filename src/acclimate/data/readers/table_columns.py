"""Columns of a table as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from acclimate.data.readers.arrays import as_floats
from acclimate.errors import InputError
from acclimate.types import Array

if TYPE_CHECKING:
    import pandas as pd

MOST_TEXTS = 256  # different texts in a column that is still taken for a category
FEW_TEXTS = 20  # up to so many, a column of numbers and texts is taken for one of codes
MISSING = "missing"


def feature_columns(frame: pd.DataFrame, origin: str) -> tuple[Array, tuple[str, ...]]:
    """All columns as one array (n, d) of finite numbers, and the names of its columns.

    Raises:
        InputError: There is no column, a number is missing or infinite, or a column is neither of numbers nor of few
            texts.
    """
    parts = [_encoded(frame[column], origin) for column in frame.columns]
    if not parts:
        raise InputError(f"{origin} has no column besides the label; add columns of features.")
    columns = tuple(name for names, _ in parts for name in names)
    values = np.concatenate([values for _, values in parts], axis=1)
    return as_floats(values, origin, columns), columns


def cells_of(column: pd.Series[Any]) -> list[Any]:
    """The cells as Python objects, missing ones as ``None``."""
    return [None if missing else cell for cell, missing in zip(column.tolist(), column.isna(), strict=True)]


def is_number(cell: str) -> bool:
    """Whether a text is that of a number."""
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _encoded(column: pd.Series[Any], origin: str) -> tuple[list[str], Array]:
    """Names and values (n, k) of what one column becomes."""
    name, place = str(column.name), f"{origin}, column '{column.name}'"
    if column.dtype.kind in "biuf":
        return [name], column.to_numpy(dtype=np.float64, na_value=np.nan)[:, None]
    if column.dtype.kind in "mMc":
        raise InputError(f"{place} holds {column.dtype} values; turn it into numbers or remove it.")
    cells = cells_of(column)
    if isinstance(cells[0], list | tuple | np.ndarray):
        return _vectors(cells, name, place)
    texts = [MISSING if cell is None else str(cell).strip() for cell in cells]
    found = sorted(set(texts))
    _check_category(texts, found, place)
    return [f"{name}={text}" for text in found], (np.array(texts)[:, None] == np.array(found)).astype(np.float64)


def _vectors(cells: Sequence[Any], name: str, place: str) -> tuple[list[str], Array]:
    """A column of embeddings, each cell a vector of the same length."""
    try:
        values = np.array([np.asarray(cell, dtype=np.float64) for cell in cells])
    except (TypeError, ValueError):
        values = np.empty(0)
    if values.ndim != 2:
        raise InputError(f"{place} holds lists that are not numbers of one length each; make them so or remove it.")
    return [f"{name}[{number}]" for number in range(values.shape[1])], values


def _check_category(texts: Sequence[str], found: Sequence[str], place: str) -> None:
    if len(found) <= FEW_TEXTS:
        return
    strange = [text for text in found if not is_number(text)]
    if strange and len(strange) < len(found) / 2:
        row = min(map(texts.index, strange))
        raise InputError(
            f"{place} holds numbers but {texts[row]!r} in row {row}; correct it or remove the row (or the column)."
        )
    if len(found) > MOST_TEXTS:
        raise InputError(
            f"{place} holds {len(found)} different texts ('{found[0]}', ...), more than a category has; remove the "
            "column, turn it into numbers, or read it as texts (--text)."
        )
