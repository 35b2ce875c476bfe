"""Which of the thousand ImageNet outputs are the classes of a data set that has others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

from acclimate.data.shifted.imagenet_classes import lines_of, outputs_by_wordnet_id, wordnet_ids
from acclimate.errors import unknown_name
from acclimate.types import Array

IMAGENET = 1000


@dataclass(frozen=True, eq=False)
class LabelMap:
    """Classes of a data set as groups of a network's outputs.

    Attributes:
        name: Of the data set.
        classes: Names of the classes, k of them.
        outputs: For each class the outputs that mean it.
        folders: Name of a folder to the class whose images are in it; a class may have several.
    """

    name: str
    classes: tuple[str, ...]
    outputs: tuple[tuple[int, ...], ...]
    folders: Mapping[str, int]

    @property
    def subset(self) -> Array | None:
        """(k,) the one output of each class, to which a network may be cut down; ``None`` where a class has several."""
        if any(len(own) != 1 for own in self.outputs):
            return None
        return np.array([own[0] for own in self.outputs])

    @property
    def class_of_output(self) -> Array:
        """(1000,) the class that each output means; -1: none, which is never right."""
        found = np.full(IMAGENET, -1)
        for number, own in enumerate(self.outputs):
            found[list(own)] = number
        return found

    def predicted(self, outputs: Array) -> Array:
        """Classes of outputs, of any shape; -1 where an output is no class of the data set.

        Example:
            >>> imagenet_d().predicted(np.array([404, 895, 0])).tolist()
            [1, 1, -1]
        """
        return np.asarray(self.class_of_output[outputs])


@cache
def imagenet() -> LabelMap:
    """ImageNet itself, and all data sets with its thousand classes (ImageNet-C, -Sketch, V2).

    Folders are named by WordNet id or, as in ImageNetV2, by the number of the output.
    """
    wnids = wordnet_ids()
    folders = {**outputs_by_wordnet_id(), **{str(output): output for output in range(IMAGENET)}}
    return LabelMap("ImageNet", wnids, tuple((output,) for output in range(IMAGENET)), folders)


@cache
def imagenet_r() -> LabelMap:
    """ImageNet-R, 200 classes: Hendrycks et al. 2021, https://arxiv.org/abs/2006.16241."""
    return _subset("ImageNet-R", lines_of("imagenet_r.txt"))


@cache
def imagenet_a() -> LabelMap:
    """ImageNet-A, 200 classes, not those of ImageNet-R: Hendrycks et al. 2021, https://arxiv.org/abs/1907.07174."""
    return _subset("ImageNet-A", lines_of("imagenet_a.txt"))


@cache
def imagenet_d() -> LabelMap:
    """ImageNet-D, 164 classes of DomainNet that 464 outputs mean; eighteen folders belong to a class of another name.

    Rusak et al. 2022, "If your data distribution shifts, use self-learning", https://arxiv.org/abs/2104.12928.
    """
    named = dict(line.split() for line in lines_of("imagenet_d.txt"))
    return _domainnet("ImageNet-D", {name: _numbers(text) for name, text in named.items()})


@cache
def imagenet_d109() -> LabelMap:
    """The 109 classes of ImageNet-D that a single output means, to which a network can be cut down."""
    whole = imagenet_d()
    pairs = zip(whole.classes, whole.outputs, strict=True)
    return _domainnet("ImageNet-D109", {name: outputs for name, outputs in pairs if len(outputs) == 1})


LABEL_MAPS: dict[str, Callable[[], LabelMap]] = {
    "imagenet": imagenet,
    "imagenet-r": imagenet_r,
    "imagenet-a": imagenet_a,
    "imagenet-d": imagenet_d,
    "imagenet-d109": imagenet_d109,
}


def label_map(name: str) -> LabelMap:
    """A label map by its name: imagenet, imagenet-r, imagenet-a, imagenet-d or imagenet-d109.

    Raises:
        InputError: There is no such one.
    """
    if name not in LABEL_MAPS:
        raise unknown_name("label map", name, LABEL_MAPS)
    return LABEL_MAPS[name]()


def _subset(name: str, wnids: list[str]) -> LabelMap:
    outputs = tuple((outputs_by_wordnet_id()[wnid],) for wnid in wnids)
    return LabelMap(name, tuple(wnids), outputs, {wnid: number for number, wnid in enumerate(wnids)})


def _domainnet(name: str, named: Mapping[str, tuple[int, ...]]) -> LabelMap:
    number = {class_name: k for k, class_name in enumerate(named)}
    merged = dict(line.split() for line in lines_of("imagenet_d_merged.txt"))
    folders = number | {folder: number[target] for folder, target in merged.items() if target in number}
    return LabelMap(name, tuple(named), tuple(named.values()), folders)


def _numbers(text: str) -> tuple[int, ...]:
    """``"105,294-297"`` as (105, 294, 295, 296, 297)."""
    bounds = ([int(end) for end in part.split("-")] for part in text.split(","))
    return tuple(number for first, *last in bounds for number in range(first, (last or [first])[-1] + 1))
