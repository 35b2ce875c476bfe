"""What linear models trained on the source say of rows that they have not seen."""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np
from sklearn.model_selection import StratifiedKFold

from acclimate.estimators.regularization import choose_regularization, logistic_regression
from acclimate.types import Array, Predictions

FOLDS = 3
MOST_TO_CHOOSE = 1000  # rows on which the penalty is chosen


class HeldOut(NamedTuple):
    """Logits of both sides, each row's by a model that has not seen it, all of models of one kind.

    Attributes:
        source: With labels.
        target: Each row by one of the fold models, drawn at random, so that under no shift both sides are alike.
        other: The target by another of the fold models, for their agreement.
    """

    source: Predictions
    target: Predictions
    other: Predictions


def held_out_predictions(Xs: Array, ys: Array, Xt: Array, num_classes: int, seed: int = 0) -> HeldOut:
    """Cross-fit a logistic regression on features scaled by the source.

    Args:
        Xs: (n, d).
        ys: (n,) class indices; at least two classes.
        Xt: (m, d).
        num_classes: c.
        seed: Of the folds.
    """
    spread = Xs.std(axis=0)
    Xs, Xt = ((X - Xs.mean(axis=0)) / np.where(spread > 0, spread, 1.0) for X in (Xs, Xt))
    rng = np.random.default_rng(seed)
    few = rng.permutation(len(ys))[:MOST_TO_CHOOSE]
    C = choose_regularization(Xs[few], ys[few], seed)
    source = np.empty((len(Xs), num_classes))
    target = np.empty((FOLDS, len(Xt), num_classes))
    for k, (train, test) in enumerate(_splits(ys, seed)):
        model = logistic_regression(C).fit(Xs[train], ys[train])
        source[test] = _logits(model, Xs[test], num_classes)
        target[k] = _logits(model, Xt, num_classes)
    which, rows = rng.integers(FOLDS, size=len(Xt)), np.arange(len(Xt))
    sides = (target[which, rows], target[(which + 1) % FOLDS, rows])
    return HeldOut(Predictions(source, Xs, y=ys), *(Predictions(side, Xt) for side in sides))


def _splits(y: Array, seed: int) -> list[tuple[Array, Array]]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The least populated class")
        return list(StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(np.zeros(len(y)), y))


def _logits(model: object, X: Array, num_classes: int) -> Array:
    """Log-probabilities, (k, c); of a class that the fold lacks, very small ones."""
    out = np.full((len(X), num_classes), -30.0)
    out[:, model.classes_] = model.predict_log_proba(X)  # type: ignore[attr-defined]
    return np.asarray(np.maximum(out, -30.0))
