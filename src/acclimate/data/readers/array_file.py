"""Files of arrays: ``.npz``, ``.npy``, ``.mat`` and tensors in ``.pt``. No code in a file is ever run."""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import scipy.io
import torch

from acclimate.data.domain import Domain
from acclimate.data.labels import Task
from acclimate.data.readers.arrays import read_arrays
from acclimate.errors import InputError, unknown_name

FEATURE_KEYS = ("x", "features", "feature", "feats", "feas", "fts", "fea", "data", "samples", "signals", "images")
LABEL_KEYS = ("y", "label", "labels", "target", "targets", "gnd", "gt")
CLASS_KEYS = ("classes", "class_names", "classnames")
HDF5 = b"\x89HDF\r\n\x1a\n"


def read_array_file(path: Path, name: str, task: Task, labeled: bool | None, label_key: str | None) -> Domain:
    """Read features, signals or images with their labels from a file of arrays.

    The rows are looked for under the usual names (``x``, ``features``, ``fts``, ``data``, ...), the labels likewise
    (``y``, ``label``, ``labels``, ...), whatever the case; a file of one array needs no name. Integer labels are named
    by an array of texts ``classes`` where there is one.

    Args:
        path: The file.
        name: What to call the domain.
        task: How to read the labels.
        labeled: ``True`` insists on labels, ``False`` ignores them, ``None`` takes them if there are any.
        label_key: Name of the array of labels; ``None`` looks for the usual ones.

    Raises:
        InputError: The file is damaged, holds pickled objects, or its arrays cannot be told apart.
    """
    arrays = _LOADERS[path.suffix.lower()](path)
    key = _feature_key(arrays, path)
    labels = None if labeled is False else _labels(arrays, path, label_key, labeled)
    return read_arrays(arrays[key], labels, name=name, origin=str(path), task=task, classes=_class_names(arrays))


def _from_numpy(path: Path) -> dict[str, Any]:
    try:
        loaded = np.load(path, allow_pickle=False)
        return {"x": loaded} if isinstance(loaded, np.ndarray) else {key: loaded[key] for key in loaded.files}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(_refusal(path, error)) from error


def _refusal(path: Path, error: Exception) -> str:
    if "pickle" in str(error) or "Object arrays" in str(error):
        return (
            f"{path} holds pickled Python objects, which may run code and are never opened, or is no NumPy file; save "
            "it again as plain arrays of numbers or texts with numpy.savez."
        )
    return f"{path} cannot be read ({error}); it may be damaged or of another format: save it again."


def _from_matlab(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        head = file.read(520)
    if HDF5 in head or b"MATLAB 7.3" in head:
        raise InputError(f"{path} is a MATLAB 7.3 (HDF5) file; save it in MATLAB with save(..., '-v7').")
    try:
        loaded = scipy.io.loadmat(path)
    except Exception as error:  # scipy's reader raises whatever a damaged header leads to
        raise InputError(f"{path} is not a readable MATLAB file ({error}); save it with save(..., '-v7').") from error
    return {key: value for key, value in loaded.items() if not key.startswith("__")}


def _from_torch(path: Path) -> dict[str, Any]:
    try:
        loaded = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError) as error:
        raise InputError(
            f"{path} holds more than tensors, or is damaged; only tensors are read from .pt files, since anything else "
            "may run code: save it again as numpy.savez(x=..., y=...)."
        ) from error
    if isinstance(loaded, torch.Tensor):
        return {"x": loaded}
    if isinstance(loaded, tuple | list) and len(loaded) == 2:
        return {"x": loaded[0], "y": loaded[1]}
    if isinstance(loaded, Mapping):
        return dict(loaded)
    raise InputError(f"{path} holds a {type(loaded).__name__}; save a tensor, (x, y), or a dict with 'x' and 'y'.")


_LOADERS: dict[str, Callable[[Path], dict[str, Any]]] = {
    ".npz": _from_numpy,
    ".npy": _from_numpy,
    ".mat": _from_matlab,
    ".pt": _from_torch,
    ".pth": _from_torch,
}
ARRAY_SUFFIXES = frozenset(_LOADERS)


def _feature_key(arrays: Mapping[str, Any], path: Path) -> str:
    found = [key for key in arrays if key.lower() in FEATURE_KEYS]
    if len(found) > 1:
        raise InputError(f"{path} holds several candidates for the rows, {_listed(arrays, found)}; keep one as 'x'.")
    if not found:
        found = [key for key in arrays if _is_numeric_block(arrays[key])]
    if len(found) != 1:
        raise InputError(f"{path} holds {_listed(arrays, list(arrays)) or 'no array'}; name the array of rows 'x'.")
    return found[0]


def _is_numeric_block(value: Any) -> bool:
    shape = getattr(value, "shape", ())
    return len(shape) >= 2 and 1 not in shape[:2] and value.dtype is not np.dtype(object)


def _labels(arrays: Mapping[str, Any], path: Path, key: str | None, labeled: bool | None) -> Any:
    found = [name for name in arrays if name.lower() in LABEL_KEYS] if key is None else [key]
    if key is not None and key not in arrays:
        if labeled:
            raise InputError(f"{path}: {unknown_name('array of labels', key, arrays)}")
        return None
    if len(found) > 1:
        raise InputError(f"{path} holds several candidates for the labels, {_listed(arrays, found)}; keep one as 'y'.")
    if not found and labeled:
        raise InputError(f"{path} holds {_listed(arrays, list(arrays))} but no labels; add an array 'y'.")
    return arrays[found[0]] if found else None


def _class_names(arrays: Mapping[str, Any]) -> list[str] | None:
    for key, value in arrays.items():
        if key.lower() in CLASS_KEYS and getattr(getattr(value, "dtype", None), "kind", "") in "USO":
            return [str(np.asarray(name).ravel()[0]) for name in np.ravel(value)]
    return None


def _listed(arrays: Mapping[str, Any], keys: list[str]) -> str:
    return ", ".join(f"'{key}' {tuple(getattr(arrays[key], 'shape', ()))}" for key in keys)
