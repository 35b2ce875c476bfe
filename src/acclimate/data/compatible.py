"""Whether a source and a target can be used together, said before anything is trained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from acclimate.data.domain import KINDS_IN_WORDS, Domain
from acclimate.errors import InputError
from acclimate.types import Array

MANY = 5  # names shown before "..."


def check_source(domain: Domain) -> None:
    """Check that a domain can be learned from: it has labels, at least two classes, and two rows of each.

    Raises:
        InputError: It cannot.
    """
    if domain.labels is None:
        raise InputError(
            f"The source {domain.origin} has no labels; give one sub-folder per class, a label column, or (X, y)."
        )
    if domain.classes is None:
        return
    counts = np.bincount(domain.labels, minlength=len(domain.classes))
    single = [name for name, count in zip(domain.classes, counts, strict=True) if count == 1]
    if single:
        raise InputError(
            f"Class '{single[0]}' of {domain.origin} has one row only; training needs one and the hold-out another: "
            "add rows or remove the class."
        )
    if np.sum(counts > 0) < 2:
        raise InputError(f"{domain.origin} has only the class '{domain.classes[0]}'; give at least two classes.")


def check_compatible(source: Domain, target: Domain) -> None:
    """Check that rows of two domains can go through one network. Tables are aligned first (:func:`align_columns`).

    Raises:
        InputError: They are of different kinds or, unless they are images or texts, of different shapes or columns.
    """
    if source.kind != target.kind:
        raise InputError(
            f"{source.origin} holds {KINDS_IN_WORDS[source.kind]} but {target.origin} holds "
            f"{KINDS_IN_WORDS[target.kind]}; give both sides the same kind of data."
        )
    if source.kind in ("images", "texts") or source.shape == target.shape:
        return
    unit = "features" if source.kind == "features" else "(channels, time)"
    raise InputError(
        f"{source.origin} has {_size(source)} {unit} and {target.origin} has {_size(target)}; give both sides the same "
        f"{unit}, in the same order."
    )


def align_columns(domain: Domain, columns: Sequence[str] | None) -> Domain:
    """Bring a table to the columns of another, by name.

    A text of a category that this table lacks becomes a column of zeros; a text that the other table never had is
    dropped, so such a row has zeros in all columns of that category. Columns the other table has not are left out.

    Args:
        domain: The table to change, often the target, or new data to predict on.
        columns: Columns to have, in order: ``source.columns``, or those of a saved model. ``None``, or a domain without
            names of columns, changes nothing.

    Raises:
        InputError: A column is missing, or columns without names, known by their place, are more than they should be.
    """
    if columns is None or domain.columns is None or domain.columns == tuple(columns):
        return domain
    _check_columns(domain, columns)
    place = {name: number for number, name in enumerate(domain.columns)}
    table = np.asarray(domain.x)
    zeros = np.zeros(len(domain), table.dtype)
    picked: list[Array] = [table[:, place[name]] if name in place else zeros for name in columns]
    return replace(domain, x=np.stack(picked, axis=1), columns=tuple(columns))


def _check_columns(domain: Domain, columns: Sequence[str]) -> None:
    have, want = ({_variable(name) for name in names} for names in (domain.columns or (), columns))
    if len(have) > len(want) and all(name.split("=")[0].isdecimal() for name in have | want):
        # A label column in front would shift all others by one place, and nobody would notice.
        raise InputError(
            f"{domain.origin} has {len(have)} columns without names where {len(want)} are expected; remove the others, "
            "or say which one is the label column."
        )
    if missing := sorted(want - have):
        raise InputError(f"{domain.origin} lacks the column{_named(missing)}; add what the other table has.")


def _variable(name: str) -> str:
    """The column of the original table: ``colour=red`` came from ``colour``."""
    return name.split("=", 1)[0] + "=..." if "=" in name else name


def _named(names: list[str]) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:MANY]) + (", ..." if len(names) > MANY else "")
    return f"{'s' if len(names) > 1 else ''} {shown}"


def _size(domain: Domain) -> str:
    shape = domain.shape or ()
    return str(shape[0]) if len(shape) == 1 else str(shape)
