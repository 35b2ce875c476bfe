"""Data sets that are a shift by themselves: ImageNet-R, -A, -Sketch, V2, and the domains of ImageNet-D."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from acclimate.data.domain import Domain
from acclimate.data.shifted.label_maps import LabelMap, imagenet, imagenet_a, imagenet_d, imagenet_d109, imagenet_r
from acclimate.data.shifted.shifted_set import Key, ShiftedSet, class_folders, read_mapped

DOMAINS = ("clipart", "infograph", "painting", "real", "sketch")  # quickdraw is left out where it is published
# What a folder may be called, without signs between the letters, to its name and classes.
BY_NAME: dict[str, tuple[str, Callable[[], LabelMap]]] = {
    "imagenetr": ("ImageNet-R", imagenet_r),
    "imageneta": ("ImageNet-A", imagenet_a),
    "imagenetsketch": ("ImageNet-Sketch", imagenet),
    "imagenetv2": ("ImageNetV2", imagenet),
}


def read_domain_folders(folder: Path) -> ShiftedSet | None:
    """The set, or ``None`` where the folder is none of these.

    ImageNet-R and -A are known by their 200 classes, whatever the folder is called; the others by its name.
    """
    return _imagenet_d(folder) or _one_domain(folder)


def _one_domain(folder: Path) -> ShiftedSet | None:
    found = _by_name(folder) or _by_classes(folder)
    if found is None:
        return None
    name, labels = found

    def read(key: Key) -> Domain:
        return read_mapped(folder, name, labels)

    return ShiftedSet(name, str(folder), ((name.lower(), 0),), labels, read)


def _by_name(folder: Path) -> tuple[str, LabelMap] | None:
    plain = _letters(folder.resolve().name)
    for known, (name, labels) in BY_NAME.items():
        # The archives of ImageNetV2 are called imagenetv2-matched-frequency-format-val and the like.
        if plain == known or (known == "imagenetv2" and plain.startswith(known)):
            return name, labels()
    return None


def _by_classes(folder: Path) -> tuple[str, LabelMap] | None:
    names = {path.name for path in class_folders(folder)}
    return next(
        ((labels.name, labels) for labels in (imagenet_r(), imagenet_a()) if names == set(labels.classes)), None
    )


def _imagenet_d(folder: Path) -> ShiftedSet | None:
    places = {name: folder / name for name in DOMAINS if (folder / name).is_dir()}
    if not any(group.name in imagenet_d().folders for place in places.values() for group in class_folders(place)):
        return None
    labels = imagenet_d109() if _letters(folder.resolve().name).endswith("d109") else imagenet_d()

    def read(key: Key) -> Domain:
        return read_mapped(places[key[0]], key[0], labels, strict=False)

    return ShiftedSet(labels.name, str(folder), tuple((name, 0) for name in places), labels, read)


def _letters(name: str) -> str:
    return "".join(sign for sign in name.lower() if sign.isalnum())
