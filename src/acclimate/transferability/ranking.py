"""Several models compared on the same rows: scores, how sure they are, and what shuffled labels would score."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from acclimate.transferability.pools import combined
from acclimate.transferability.registry import POOL_SCORES, SCORES
from acclimate.types import Array

DRAWS, PERMUTATIONS = 30, 10
LEVEL = 0.9  # of an interval


@dataclass(frozen=True, eq=False)
class Scored:
    """One score of all models.

    Attributes:
        key: Of the score, see `SCORES` and `POOL_SCORES`.
        values: (m,) on all rows.
        draws: (b, m) what it might have been on other rows of the same kind; the same rows for all models.
        shuffled: (p, m) on the same rows with their labels permuted; the same permutations for all models.
    """

    key: str
    values: Array
    draws: Array
    shuffled: Array

    @property
    def low(self) -> Array:
        """Lower ends of the intervals, (m,)."""
        return np.asarray(np.quantile(self.draws, (1 - LEVEL) / 2, axis=0))

    @property
    def high(self) -> Array:
        """Upper ends, (m,)."""
        return np.asarray(np.quantile(self.draws, (1 + LEVEL) / 2, axis=0))

    @property
    def wins(self) -> Array:
        """Share of the draws in which each model scores highest, (m,); ties are shared."""
        best = self.draws >= self.draws.max(axis=1, keepdims=True)
        return np.asarray((best / best.sum(axis=1, keepdims=True)).mean(axis=0))

    @property
    def beats(self) -> Array:
        """Share of the draws in which the model of a row scores above that of a column, (m, m); ties count half."""
        rows, columns = self.draws[:, :, None], self.draws[:, None, :]
        return np.asarray(((rows > columns) + 0.5 * (rows == columns)).mean(axis=0))

    @property
    def above_shuffled(self) -> Array:
        """How many standard deviations of its shuffled scores each model's score lies above their mean, (m,)."""
        spread = self.shuffled.std(axis=0, ddof=1)
        floor = 1e-12 * np.maximum(np.abs(self.values), 1.0)
        return np.asarray((self.values - self.shuffled.mean(axis=0)) / np.maximum(spread, floor))


def score_models(
    features: Mapping[str, Array],
    labels: Array,
    keys: Sequence[str],
    *,
    draws: int = DRAWS,
    permutations: int = PERMUTATIONS,
    seed: int = 0,
    advance: Callable[[int], None] = lambda _: None,
) -> dict[str, Scored]:
    """Scores of all models.

    Intervals come from halves of the rows drawn without replacement, of each class half: the spread of a mean over
    such halves is that of a mean over all rows. (Drawing with replacement, as the plain bootstrap does, would put
    copies of a row among its own neighbours.) As a score of half the rows is not that of all, halves are moved to lie
    around the score of all rows.

    Args:
        features: Of each model, (n, d); d may differ.
        labels: (n,) integers.
        keys: Which scores; one of `POOL_SCORES` needs two models.
        draws: Halves.
        permutations: Of the labels.
        seed: Of both.
        advance: Called with 1 after each model and score.

    Returns:
        By key.
    """
    rng = np.random.default_rng(seed)
    halves = [half_of(labels, rng) for _ in range(draws)]
    shuffles = [rng.permutation(labels) for _ in range(permutations)]
    found = {}
    for key in keys:
        function = SCORES[key].function if key in SCORES else POOL_SCORES[key].parts
        columns = []
        for X in features.values():
            columns.append(_column(function, X, labels, halves, shuffles))
            advance(1)
        values, half, shuffled = (np.stack(parts, axis=1) for parts in zip(*columns, strict=True))
        if key in POOL_SCORES:
            weights, own = POOL_SCORES[key].weights, values[0]
            values, half = combined(values, weights), combined(half, weights)
            shuffled = combined(shuffled, weights, own)  # by the scale of the true labels, or noise would fill it
        found[key] = Scored(key, values[0], values + half - half.mean(axis=0), shuffled)
    return found


def _column(
    function: Callable[[Any, Any], Any], X: Array, y: Array, halves: Sequence[Array], shuffles: Sequence[Array]
) -> tuple[Array, Array, Array]:
    """What a function says of all rows, (1, ...), of halves, (b, ...), and with shuffled labels, (p, ...)."""
    half = np.array([function(X[rows], y[rows]) for rows in halves])
    return np.array([function(X, y)]), half, np.array([function(X, shuffled) for shuffled in shuffles])


def half_of(labels: Array, rng: np.random.Generator) -> Array:
    """Half of the rows of each class, at least two, sorted; of an odd number one more or less by chance."""
    chosen = []
    for label in np.unique(labels):
        rows = rng.permutation(np.flatnonzero(labels == label))
        chosen.append(rows[: max(2, (len(rows) + int(rng.integers(2))) // 2)])
    return np.sort(np.concatenate(chosen))


def some_of_each(labels: Array, most: int, seed: int) -> Array:
    """At most `most` rows of each class, drawn at random, sorted."""
    rng = np.random.default_rng(seed)
    return np.sort(np.concatenate([rng.permutation(np.flatnonzero(labels == c))[:most] for c in np.unique(labels)]))
