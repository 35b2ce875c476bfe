"""Which output of a network each class folder means: by name, by WordNet id, or by number."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from acclimate.data.shifted.imagenet_classes import outputs_by_name, outputs_by_wordnet_id, plain_name
from acclimate.data.shifted.label_maps import IMAGENET
from acclimate.errors import InputError
from acclimate.types import Array
from acclimate.workflow.robustness.evaluated import Evaluated


def outputs_of(folders: Sequence[str], model: Evaluated, origin: str) -> Array:
    """The output of each class.

    A model that knows the names of its classes wants those. One of a thousand outputs is taken for one of ImageNet's,
    whose folders may be WordNet ids, numbers from 0 to 999, or names. Any other wants numbers, or exactly as many
    folders as it has outputs, which then are its classes in the order of their names.

    Args:
        folders: Names of the classes as they stand, sorted.
        model: Whose outputs.
        origin: The folder they lie in.

    Returns:
        (k,) int64.

    Raises:
        InputError: A class is none of the model's; it names the folder.
    """
    found = [_output(name, model, origin) for name in folders]
    unknown = [name for name, output in zip(folders, found, strict=True) if output is None]
    if len(unknown) == len(folders) == model.num_outputs and model.classes is None:
        return np.arange(model.num_outputs)
    if unknown:
        raise InputError(
            f"The class folder {origin}/{unknown[0]} ({len(unknown)} of {len(folders)} are like it) is no class of "
            f"{model.name}, which has {_wanted(model)}; rename it or remove it."
        )
    return np.array(found, dtype=np.int64)


def _output(name: str, model: Evaluated, origin: str) -> int | None:
    if model.classes is not None:
        return model.classes.index(name) if name in model.classes else None
    if model.num_outputs == IMAGENET:
        return _of_imagenet(name, origin)
    return _number(name, model.num_outputs)


def _of_imagenet(name: str, origin: str) -> int | None:
    if name in outputs_by_wordnet_id():
        return outputs_by_wordnet_id()[name]
    named = outputs_by_name().get(plain_name(name), ())
    if len(named) > 1:
        raise InputError(
            f"The class folder {origin}/{name} may be the classes {' or '.join(map(str, named))} of ImageNet; name it "
            "by its number or WordNet id."
        )
    return named[0] if named else _number(name, IMAGENET)


def _number(name: str, outputs: int) -> int | None:
    return int(name) if name.isdecimal() and int(name) < outputs else None


def _wanted(model: Evaluated) -> str:
    if model.classes is not None:
        few = ", ".join(model.classes[:5])
        return f"{len(model.classes)} classes ({few}{', ...' if len(model.classes) > 5 else ''})"
    if model.num_outputs == IMAGENET:
        return "the classes of ImageNet (folders named n01440764, 0 or tench)"
    return f"{model.num_outputs} outputs (folders named 0 to {model.num_outputs - 1})"
