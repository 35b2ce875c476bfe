"""A folder of images: one sub-folder per class, or flat and unlabelled."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from acclimate.data.domain import Domain
from acclimate.data.image_check import check_images
from acclimate.data.image_files import images_below, is_hidden, is_image, other_suffixes
from acclimate.data.labels import Task, encode_labels
from acclimate.errors import InputError


def read_folder(folder: Path, name: str, task: Task, strict: bool, labeled: bool | None) -> Domain:
    """Read a folder of images.

    A sub-folder is a class, and everything below it belongs to that class. Sub-folders are labels unless ``labeled`` is
    false. For regression the sub-folders are named by numbers.

    Args:
        folder: The folder.
        name: What to call the domain.
        task: How to read the names of sub-folders.
        strict: Raise for a damaged file instead of leaving it out.
        labeled: ``True`` insists on class sub-folders, ``False`` ignores them, ``None`` takes them if there are any.

    Raises:
        InputError: No image, a class without images, images beside the class sub-folders, or damaged ones.
    """
    groups = [path for path in sorted(folder.iterdir()) if path.is_dir() and not is_hidden(path)]
    if labeled is False or not any(images_below(group) for group in groups):
        return _flat(folder, name, strict, labeled)
    _refuse_loose_images(folder, groups)
    members = [(path, group.name) for group in groups for path in _members(group)]
    return image_domain(members, folder, name, task, strict)


def read_single_image(path: Path, name: str, labeled: bool | None) -> Domain:
    """One image file as a domain of one row, to predict on."""
    if labeled:
        raise InputError(f"{path} is one image without a label; give a folder with one sub-folder per class.")
    check_images([path], strict=True)
    return Domain(name, "images", (path,), None, None, (path.name,), str(path))


def image_domain(
    members: Sequence[tuple[Path, str | None]], origin: Path, name: str, task: Task, strict: bool
) -> Domain:
    """A domain of image files with their labels (all of them, or all ``None``), without the damaged ones."""
    sound, skipped = check_images([path for path, _ in members], strict)
    kept = [member for member, good in zip(members, sound, strict=True) if good]
    base = origin if origin.is_dir() else origin.parent
    ids = tuple(_relative(path, base) for path, _ in kept)
    labels, classes = None, None
    if kept[0][1] is not None:
        labels, classes = encode_labels([label for _, label in kept], task, [str(path) for path, _ in kept])
    return Domain(name, "images", tuple(path for path, _ in kept), labels, classes, ids, str(origin), skipped)


def _flat(folder: Path, name: str, strict: bool, labeled: bool | None) -> Domain:
    paths = images_below(folder)
    if not paths:
        there = other_suffixes(folder)
        holds = f"holds no image, only {there}" if there else "is empty"
        raise InputError(f"The folder {folder} {holds}; give a folder of images such as .jpg or .png.")
    if labeled:
        raise InputError(f"The folder {folder} has no labels; sort its images into one sub-folder per class.")
    return image_domain([(path, None) for path in paths], folder, name, "classification", strict)


def _refuse_loose_images(folder: Path, groups: list[Path]) -> None:
    loose = [path for path in folder.iterdir() if path.is_file() and is_image(path)]
    if loose:
        raise InputError(
            f"The folder {folder} holds {len(loose)} images ({min(loose).name}, ...) beside its class sub-folders "
            f"({groups[0].name}, ...); move them into a sub-folder, or away."
        )


def _members(group: Path) -> list[Path]:
    paths = images_below(group)
    if not paths:
        raise InputError(f"The class folder {group} holds no image; put images into it or remove it.")
    return paths


def _relative(path: Path, base: Path) -> str:
    return path.relative_to(base).as_posix() if path.is_relative_to(base) else path.as_posix()
