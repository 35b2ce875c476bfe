"""Rows that stand on both sides, or twice on one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from acclimate.ratio.kernels import squared_distances
from acclimate.shift.rows import two_samples
from acclimate.types import Array

TOLERANCE = 0.05  # of the distance that a source row usually has to the nearest other one
MOST_ROWS = 4000  # of a side, for near duplicates
BLOCK = 512
SHOWN = 20


@dataclass(frozen=True)
class Duplicates:
    """Equal and almost equal rows.

    Attributes:
        exact: Target rows that are a source row too.
        within_source: Source rows that repeat an earlier one.
        within_target: Target rows that repeat an earlier one.
        near: Target rows, among those looked at, almost equal to a source row but not equal.
        near_looked_at: How many target rows were looked at for `near`.
        pairs: Some (source row, target row), exact ones first.
    """

    exact: int
    within_source: int
    within_target: int
    near: int
    near_looked_at: int
    pairs: tuple[tuple[int, int], ...]


def content_keys(X: Array) -> list[bytes]:
    """What is in each row, (n,): equal exactly where rows are equal."""
    rows = np.ascontiguousarray(X.reshape(len(X), -1) + 0.0)  # minus zero is zero
    return [row.tobytes() for row in rows]


def find_duplicates(
    source: Any,
    target: Any,
    *,
    source_keys: Sequence[Hashable] | None = None,
    target_keys: Sequence[Hashable] | None = None,
    tolerance: float = TOLERANCE,
    most: int = MOST_ROWS,
    seed: int = 0,
) -> Duplicates:
    """Rows of both sides that are the same by content, and those that nearly are.

    A leak between the sides makes any accuracy look better than it will be. Near: a target row's nearest source row is
    closer than `tolerance` of the distance that source rows usually (median) have to their nearest other row.

    Fails: in tables of few different values rows are equal by chance; compare with the repeats within each side, which
    are counted too. Frames of one film or crops of one photograph are not near by their pixels.

    Args:
        source: (n, d) rows.
        target: (m, d) rows.
        source_keys: (n,) content hashes, where rows are features of something else, such as an image file.
        target_keys: (m,) the same.
        tolerance: See above.
        most: Rows drawn of each side to look for near duplicates.
        seed: Of the drawing.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> x, y = rng.normal(size=(2, 50, 3))
        >>> y[7], y[8] = x[3], x[4] + 1e-6
        >>> found = find_duplicates(x, y)
        >>> found.exact, found.near, found.pairs
        (1, 1, ((3, 7), (4, 8)))
    """
    drawn = two_samples(source, target)
    ours = content_keys(drawn.source) if source_keys is None else source_keys
    theirs = content_keys(drawn.target) if target_keys is None else target_keys
    first = {key: row for row, key in reversed(list(enumerate(ours)))}
    exact = [(first[key], row) for row, key in enumerate(theirs) if key in first]
    near, looked_at = _near_pairs(drawn.source, drawn.target, tolerance, most, seed)
    equal = {row for _, row in exact}
    near = [(a, b) for a, b in near if b not in equal]
    ours_twice, theirs_twice = (len(keys) - len(Counter(keys)) for keys in (ours, theirs))
    return Duplicates(len(exact), ours_twice, theirs_twice, len(near), looked_at, tuple([*exact, *near][:SHOWN]))


def _near_pairs(source: Array, target: Array, tolerance: float, most: int, seed: int) -> tuple[list[Any], int]:
    rng = np.random.default_rng(seed)
    ours, theirs = (np.sort(rng.permutation(len(X))[:most]) for X in (source, target))
    spread = source.std(axis=0)
    a, b = (X / np.where(spread > 0, spread, 1.0) for X in (source[ours], target[theirs]))
    usual, _ = _nearest(a, a, apart=True)
    distance, nearest = _nearest(b, a)
    found = np.flatnonzero(distance < tolerance * np.median(usual))
    return [(int(ours[nearest[row]]), int(theirs[row])) for row in found], len(theirs)


def _nearest(X: Array, reference: Array, apart: bool = False) -> tuple[Array, Array]:
    """Distance to the nearest reference row and its number; `apart`: to one that is not equal."""
    distances, rows = np.empty(len(X)), np.empty(len(X), dtype=np.int64)
    noise = 1e-12 * float((reference**2).sum(axis=1).mean() + 1e-300)  # what rounding leaves of zero
    for i in range(0, len(X), BLOCK):
        D = squared_distances(X[i : i + BLOCK], reference)
        if apart:
            D[noise >= D] = np.inf
        rows[i : i + BLOCK] = D.argmin(axis=1)
        distances[i : i + BLOCK] = D.min(axis=1)
    return np.sqrt(distances), rows
