"""Several sources as one labelled domain."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from acclimate.data.compatible import align_columns, check_compatible
from acclimate.data.domain import Domain, Inputs
from acclimate.data.labels import sort_classes
from acclimate.data.lazy_images import Concatenation, LazyImages, whole
from acclimate.errors import InputError
from acclimate.types import Array


def join_domains(domains: Sequence[Domain]) -> Domain:
    """Join several sources: rows one after the other, class lists united, numbered 1, 2, ... in ``domain``.

    Tables get the texts of all of them as columns. One domain alone comes back with ``domain`` all 1.

    Args:
        domains: At least one, all labelled or all not, of one kind, task and shape.

    Raises:
        InputError: They do not fit together.
    """
    if not domains:
        raise InputError("There is no source to join; give at least one.")
    parts = _aligned(domains)
    for part in parts[1:]:
        check_compatible(parts[0], part)
    labels, classes = _united_labels(parts)
    return Domain(
        name=" + ".join(part.name for part in parts),
        kind=parts[0].kind,
        x=_joined([part.x for part in parts]),
        labels=labels,
        classes=classes,
        ids=_ids(parts),
        origin=", ".join(part.origin for part in parts),
        skipped=tuple(reason for part in parts for reason in part.skipped),
        columns=parts[0].columns,
        domain=np.repeat(np.arange(1, len(parts) + 1), [len(part) for part in parts]),
    )


def _aligned(domains: Sequence[Domain]) -> list[Domain]:
    if any(domain.columns is None for domain in domains):
        return list(domains)
    columns = tuple(dict.fromkeys(name for domain in domains for name in domain.columns or ()))
    return [align_columns(domain, columns) for domain in domains]


def _united_labels(parts: Sequence[Domain]) -> tuple[Array | None, tuple[str, ...] | None]:
    if all(part.labels is None for part in parts):
        return None, None
    for part in parts:
        if part.labels is None or (part.classes is None) != (parts[0].classes is None):
            raise InputError(f"{part.origin} is not labelled like {parts[0].origin}; label all sources the same way.")
    if parts[0].classes is None:
        return np.concatenate([part.labels for part in parts if part.labels is not None]), None
    classes = _united_classes([part.classes or () for part in parts])
    number = {name: index for index, name in enumerate(classes)}
    named = [np.asarray(part.classes)[part.labels] for part in parts]
    return np.array([number[str(name)] for names in named for name in names], dtype=np.int64), classes


def _united_classes(lists: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    if all(names == lists[0] for names in lists):
        return lists[0]  # they may have an order of their own
    return sort_classes({name for names in lists for name in names})


def _joined(inputs: Sequence[Inputs]) -> Inputs:
    arrays = [x for x in inputs if isinstance(x, np.ndarray)]
    if len(arrays) == len(inputs) and len({(x.shape[1:], x.dtype == np.uint8) for x in arrays}) == 1:
        return np.concatenate(arrays)
    paths = [x for x in inputs if isinstance(x, tuple)]
    if len(paths) == len(inputs):
        return tuple(path for part in paths for path in part)
    return LazyImages(Concatenation(inputs), np.arange(sum(map(len, inputs))), whole)


def _ids(parts: Sequence[Domain]) -> tuple[str, ...]:
    if len(parts) == 1:
        return parts[0].ids
    return tuple((Path(part.name) / row).as_posix() for part in parts for row in part.ids)
