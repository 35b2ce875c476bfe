"""The layout of features in the plane."""

from __future__ import annotations

import numpy as np
import pytest

from acclimate.report.embedding import embed, thin


def test_same_features_and_seed_give_the_same_layout():
    x = np.random.default_rng(0).normal(size=(60, 70))
    first, method = embed(x, seed=3)
    assert method == "t-SNE"
    assert first.shape == (60, 2)
    np.testing.assert_array_equal(first, embed(x, seed=3)[0])


def test_groups_that_are_apart_stay_apart():
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(size=(40, 10)), rng.normal(size=(40, 10)) + 20])
    points, _ = embed(x, seed=0)
    within = np.linalg.norm(points[:40] - points[:40].mean(0), axis=1).max()
    between = np.linalg.norm(points[:40].mean(0) - points[40:].mean(0))
    assert between > within


def test_few_rows_are_laid_out_by_pca():
    points, method = embed(np.random.default_rng(0).normal(size=(5, 9)), seed=0)
    assert (method, points.shape) == ("PCA", (5, 2))
    assert points[:, 0].std() >= points[:, 1].std()


@pytest.mark.parametrize("x", [np.ones((40, 5)), np.arange(4.0)[:, None], np.eye(2), np.zeros((1, 7))])
def test_what_needs_no_embedding_stands_as_it_is(x):
    points, method = embed(x, seed=0)
    assert method == "the features themselves"
    np.testing.assert_array_equal(points[:, : x.shape[1]], x[:, :2])


def test_values_that_are_not_finite_do_not_spread():
    x = np.random.default_rng(0).normal(size=(40, 5))
    x[3, 2], x[4, 1] = np.nan, np.inf
    assert np.isfinite(embed(x, seed=0)[0]).all()


def test_thinning_draws_rows_once_and_repeatably():
    rows = thin(1000, 50, seed=1)
    assert len(set(rows)) == 50
    assert (np.diff(rows) > 0).all()
    np.testing.assert_array_equal(rows, thin(1000, 50, seed=1))
    assert not np.array_equal(rows, thin(1000, 50, seed=2))
    np.testing.assert_array_equal(thin(3, 50, seed=1), [0, 1, 2])
