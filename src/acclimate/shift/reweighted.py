"""Whether other weights of the source's rows explain the shift."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from acclimate.shift.domain_classifier import target_likeness
from acclimate.shift.rows import two_samples
from acclimate.types import Array

MOST_ROWS = 2000  # of a side
MAX_WEIGHT = 10.0
GROUPS = 10  # of the jackknife
MOSTLY = 0.5  # part of the separation from which weights count as the explanation


@dataclass(frozen=True)
class ExplainedByWeights:
    """How well the sides can be told apart, before and after the source's rows are weighted to look like the target.

    Attributes:
        before: Area under the ROC curve of a classifier of the sides on held-out rows, 0.5 where they are alike.
        after: The same with weighted source rows.
        share: Part of the separation that is gone, `1 - (after - 0.5) / (before - 0.5)`, in [0, 1]; 0 where there was
            none.
        error: Standard error of the share, by jackknife over rows.
        effective: Source rows that the weights are worth, as a share of all.
    """

    before: float
    after: float
    share: float
    error: float
    effective: float

    @property
    def fits(self) -> bool:
        """Whether weights explain more than half of the separation, by more than one standard error."""
        return self.share - self.error > MOSTLY


def explained_by_weights(
    source: Any,
    target: Any,
    *,
    max_weight: float = MAX_WEIGHT,
    most: int = MOST_ROWS,
    trees: int = 100,
    seed: int = 0,
) -> ExplainedByWeights:
    """Weigh source rows by how target-like they are, and see whether the sides can still be told apart.

    Where bounded weights make the source look like the target, both have their rows in the same places and only come
    there more or less often: a covariate shift, or one of class frequencies, under which a model of the source stays
    right where it was. Where something is left, the target has rows that the source has not, however it is weighted:
    another look of the same things, which weights do not help and moving features may. Weights are
    `p(target | x) / p(source | x)` by a random forest that has not seen the row, at most `max_weight`.

    Fails: with few rows in many features, where the forest sees little of the shift, which then seems to be explained;
    the error is wide there. Two sides that share their support may still differ in what labels mean.

    Args:
        source: (n, d) rows.
        target: (m, d) rows.
        max_weight: Bound of a row's weight.
        most: Rows drawn of each side.
        trees: Of the forest.
        seed: Of the drawing, the folds and the forest.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> x, other = rng.normal(size=(2, 600, 3))
        >>> oftener = other[rng.random(600) < 1 / (1 + np.exp(-2 * other[:, 0]))]
        >>> explained_by_weights(x, oftener).fits, explained_by_weights(x, other + 2).fits
        (True, False)
    """
    from sklearn.ensemble import RandomForestClassifier

    drawn = two_samples(source, target, most, seed)
    forest = RandomForestClassifier(trees, min_samples_leaf=5, class_weight="balanced", random_state=seed, n_jobs=1)
    scores = target_likeness(*drawn, classifier=forest, seed=seed)
    w = np.minimum(np.exp(scores.source), max_weight)
    rng = np.random.default_rng(seed)
    groups = [rng.permutation(np.arange(len(side)) % GROUPS) for side in scores]
    left_out = [
        _share(*_areas(scores.source[groups[0] != k], scores.target[groups[1] != k], w[groups[0] != k]))
        for k in range(GROUPS)
    ]
    before, after = _areas(*scores, w)
    return ExplainedByWeights(
        before,
        after,
        _share(before, after),
        float(np.sqrt((GROUPS - 1) * np.var(left_out))),
        float(w.sum() ** 2 / (w**2).sum() / len(w)),
    )


def _areas(source: Array, target: Array, weights: Array) -> tuple[float, float]:
    """AUC of the target's scores over the source's, unweighted and weighted."""
    return _area(source, target, np.ones(len(source))), _area(source, target, weights)


def _area(source: Array, target: Array, weights: Array) -> float:
    order = np.argsort(source, kind="stable")
    total = np.concatenate([[0.0], np.cumsum(weights[order])])
    ranked = source[order]
    below, upto = (total[np.searchsorted(ranked, target, side=side)] for side in ("left", "right"))
    return float((below + upto).mean() / 2 / total[-1])


def _share(before: float, after: float) -> float:
    return float(np.clip(1 - (after - 0.5) / (before - 0.5), 0, 1)) if before > 0.5 else 0.0
