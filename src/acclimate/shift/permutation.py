"""Permutation p-values of statistics that are read off one matrix over the pooled rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from acclimate.types import Array

BLOCK = 128  # permutations that are worked on together


@dataclass(frozen=True)
class TwoSampleTest:
    """Whether two samples come from one distribution.

    Attributes:
        method: Which test.
        statistic: The larger, the less alike.
        p_value: Share of permutations with a statistic at least as large, the observed one among them; never 0.
        permutations: How many were drawn.
        source_rows: Rows of the source that were used.
        target_rows: Of the target.
    """

    method: str
    statistic: float
    p_value: float
    permutations: int
    source_rows: int
    target_rows: int


class BlockSums(NamedTuple):
    """Sums of a symmetric matrix over pairs of rows, each (k,) for k ways to name the sides; ordered pairs.

    Attributes:
        source: Both rows of the source.
        target: Both of the target.
        across: The first of the source, the second of the target.
    """

    source: Array
    target: Array
    across: Array


def permuted_sides(n: int, m: int, permutations: int, rng: np.random.Generator) -> Array:
    """Which rows are the target's, (1 + permutations, n + m) of 0 and 1; the first line is the truth."""
    truth = np.repeat([0.0, 1.0], [n, m])
    return np.vstack([truth, rng.permuted(np.tile(truth, (permutations, 1)), axis=1)])


def block_sums(K: Array, sides: Array) -> BlockSums:
    """Sums within and across the sides for every line of `sides`, from one matrix: `z' K z` and `z' K 1`."""
    row_sums = K.sum(axis=1)
    inside = np.concatenate([_quadratic(K, sides[i : i + BLOCK]) for i in range(0, len(sides), BLOCK)])
    with_anyone = sides @ row_sums
    return BlockSums(row_sums.sum() - 2 * with_anyone + inside, inside, with_anyone - inside)


def tested(method: str, statistics: Array, n: int, m: int) -> TwoSampleTest:
    """The result of statistics (1 + permutations,), the observed one first.

    Source: Phipson and Smyth, "Permutation p-values should never be zero", 2010, https://arxiv.org/abs/1603.05766.
    """
    observed, permuted = float(statistics[0]), statistics[1:]
    tolerance = 1e-12 * max(1.0, abs(observed))  # sums of equal terms in another order are equal
    p = (1 + int((permuted >= observed - tolerance).sum())) / (1 + len(permuted))
    return TwoSampleTest(method, observed, p, len(permuted), n, m)


def _quadratic(K: Array, z: Array) -> Array:
    return np.asarray(np.einsum("kn,kn->k", z @ K, z))
