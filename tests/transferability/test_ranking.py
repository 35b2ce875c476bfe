"""Intervals, wins and the shuffled control of several models on the same rows."""

from __future__ import annotations

import numpy as np
import pytest

from acclimate.transferability import etran, ncti
from acclimate.transferability.pools import combined
from acclimate.transferability.ranking import Scored, half_of, score_models, some_of_each
from acclimate.transferability.recommendation import Model, Ranking
from tests.transferability.naive import made


def scored(values: list[float], draws: list[list[float]], shuffled: list[list[float]]) -> Scored:
    return Scored("ridge_loo", np.array(values), np.array(draws), np.array(shuffled))


def ranking(one: Scored, models: tuple[Model, ...]) -> Ranking:
    return Ranking("photos", 100, 200, 3, models, "ridge_loo", {"ridge_loo": one}, 0)


def test_wins_and_pairs_by_hand() -> None:
    draws = [[0.9, 0.6, 0.6], [0.7, 0.7, 0.5], [0.8, 0.9, 0.6], [0.9, 0.8, 0.8]]
    one = scored([0.8, 0.7, 0.7], draws, [[0, 0, 0], [0.2, 0, 0]])
    np.testing.assert_allclose(one.wins, [2.5 / 4, 1.5 / 4, 0])
    np.testing.assert_allclose(one.beats[0], [0.5, 2.5 / 4, 1])
    np.testing.assert_allclose(one.beats + one.beats.T, 1)
    assert one.above_shuffled[0] == pytest.approx(0.7 / np.std([0, 0.2], ddof=1))


def test_the_spread_of_halves_is_that_of_new_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a mean, whose standard error is known."""
    from acclimate.transferability import ranking as module
    from acclimate.transferability import registry

    mean = registry.Score("mean", "Mean", lambda X, y: float(X.mean()))
    monkeypatch.setitem(module.SCORES, "mean", mean)
    X = np.random.default_rng(0).normal(size=(400, 1))
    found = score_models({"a": X}, np.zeros(400, dtype=int), ["mean"], draws=400, permutations=1)["mean"]
    assert found.draws.std() == pytest.approx(X.std() / 20, rel=0.1)
    assert found.draws.mean() == pytest.approx(float(found.values[0]))


def test_halves_hold_of_each_class_half_and_no_row_twice() -> None:
    labels = np.repeat([0, 1, 2], [20, 7, 2])
    rows = half_of(labels, np.random.default_rng(0))
    assert len(set(rows.tolist())) == len(rows)
    counts = np.bincount(labels[rows])
    assert counts[0] == 10
    assert counts[1] in (3, 4)
    assert counts[2] == 2  # fewer would leave nothing once a row is left out
    np.testing.assert_array_equal(np.bincount(labels[some_of_each(labels, 5, 0)]), [5, 5, 2])


def test_better_features_win_and_all_models_see_the_same_rows() -> None:
    good, y = made(3.0, n=120)
    found = score_models(
        {"good": good, "twin": good.copy(), "blind": made(0.0, n=120)[0]},
        y,
        ["ridge_loo", "logme"],
        draws=8,
        permutations=5,
    )
    for one in found.values():
        np.testing.assert_array_equal(one.draws[:, 0], one.draws[:, 1])
        np.testing.assert_allclose(one.wins, [0.5, 0.5, 0])
        assert one.above_shuffled[0] > 5 > abs(one.above_shuffled[2])


def test_scores_of_a_pool_are_those_of_its_features_and_shuffled_labels_stay_low() -> None:
    features = {name: made(apart, n=120)[0] for name, apart in (("good", 4.0), ("fair", 1.0), ("blind", 0.0))}
    y = made(3.0, n=120)[1]
    rng = np.random.default_rng(5)
    halves = [half_of(y, rng) for _ in range(6)]
    for key, function in (("etran", etran), ("ncti", ncti)):
        one = score_models(features, y, [key], draws=6, permutations=4, seed=5)[key]
        assert one.values.tolist() == pytest.approx(list(function(features, y).values()))
        of_halves = np.array([list(function({n: X[h] for n, X in features.items()}, y[h]).values()) for h in halves])
        np.testing.assert_allclose(one.draws - one.values, of_halves - of_halves.mean(axis=0), atol=1e-9)
        assert one.shuffled.shape == (4, 3)
    assert np.all(np.abs(one.shuffled[:, 0] - one.shuffled[:, 2]) < 0.5 * (one.values[0] - one.values[2]))


def test_a_pool_is_scaled_by_its_reference_and_what_is_alike_counts_nothing() -> None:
    parts = np.array([[1.0, 5.0], [3.0, 5.0], [2.0, 5.0]])
    np.testing.assert_allclose(combined(parts, (2.0, 1.0)), [0, 2, 1])
    np.testing.assert_allclose(combined(np.stack([parts, parts - 2]), (2.0, 1.0), parts), [[0, 2, 1], [-2, 0, -1]])


MODELS = (Model("small", 8, 1_000, 0.6), Model("large", 16, 9_000, 0.7), Model("file", 4))


def test_a_clear_winner_and_rivals() -> None:
    shuffled = [[0.1, 0.1, 0.1], [0.12, 0.1, 0.1], [0.11, 0.12, 0.1]]
    clear = ranking(scored([0.9, 0.7, 0.6], [[0.9, 0.7, 0.6]] * 10, shuffled), MODELS)
    assert (clear.best.name, clear.rivals, clear.is_noise) == ("small", (), False)
    assert clear.headline.startswith("Take small. small ranks first by Ridge LOO, in 100% of the draws.")
    assert clear.baselines() == {
        "number of parameters": {0: 1_000, 1: 9_000},  # a file has none
        "ImageNet accuracy": {0: 0.6, 1: 0.7},
    }
    assert any("large among the 2 models of which it is known" in reason for reason in clear.reasons())
    two = ranking(scored([0.9, 0.89], [[0.9, 0.8]] * 8 + [[0.8, 0.9]] * 2, [row[:2] for row in shuffled]), MODELS[:2])
    assert [model.name for model in two.rivals] == ["large"]
    assert "do not tell them apart" in two.headline
    assert any("By number of parameters alone it would be large" in reason for reason in two.reasons())
    assert "100 of 200 rows" in two.reasons()[-1]


def test_nothing_is_recommended_where_labels_are_noise() -> None:
    found = ranking(
        scored([0.3, 0.2, 0.2], [[0.3, 0.2, 0.2]] * 4, [[0.2, 0.1, 0.3], [0.3, 0.3, 0.1], [0.4, 0.1, 0.2]]), MODELS
    )
    assert found.is_noise
    assert found.headline.startswith("No model can be recommended")
    assert found.to_json()["recommended"] is None
