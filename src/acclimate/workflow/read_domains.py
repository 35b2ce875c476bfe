"""Read both sides of a run and check, before anything is trained, that they fit together."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from acclimate.data import Domain, align_columns, check_compatible, check_source, join_domains, read_domain
from acclimate.data.content import row_hashes
from acclimate.data.images import image_tensor
from acclimate.errors import InputError
from acclimate.workflow.configuration import Configuration, Task
from acclimate.workflow.labeled_test import FEWEST

PROBES = 16  # images of a data set that stand for all of it in a fingerprint


def read_both(
    sources: Sequence[Any],
    target: Any,
    *,
    task: Task,
    label_column: str | None,
    strict: bool,
    text: str | None = None,
) -> tuple[Domain, Domain]:
    """Read the labelled sources, joined to one domain, and the target with the labels it may have.

    Args:
        sources: One or several, each anything that `acclimate.data.read_domain` reads.
        target: The same, with or without labels.
        task: Kind of label.
        label_column: Column of a table that holds the labels.
        strict: A file that cannot be read is an error.
        text: Column of a table that is read as texts.

    Raises:
        InputError: Either cannot be read, the source cannot be learned from, or they do not fit together.
    """
    read: dict[str, Any] = {"task": task, "label_column": label_column, "text": text, "strict": strict}
    source = without_empty_classes(join_domains([read_domain(what, labeled=True, **read) for what in sources]))
    check_source(source)
    found = align_columns(read_domain(target, **read), source.columns)
    check_compatible(source, found)
    return source, found if found.classes is None else without_empty_classes(found)


def read_labeled(what: Any, source: Domain, settings: Configuration) -> Domain:
    """Read some labelled rows of the target.

    Args:
        what: Anything that `acclimate.data.read_domain` reads.
        source: The labelled domain, whose columns and kind they must have.
        settings: Task, label column, strictness.

    Raises:
        InputError: They cannot be read, have no labels, do not fit the source, or are too few for a test.
    """
    found = read_domain(
        what,
        labeled=True,
        task=settings.task,
        label_column=settings.label_column,
        text=settings.text,
        strict=settings.strict,
    )
    found = align_columns(found, source.columns)
    check_compatible(source, found)
    known = len(found) if found.classes is None else len(labels_in(source.classes or (), found)[0])
    if known < FEWEST:
        raise InputError(
            f"--labeled {settings.labeled} has {known} rows of classes that the source knows; a paired test needs at "
            f"least {FEWEST}, and 50 to 100 to decide much."
        )
    return found


def without_empty_classes(domain: Domain) -> Domain:
    """The domain without classes of which no row is left, such as a folder whose images are all damaged."""
    if domain.labels is None or domain.classes is None:
        return domain
    used = np.unique(domain.labels)
    classes = tuple(domain.classes[label] for label in used)
    return replace(domain, labels=np.searchsorted(used, domain.labels), classes=classes)


def labels_in(classes: Sequence[str], domain: Domain) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Labels of a domain as indices into ``classes``.

    Args:
        classes: Names of the classes that a model knows.
        domain: A labelled domain with class names of its own.

    Returns:
        Row numbers of the rows whose class is known, and their labels, both (k,).
    """
    assert domain.labels is not None
    assert domain.classes is not None
    number = {name: index for index, name in enumerate(classes)}
    mapped = np.array([number.get(name, -1) for name in domain.classes])[domain.labels]
    rows = np.flatnonzero(mapped >= 0)
    return rows, mapped[rows]


def fingerprint(domain: Domain) -> str:
    """A short hash of everything in a domain: rows, labels, names; of a data set that is read row by row, of a few."""
    digest = hashlib.blake2b(digest_size=16)
    digest.update(repr((domain.kind, domain.ids, domain.classes, domain.columns)).encode())
    for array in (domain.labels, domain.domain):
        digest.update(b"none" if array is None else array.tobytes())
    for part in _contents(domain):
        digest.update(part)
    return digest.hexdigest()


def _contents(domain: Domain) -> Any:
    if domain.kind == "texts":
        return row_hashes(domain)
    if isinstance(domain.x, np.ndarray):
        return [str((domain.x.dtype, domain.x.shape)).encode(), np.ascontiguousarray(domain.x).data]
    if isinstance(domain.x, tuple):
        return (Path(path).read_bytes() for path in domain.x)
    probes = np.linspace(0, len(domain) - 1, min(PROBES, len(domain))).astype(int)
    return (image_tensor(domain.x[int(row)]).numpy().tobytes() for row in probes)
