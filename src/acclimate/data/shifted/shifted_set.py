"""A published data set of shifted images in a local folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np

from acclimate.data.domain import Domain
from acclimate.data.image_files import images_below, is_hidden
from acclimate.data.shifted.label_maps import LabelMap
from acclimate.errors import InputError

Key: TypeAlias = tuple[str, int]  # name of the shift and its severity, 0 where there are no degrees


@dataclass(frozen=True, eq=False)
class ShiftedSet:
    """What it holds; files are listed and read when a shift is asked for.

    Attributes:
        name: ``"ImageNet-C"``, ``"CIFAR-10-C"``, ...
        origin: The folder.
        keys: Name and severity of each shift there is, names in the order of the folder.
        labels: Which outputs of a network its classes are; ``None``: the classes are the outputs, in order.
        read: Makes the domain of one shift; its classes are those of `labels` where there are any.
    """

    name: str
    origin: str
    keys: tuple[Key, ...]
    labels: LabelMap | None
    read: Callable[[Key], Domain]


def class_folders(folder: Path) -> list[Path]:
    """The sub-folders that a tool has not made."""
    return [path for path in sorted(folder.iterdir()) if path.is_dir() and not is_hidden(path)]


def read_mapped(folder: Path, name: str, labels: LabelMap, strict: bool = True) -> Domain:
    """Images of class folders, with the classes of a label map; files are listed, not opened.

    Args:
        folder: Holds a folder for each class.
        name: What to call the domain.
        labels: Tells the class of a folder.
        strict: A folder that is no class is an error; otherwise it is left out (DomainNet has more classes).

    Raises:
        InputError: A folder is no class, or there is no image.
    """
    members: list[tuple[Path, int]] = []
    for group in class_folders(folder):
        if group.name in labels.folders:
            members += [(path, labels.folders[group.name]) for path in images_below(group)]
        elif strict:
            raise InputError(f"The folder {group} is no class of {labels.name}; rename it or remove it.")
    if not members:
        raise InputError(f"The folder {folder} holds no image of a class of {labels.name}; give its class folders.")
    paths = tuple(path for path, _ in members)
    ids = tuple(path.relative_to(folder).as_posix() for path in paths)
    y = np.array([label for _, label in members], dtype=np.int64)
    return Domain(name, "images", paths, y, labels.classes, ids, str(folder))
