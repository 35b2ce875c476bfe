"""Mixed rows as probes: does a mix of two rows have the class of the larger part?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from acclimate.errors import InputError
from acclimate.types import Array, Predictions
from acclimate.validators.base import Validator
from acclimate.validators.probabilities import finite_matrix
from acclimate.validators.rows import in_own_order

Mix = Callable[[Array, Array, float], Any]
DRAWS = 5  # partners of each row and kind


def mixval(logits: Any, mix: Mix | None = None, *, share: float = 0.55, draws: int = DRAWS, seed: int = 0) -> float:
    """Mean of two accuracies on mixes `share x_i + (1 - share) x_j`, i's predicted class being right; higher is better.

    One is over pairs of rows predicted to be of one class, the other over pairs of two classes; a kind of pair that
    there is none of does not count.

    Args:
        logits: (n, c) of the target, array or tensor.
        mix: `mix(i, j, share)` predicts the mixes of rows i and j, (k,) each: logits (k, c) of mixed inputs. None: the
            same mix of the logits, which is what a linear head says of mixed features.
        share: Of the larger part, above 0.5.
        draws: Partners of each row and kind.
        seed: Draws each row's partners.

    Returns:
        A number from 0 to 1.

    Raises:
        InputError: If `logits` is not a matrix, is empty, or holds NaN or infinity, or the share is not in (0.5, 1).
    """
    if not 0.5 < share < 1:
        raise InputError(f"share must be above 0.5 and below 1, but it is {share}.")
    z = finite_matrix(logits, "logits")
    labels, rng = z.argmax(axis=1), np.random.default_rng(seed)
    found = {alike: [_right(z, labels, mix, share, alike, rng) for _ in range(draws)] for alike in (True, False)}
    kinds = [np.mean(np.concatenate(right)) for right in found.values() if len(right[0])]
    return float(np.mean(kinds)) if kinds else 0.0


def _right(z: Array, labels: Array, mix: Mix | None, share: float, alike: bool, rng: np.random.Generator) -> Array:
    """Whether the mix of each row and its partner has the row's class, for rows that have a partner."""
    i, j = _pairs(labels, alike, rng)
    if not len(i):
        return np.zeros(0)
    mixed = share * z[i] + (1 - share) * z[j] if mix is None else finite_matrix(mix(i, j, share), "mixes")
    return np.asarray(mixed.argmax(axis=1) == labels[i], dtype=np.float64)


def _pairs(labels: Array, alike: bool, rng: np.random.Generator) -> tuple[Array, Array]:
    """For every row another of its class, or one of another class, where there is one; rows sorted by class."""
    order = np.argsort(labels, kind="stable")
    _, starts, counts = np.unique(labels[order], return_index=True, return_counts=True)
    start, count = np.repeat(starts, counts), np.repeat(counts, counts)
    i, n = np.arange(len(order)), len(order)
    choices = count - 1 if alike else n - count
    step = rng.integers(np.maximum(choices, 1))
    partner = start + (i - start + 1 + step) % count if alike else (start + count + step) % n
    some = choices > 0
    return order[i[some]], order[partner[some]]


@dataclass(frozen=True)
class MixVal(Validator):
    """Consistency of predictions on mixes of target rows: higher is better.

    Fails for linear heads, of whose confidence it tells little else than margins, and by preferring models that are
    sure of well separated wrong classes; with one class predicted nothing is left to be inconsistent. On 50 real pairs
    it recovered half of the possible gain with harm in 16 %.

    Args:
        mix: As in `mixval`; the default mixes logits. Rows are those of the predictions, in their order.
        share: Of the larger part.
        seed: Draws the partners.

    Source: Hu et al., "Mixed samples as probes for unsupervised model selection in domain adaptation", NeurIPS 2023,
    https://openreview.net/forum?id=ackajXqei2.
    """

    mix: Mix | None = None
    share: float = 0.55
    seed: int = 0

    key = "mixval"
    title = "Mixed rows"
    higher_is_better = True
    needs = ("target",)

    def score(self, target: Predictions) -> float:
        """See `mixval`."""
        logits = target.logits if self.mix is not None else in_own_order(target._replace(features=None)).logits
        return mixval(logits, self.mix, share=self.share, seed=self.seed)
