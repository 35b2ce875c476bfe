"""The nearest source row of every target row, in blocks."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from acclimate.ratio.kernels import squared_distances
from acclimate.types import Array
from acclimate.validators.rows import blocks, unit_rows


class Nearest(NamedTuple):
    """Of each target row.

    Attributes:
        row: (m,) number of the nearest source row.
        value: (m,) cosine similarity, or Euclidean distance.
    """

    row: Array
    value: Array


def nearest_by_cosine(target: Array, source: Array) -> Nearest:
    """The source row (n, d) of the largest cosine for each target row (m, d)."""
    Z, found = unit_rows(source), []
    for rows in blocks(len(target), len(source)):
        S = unit_rows(target[rows]) @ Z.T
        best = S.argmax(axis=1)
        found.append((best, S[np.arange(len(S)), best]))
    return Nearest(*(np.concatenate(part) for part in zip(*found, strict=True)))


def nearest_by_distance(target: Array, source: Array) -> Nearest:
    """The source row (n, d) of the least distance for each target row (m, d)."""
    found = []
    for rows in blocks(len(target), len(source)):
        D = squared_distances(target[rows], source)
        best = D.argmin(axis=1)
        found.append((best, np.sqrt(D[np.arange(len(D)), best])))
    return Nearest(*(np.concatenate(part) for part in zip(*found, strict=True)))
