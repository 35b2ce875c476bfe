"""Prediction sets hold the true label as often as promised, under the shift they are made for."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from acclimate.errors import InputError
from acclimate.shift import conformal_sets_covariate, conformal_sets_label
from acclimate.types import Predictions

LEVEL, REPEATS = 0.8, 150


def on_a_line(rng: np.random.Generator, n: int, centre: float) -> Predictions:
    """A model that is wrong in its scale, so that only conformal correction makes the promise hold."""
    x = rng.normal(size=n) + centre
    return Predictions(np.column_stack([-x, x]), x[:, None], y=(rng.random(n) < expit(1.2 * x)).astype(np.int64))


def of_classes(rng: np.random.Generator, counts: tuple[int, int, int]) -> Predictions:
    y = np.repeat(np.arange(3), counts)
    sure = np.array([4.0, 2.0, 0.5])[y]  # the classes are not equally easy
    return Predictions(sure[:, None] * np.eye(3)[y] + rng.normal(size=(len(y), 3)), y=y)


def held(sets: np.ndarray, y: np.ndarray) -> float:
    return float(sets[np.arange(len(y)), y].mean())


def test_covariate_shift() -> None:
    weighted, plain = [], []
    for k in range(REPEATS):
        rng = np.random.default_rng(k)
        source, target = on_a_line(rng, 200, 1.5), on_a_line(rng, 50, 0.0)  # from easy rows to hard ones
        v, w = (np.exp(1.125 - 1.5 * side.features[:, 0]) for side in (source, target))
        weighted.append(held(conformal_sets_covariate(source, target, v, w, level=LEVEL), target.y))
        plain.append(held(conformal_sets_covariate(source, target, v**0, w**0, level=LEVEL), target.y))
    assert np.mean(weighted) >= LEVEL - 0.02
    assert np.mean(plain) < LEVEL - 0.02


def test_label_shift() -> None:
    weighted, plain = [], []
    for k in range(REPEATS):
        rng = np.random.default_rng(k)
        source, target = of_classes(rng, (80, 80, 40)), of_classes(rng, (5, 5, 40))
        weights = np.array([0.1, 0.1, 0.8]) / [0.4, 0.4, 0.2]
        weighted.append(held(conformal_sets_label(source, target, weights, level=LEVEL), target.y))
        plain.append(held(conformal_sets_label(source, target, np.ones(3), level=LEVEL), target.y))
    assert np.mean(weighted) >= LEVEL - 0.02
    assert np.mean(plain) < LEVEL - 0.02


def test_a_row_unlike_any_gets_all_labels() -> None:
    source, target = (on_a_line(np.random.default_rng(k), 20, 0.0) for k in range(2))
    sets = conformal_sets_covariate(source, target, np.ones(20), np.where(np.arange(20) == 3, 1e9, 1.0))
    assert sets[3].all()
    assert sets.any(axis=1).all()


def test_bad_arguments() -> None:
    side = on_a_line(np.random.default_rng(0), 20, 0.0)
    with pytest.raises(InputError, match="source_weights must be 20"):
        conformal_sets_covariate(side, side, np.ones(3), np.ones(20))
    with pytest.raises(InputError, match="class_weights must be 2"):
        conformal_sets_label(side, side, np.ones(3))
    with pytest.raises(InputError, match="level"):
        conformal_sets_label(side, side, np.ones(2), level=1.0)
