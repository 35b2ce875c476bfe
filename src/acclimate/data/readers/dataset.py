"""Data sets of torch and of Hugging Face, known by what they can do and not by importing either."""

from __future__ import annotations

from collections.abc import Iterable
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from acclimate.data.domain import Domain
from acclimate.data.images import image_tensor
from acclimate.data.labels import Task, encode_labels
from acclimate.data.lazy_images import LazyImages, whole
from acclimate.data.readers.arrays import read_arrays, row_names
from acclimate.data.readers.table import LABEL_COLUMNS, read_frame
from acclimate.errors import InputError, unknown_name

if TYPE_CHECKING:
    import pandas as pd

ORIGIN = "the Hugging Face data set"


def is_hugging_face(data: Any) -> bool:
    """Whether this is a ``datasets.Dataset``."""
    return hasattr(data, "column_names") and hasattr(data, "features") and hasattr(data, "to_pandas")


def read_torch_dataset(data: Any, name: str, task: Task, labeled: bool | None) -> Domain:
    """Read a map-style data set of inputs or of (input, label, ...) items.

    Pictures stay where they are and are decoded when they are needed; tensors and arrays are brought into memory, where
    vectors are features, matrices (channels, time) signals, and (c, h, w) images. Class names come from ``classes``.

    Raises:
        InputError: The data set is empty or has no length, items have no label though ``labeled``, or are of another
            kind.
    """
    _check_map_style(data)
    origin = type(data).__name__
    first = data[0]
    paired = isinstance(first, tuple | list) and len(first) >= 2
    if labeled and not paired:
        raise InputError(f"The items of {origin} have no label; give (input, label) items.")
    pick = itemgetter(0) if paired else whole
    names = getattr(data, "classes", None)
    if isinstance(pick(first), Image.Image):
        y = None if labeled is False or not paired else _torch_labels(data)
        return _pictures(LazyImages(data, np.arange(len(data)), pick), y, name, origin, task, names)
    items = [data[row] for row in range(len(data))]
    x = np.stack([np.asarray(pick(item)) for item in items])
    labels = np.array([item[1] for item in items]) if paired and labeled is not False else None
    return read_arrays(x, labels, name=name, origin=origin, task=task, classes=names)


def _check_map_style(data: Any) -> None:
    if not hasattr(data, "__len__") or not hasattr(data, "__getitem__"):
        raise InputError(
            f"{type(data).__name__} is not something to read rows from; give a path, an array, (X, y), a DataFrame, or "
            "a data set with a length and numbered items."
        )
    if len(data) == 0:
        raise InputError(f"The data set {type(data).__name__} is empty; give at least one row.")


def _torch_labels(data: Any) -> list[Any]:
    """Labels without decoding the pictures where the data set lists them (and does not change them later on)."""
    for key in ("targets", "labels"):
        listed = getattr(data, key, None)
        if listed is not None and len(listed) == len(data) and getattr(data, "target_transform", None) is None:
            return list(listed)
    return [data[row][1] for row in range(len(data))]


def _pictures(images: LazyImages, y: Any, name: str, origin: str, task: Task, classes: Any) -> Domain:
    image_tensor(images[0])  # refuse what is no image now rather than in the middle of training
    labels, names = None, None
    if y is not None:
        labels, names = encode_labels(y, task, row_names(origin, len(images)), classes)
    return Domain(name, "images", images, labels, names, tuple(map(str, range(len(images)))), origin)


def read_hugging_face(data: Any, name: str, task: Task, labeled: bool | None, label_column: str | None) -> Domain:
    """Read a Hugging Face data set: its column of images, or else its columns of numbers and texts as a table.

    Class names come from the label column's ``ClassLabel``.

    Raises:
        InputError: The data set is empty, has several image columns, or no label column though ``labeled``.
    """
    _check_map_style(data)
    images = [key for key, feature in data.features.items() if type(feature).__name__ == "Image"]
    if len(images) > 1:
        raise InputError(f"{name} has the image columns {' and '.join(images)}; keep one (remove_columns).")
    if not images:
        return read_frame(_named_frame(data), name, ORIGIN, task, labeled, label_column)
    key = _label_key(data, name, labeled, label_column)
    y = None if key is None else _named(data[key], data.features[key])
    if y is not None and not labeled and set(y) == {None}:
        y = None  # a test split whose labels are kept secret
    lazy = LazyImages(data, np.arange(len(data)), itemgetter(images[0]))
    return _pictures(lazy, y, name, ORIGIN, task, getattr(data.features.get(key), "names", None))


def _label_key(data: Any, name: str, labeled: bool | None, given: str | None) -> str | None:
    columns = list(data.column_names)
    found = [key for key in columns if key.lower() in LABEL_COLUMNS] if given is None else [given]
    if labeled is False or (not set(found) & set(columns) and not labeled):
        return None
    if len(found) != 1:
        raise InputError(f"{name} needs one label column; give it, one of: {', '.join(columns)}.")
    if found[0] not in columns:
        raise InputError(f"{name}: {unknown_name('label column', found[0], columns)}")
    return found[0]


def _named(labels: Iterable[Any], feature: Any) -> list[Any]:
    """Labels of a ``ClassLabel`` column by name; -1, its mark for unknown, as ``None``."""
    names = getattr(feature, "names", None)
    return list(labels) if names is None else [names[label] if label >= 0 else None for label in labels]


def _named_frame(data: Any) -> pd.DataFrame:
    frame: pd.DataFrame = data.to_pandas()
    for key, feature in data.features.items():
        if hasattr(feature, "names"):
            frame[key] = _named(frame[key], feature)
    return frame
