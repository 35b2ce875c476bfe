"""CIFAR-10-C and CIFAR-100-C: an array of 50 000 images for each corruption, and one of labels."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from acclimate.data.domain import Domain
from acclimate.data.images import channels_first
from acclimate.data.shifted.shifted_set import Key, ShiftedSet
from acclimate.errors import InputError
from acclimate.types import Array

LABELS = "labels.npy"
SEVERITIES = 5


def read_corruption_arrays(folder: Path) -> ShiftedSet | None:
    """The set, or ``None`` where the folder is not built like this.

    Raises:
        InputError: An array is damaged, or has another number of images than there are labels.
    """
    files = {path.stem: path for path in sorted(folder.glob("*.npy")) if path.name != LABELS}
    if not files or not (folder / LABELS).is_file():
        return None
    labels = _open(folder / LABELS).astype(np.int64).reshape(-1)
    for path in files.values():
        _check(path, len(labels))
    classes = 10 if labels.max(initial=0) < 10 else 100
    names = tuple(map(str, range(classes)))

    def read(key: Key) -> Domain:
        corruption, severity = key
        images = _open(files[corruption])
        rows = len(images) // SEVERITIES
        own = slice((severity - 1) * rows, severity * rows)
        y = labels[own] if len(labels) == len(images) else labels
        x = channels_first(np.asarray(images[own]), str(files[corruption]))
        ids = tuple(map(str, range(rows)))
        return Domain(f"{corruption} {severity}", "images", x, y, names, ids, str(files[corruption]))

    keys = tuple((name, severity) for name in files for severity in range(1, SEVERITIES + 1))
    return ShiftedSet(f"CIFAR-{classes}-C", str(folder), keys, None, read)


def _check(path: Path, labels: int) -> None:
    """The labels are those of all five severities, or of one that is repeated."""
    images = len(_open(path))
    if images % SEVERITIES or labels not in (images, images // SEVERITIES):
        raise InputError(
            f"{path} has {images} images, but there are {labels} labels beside it; give the files as published, the "
            "five severities of a corruption one after the other."
        )


def _open(path: Path) -> Array:
    try:
        return np.asanyarray(np.load(path, mmap_mode="r", allow_pickle=False))
    except (OSError, ValueError, EOFError) as error:
        raise InputError(f"{path} cannot be read as an array ({error}); download it again.") from error
