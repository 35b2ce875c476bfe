"""From labels as people write them to class indices or numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from acclimate.errors import InputError
from acclimate.types import Array

Task = Literal["classification", "regression"]
TASKS = ("classification", "regression")


def encode_labels(
    values: Sequence[Any] | Array, task: Task, where: Sequence[str], names: Sequence[str] | None = None
) -> tuple[Array, tuple[str, ...] | None]:
    """Turn labels into indices of classes, or into numbers.

    Classes are named by their text; whole numbers by their digits (3, 3.0 and "3" are one class), sorted as numbers if
    all are numbers and as text otherwise.

    Args:
        values: (n,) texts or numbers.
        task: ``"classification"`` or ``"regression"``.
        where: (n,) what to call each row in an error: ``"field.csv row 7"``.
        names: Names of the classes 0, 1, ..., where the labels are such numbers.

    Returns:
        For classification int64 indices (n,) and the classes; for regression float64 values (n,) and ``None``.

    Raises:
        InputError: A label is missing, not a number in regression, or a fraction in classification.
    """
    plain = [_plain(value) for value in values]
    for row, value in enumerate(plain):
        if value is None or value == "" or value != value:  # a NaN differs from itself
            raise InputError(f"{where[row]} has no label; fill it in or remove the row.")
    if task == "regression":
        return np.array([_number(value, place) for value, place in zip(plain, where, strict=True)]), None
    texts = [_class_name(value, place, names) for value, place in zip(plain, where, strict=True)]
    return _indices(texts, names)


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray) and value.size == 1:  # a cell of a MATLAB cell array
        value = value.ravel()[0]
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value.strip() if isinstance(value, str) else value


def _number(value: Any, place: str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise InputError(
            f"{place} has the label {value!r}, which is not a number; correct it, or use the task 'classification'."
        ) from None
    if not np.isfinite(number):
        raise InputError(f"{place} has the label {value}; give a finite number or remove the row.")
    return number


def _class_name(value: Any, place: str, names: Sequence[str] | None) -> str:
    if isinstance(value, float) and not value.is_integer():
        raise InputError(
            f"{place} has the label {value}, which is not the number of a class; use the task 'regression', or give "
            "whole numbers or names."
        )
    if isinstance(value, float):
        value = int(value)
    if names is not None and isinstance(value, int) and 0 <= value < len(names):
        return str(names[value])
    return str(value)


def _indices(texts: list[str], names: Sequence[str] | None) -> tuple[Array, tuple[str, ...]]:
    classes = _sorted_classes(set(texts), names)
    index = {name: number for number, name in enumerate(classes)}
    return np.array([index[text] for text in texts], dtype=np.int64), classes


def _sorted_classes(found: set[str], names: Sequence[str] | None) -> tuple[str, ...]:
    if names is not None and found <= set(names):
        return tuple(name for name in dict.fromkeys(names) if name in found)
    return sort_classes(found)


def sort_classes(names: set[str]) -> tuple[str, ...]:
    """Names of classes in order: by value if all are whole numbers, else as text."""
    if all(name.lstrip("-").isdecimal() for name in names):
        return tuple(sorted(names, key=int))
    return tuple(sorted(names))
