"""Read a domain from whatever a person has."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import Any

from acclimate.data.domain import Domain
from acclimate.data.image_files import is_image
from acclimate.data.labels import TASKS, Task
from acclimate.data.readers.array_file import ARRAY_SUFFIXES, read_array_file
from acclimate.data.readers.arrays import read_arrays
from acclimate.data.readers.dataset import is_hugging_face, read_hugging_face, read_torch_dataset
from acclimate.data.readers.folder import read_folder, read_single_image
from acclimate.data.readers.list_file import read_list
from acclimate.data.readers.svmlight import SVMLIGHT_SUFFIXES, read_svmlight
from acclimate.data.readers.table import TABLE_SUFFIXES, read_frame, read_table
from acclimate.errors import InputError, unknown_name

LIST_SUFFIXES = frozenset({".txt", ".lst", ".list"})
PICKLE_SUFFIXES = frozenset({".pkl", ".pickle", ".joblib", ".dill"})
WHAT_MAY_BE_READ = (
    "a folder of images, a list (.txt), a table (.csv, .tsv, .parquet), arrays (.npz, .npy, .mat, .pt) or .svmlight"
)


def read_domain(
    what: Any,
    *,
    name: str | None = None,
    label_column: str | None = None,
    text: str | None = None,
    task: Task = "classification",
    strict: bool = False,
    labeled: bool | None = None,
) -> Domain:
    """Read one domain.

    Args:
        what: A folder of images with one sub-folder per class, or flat; a list file of ``path label`` lines; a table
            (``.csv .tsv .parquet``); a file of arrays (``.npz .npy .mat .pt .svmlight``); an array, tensor or sparse
            matrix; a pair (X, y); a DataFrame; a torch map-style or Hugging Face data set; a ``Domain``.
        name: What to call it; the file's or folder's name by default.
        label_column: Column of a table, or array of a file, that holds the labels; the usual names by default.
        text: Column of a table that is read as texts; the others but the label are then left out.
        task: ``"regression"`` reads labels as numbers, ``"classification"`` as names of classes.
        strict: Raise for a damaged image instead of leaving it out.
        labeled: ``True`` insists on labels (a source), ``False`` ignores them, ``None`` takes them if there are any.

    Returns:
        The domain.

    Raises:
        InputError: Whatever is wrong with it, in one sentence.
    """
    if task not in TASKS:
        raise unknown_name("task", str(task), TASKS)
    if isinstance(what, Domain):
        return _again(what, labeled)
    if text is not None:
        return _read_texts(what, name, label_column, text, task, labeled)
    if isinstance(what, str | Path):
        return _read_path(Path(what).expanduser(), name, label_column, task, strict, labeled)
    return _read_object(what, name or "data", label_column, task, labeled)


def _read_texts(
    what: Any, name: str | None, label_column: str | None, text: str, task: Task, labeled: bool | None
) -> Domain:
    if _is_frame(what):
        return read_frame(what, name or "data", "the DataFrame", task, labeled, label_column, text)
    if not isinstance(what, str | Path):
        raise InputError(f"Texts (text='{text}') are read from a table or a DataFrame, not from {type(what).__name__}.")
    path = Path(what).expanduser()
    if not path.exists():
        raise InputError(f"{path} does not exist; {_did_you_mean(path)}")
    if path.is_dir() or _suffix(path) not in TABLE_SUFFIXES:
        raise InputError(f"{path} is no table, so it has no column of texts '{text}'; give a .csv, .tsv or .parquet.")
    return read_table(path, name or path.resolve().name, task, labeled, label_column, text)


def _again(domain: Domain, labeled: bool | None) -> Domain:
    if labeled and domain.labels is None:
        raise InputError(f"The domain {domain.name} has no labels; give one with labels.")
    return domain.without_labels() if labeled is False else domain


def _read_path(
    path: Path, name: str | None, label_column: str | None, task: Task, strict: bool, labeled: bool | None
) -> Domain:
    if not path.exists():
        raise InputError(f"{path} does not exist; {_did_you_mean(path)}")
    name = name or path.resolve().name
    if path.is_dir():
        return read_folder(path, name, task, strict, labeled)
    if is_image(path):
        return read_single_image(path, name, labeled)
    suffix = _suffix(path)
    if suffix in LIST_SUFFIXES:
        return read_list(path, name, task, strict, labeled)
    if suffix in TABLE_SUFFIXES:
        return read_table(path, name, task, labeled, label_column)
    if suffix in ARRAY_SUFFIXES:
        return read_array_file(path, name, task, labeled, label_column)
    if suffix in SVMLIGHT_SUFFIXES:
        return read_svmlight(path, name, task, labeled)
    raise _refused(path, suffix)


def _suffix(path: Path) -> str:
    """The suffix that tells the format: that before ``.gz`` for the text formats."""
    inner = Path(path.stem).suffix.lower()
    packed = path.suffix.lower() == ".gz" and inner in {".csv", ".tsv", *SVMLIGHT_SUFFIXES}
    return inner if packed else path.suffix.lower()


def _did_you_mean(path: Path) -> str:
    if not path.parent.is_dir():
        return f"nor does its folder {path.parent}: correct the path."
    near = get_close_matches(path.name, [other.name for other in path.parent.iterdir()], n=1)
    return f"did you mean {path.parent / near[0]}?" if near else "correct the path."


def _refused(path: Path, suffix: str) -> InputError:
    if suffix in PICKLE_SUFFIXES:
        return InputError(
            f"{path} is a pickle, which may run code and is never opened; save its arrays with numpy.savez."
        )
    return InputError(f"{path} is of a kind that cannot be read ('{suffix}'); give {WHAT_MAY_BE_READ}.")


def _read_object(what: Any, name: str, label_column: str | None, task: Task, labeled: bool | None) -> Domain:
    if isinstance(what, tuple) and len(what) == 2:
        return _read_pair(what[0], what[1], name, task, labeled)
    if is_hugging_face(what):
        return read_hugging_face(what, name, task, labeled, label_column)
    if _is_frame(what):
        return read_frame(what, name, "the DataFrame", task, labeled, label_column)
    if hasattr(what, "shape") or isinstance(what, list):
        return _read_pair(what, None, name, task, labeled)
    return read_torch_dataset(what, name, task, labeled)


def _read_pair(x: Any, y: Any, name: str, task: Task, labeled: bool | None) -> Domain:
    if y is None and labeled:
        raise InputError(f"{name} has no labels; give a pair (X, y).")
    y = None if labeled is False else y
    if _is_frame(x):
        import pandas as pd

        frame = x if y is None else x.assign(**{"label of the pair": pd.Series(list(y), index=x.index)})
        return read_frame(frame, name, "X", task, labeled, None if y is None else "label of the pair")
    return read_arrays(x, y, name=name, origin="x" if name == "data" else name, task=task)


def _is_frame(what: Any) -> bool:
    return hasattr(what, "columns") and hasattr(what, "iloc")
