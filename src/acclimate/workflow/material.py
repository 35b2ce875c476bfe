"""What every candidate is trained and judged on: rows of the source, its hold-out, and the target without labels."""

from __future__ import annotations

from typing import NamedTuple

import torch

from acclimate.data.rows import Rows, TensorRows
from acclimate.types import Array

IN_MEMORY = 2**28  # bytes of float32 images that are decoded once instead of at every step


class Material(NamedTuple):
    """The rows of one run.

    Attributes:
        source: Labelled rows to train on.
        holdout: Labelled source rows that nothing is trained on.
        target: Rows of the target. They carry no labels.
        scalable: Rows are features (n, d) or signals (n, channels, time) that may be standardised; not images.
        num_outputs: Classes, or 1 for regression.
        regression: Labels are numbers.
    """

    source: Rows
    holdout: Rows
    target: Rows
    scalable: bool
    num_outputs: int
    regression: bool


def array_of(rows: Rows) -> Array:
    """The inputs of rows held in memory, (n, ...)."""
    assert isinstance(rows, TensorRows)
    return rows.x.numpy()


def domain_of(rows: Rows) -> Array:
    """Which source each row came from, (n,), positive; 1 where that was not recorded."""
    numbers = torch.ones(len(rows), dtype=torch.int64) if rows.domain is None else rows.domain
    return numbers.numpy()


def held_in_memory(rows: Rows) -> Rows:
    """The same rows decoded once, if they are few and small enough for that."""
    bytes_each = rows.batch(torch.zeros(1, dtype=torch.int64), None).nbytes
    if bytes_each * len(rows) > IN_MEMORY:
        return rows
    return TensorRows(rows.batch(torch.arange(len(rows)), None), rows.y, rows.domain)
