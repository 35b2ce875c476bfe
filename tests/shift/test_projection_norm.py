"""Projection norm: heads by hand, growth with the shift, noise beside it."""

from __future__ import annotations

import numpy as np
import pytest

from acclimate.errors import InputError
from acclimate.shift import projection_norm
from acclimate.types import Array, Predictions


def said(x: Array, y: Array | None = None) -> Predictions:
    """A model that was trained where classes differ in the first feature."""
    return Predictions(4 * np.column_stack([-x[:, 0], x[:, 0]]), x, y)


def rows(n: int, turn: float, seed: int) -> tuple[Array, Array]:
    """Two classes whose difference is turned by so many radians."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n)
    return rng.normal(size=(n, 2)) + np.outer(2 * y - 1, [2 * np.cos(turn), 2 * np.sin(turn)]), y


def test_it_grows_as_the_shift_does_and_is_noise_where_there_is_none() -> None:
    source = said(*rows(2000, 0.0, 0))
    found = [projection_norm(source, said(rows(2000, 0.0, 1)[0] + [move, 0])) for move in (0.0, 0.5, 1.0, 1.5)]
    norms = [each.target for each in found]
    assert norms == sorted(norms)
    assert norms[0] < 2 * found[0].without_shift
    assert norms[1] > 3 * found[0].without_shift


def test_heads_are_those_of_scikit_learn() -> None:
    from sklearn.linear_model import Ridge

    x, y = rows(50, 0.0, 0)
    z = rows(25, 0.5, 1)[0]
    found = projection_norm(said(x, y), said(z), ridge=0.1, seed=3)
    rng = np.random.default_rng(3)
    a, t = rng.permutation(50)[:25], rng.permutation(25)

    def head(features: Array, labels: Array) -> Array:
        scaled = np.column_stack([(features - x.mean(0)) / x.std(0), np.ones(len(features))])
        return Ridge(alpha=0.1 * 25, fit_intercept=False).fit(scaled, np.eye(2)[labels]).coef_

    expected = np.linalg.norm(head(z[t], (z[t, 0] > 0).astype(int)) - head(x[a], y[a]))
    assert found.target == pytest.approx(expected)


def test_a_class_that_is_never_predicted_is_no_error() -> None:
    x, y = rows(40, 0.0, 0)
    assert np.isfinite(projection_norm(said(x, y), said(np.abs(x) + 1)).target)


def test_too_few_rows_and_missing_labels_are_named() -> None:
    x, y = rows(3, 0.0, 0)
    with pytest.raises(InputError, match="four source rows"):
        projection_norm(said(x, y), said(x))
    with pytest.raises(InputError, match="pass source with y"):
        projection_norm(said(x), said(x))
    with pytest.raises(InputError, match="with features"):
        projection_norm(said(x, y), Predictions(x))
