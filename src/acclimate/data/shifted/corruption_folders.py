"""ImageNet-C and Tiny-ImageNet-C: a folder for each corruption, in it one for each severity, in it class folders."""

from __future__ import annotations

from pathlib import Path

from acclimate.data.domain import Domain
from acclimate.data.shifted.imagenet_classes import outputs_by_wordnet_id
from acclimate.data.shifted.label_maps import LabelMap, imagenet
from acclimate.data.shifted.shifted_set import Key, ShiftedSet, class_folders, read_mapped
from acclimate.errors import InputError

DEGREES = ("1", "2", "3", "4", "5")
TINY = 200  # classes


def read_corruption_folders(folder: Path) -> ShiftedSet | None:
    """The set, or ``None`` where the folder is not built like this.

    The archives of ImageNet-C lay the corruptions into folders of their kind (noise, blur, ...), which are looked into.
    """
    found = {place.name: place for place in (*_corruptions(folder), *_one_deeper(folder))}
    if not found:
        return None
    names = _class_names(found)
    labels = imagenet() if len(names) != TINY else _tiny(names)
    keys = tuple((name, int(degree.name)) for name, place in found.items() for degree in class_folders(place))

    def read(key: Key) -> Domain:
        return read_mapped(found[key[0]] / str(key[1]), f"{key[0]} {key[1]}", labels)

    name = "Tiny-ImageNet-C" if len(names) == TINY else "ImageNet-C"
    return ShiftedSet(name, str(folder), keys, labels, read)


def _corruptions(folder: Path) -> list[Path]:
    """Sub-folders that hold folders of severities and nothing else."""
    return [place for place in class_folders(folder) if _is_corruption(place)]


def _is_corruption(place: Path) -> bool:
    degrees = class_folders(place)
    return bool(degrees) and all(degree.name in DEGREES and bool(class_folders(degree)) for degree in degrees)


def _one_deeper(folder: Path) -> list[Path]:
    return [place for kind in class_folders(folder) if not _is_corruption(kind) for place in _corruptions(kind)]


def _class_names(found: dict[str, Path]) -> tuple[str, ...]:
    """Of the first severity of the first corruption, which the others must have too.

    Raises:
        InputError: A folder is not named by a WordNet id of ImageNet.
    """
    first = class_folders(next(iter(found.values())))[0]
    names = tuple(group.name for group in class_folders(first))
    for name in names:
        if name not in outputs_by_wordnet_id():
            raise InputError(
                f"The class folder {first / name} is not named by a WordNet id of ImageNet; give the folder of "
                "ImageNet-C or Tiny-ImageNet-C as it was published."
            )
    return names


def _tiny(names: tuple[str, ...]) -> LabelMap:
    """The 200 classes as outputs of ImageNet; a network made for Tiny-ImageNet has them in the order of their ids."""
    outputs = tuple((outputs_by_wordnet_id()[name],) for name in names)
    return LabelMap("Tiny-ImageNet", names, outputs, {name: number for number, name in enumerate(names)})
