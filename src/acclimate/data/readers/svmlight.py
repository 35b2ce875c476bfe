"""Sparse features in the text format of SVMlight and LIBSVM."""

from __future__ import annotations

from pathlib import Path

from acclimate.data.domain import Domain
from acclimate.data.labels import Task
from acclimate.data.readers.arrays import read_arrays
from acclimate.errors import InputError

SVMLIGHT_SUFFIXES = frozenset({".svmlight", ".libsvm", ".svm"})


def read_svmlight(path: Path, name: str, task: Task, labeled: bool | None) -> Domain:
    """Read ``label index:value ...`` lines, also ``.gz``; every line has a label, which ``labeled=False`` drops.

    Raises:
        InputError: The file is not in this format.
    """
    from sklearn.datasets import load_svmlight_file

    try:
        x, y = load_svmlight_file(str(path))
    except (ValueError, OSError, EOFError) as error:
        raise InputError(f"{path} is not in the svmlight format ({error}); write 'label index:value ...'.") from error
    return read_arrays(x, None if labeled is False else y, name=name, origin=str(path), task=task)
