"""Recognise a published data set of shifted images by its folder."""

from __future__ import annotations

from pathlib import Path

from acclimate.data.shifted.corruption_arrays import read_corruption_arrays
from acclimate.data.shifted.corruption_folders import read_corruption_folders
from acclimate.data.shifted.domain_folders import read_domain_folders
from acclimate.data.shifted.shifted_set import ShiftedSet
from acclimate.errors import InputError


def read_shifted(folder: Path | str) -> ShiftedSet | None:
    """ImageNet-C, -R, -A, -Sketch, -D, V2, Tiny-ImageNet-C, CIFAR-10-C and CIFAR-100-C, as they were published.

    Args:
        folder: What the archive was unpacked into. Nothing is downloaded.

    Returns:
        The set, or ``None`` where the folder is none of these.

    Raises:
        InputError: It is no folder, or one of these and damaged.
    """
    path = Path(folder).expanduser()
    if not path.is_dir():
        raise InputError(f"{path} is no folder; give a folder of images or a published data set of shifted images.")
    return read_corruption_arrays(path) or read_corruption_folders(path) or read_domain_folders(path)
