"""Correlations of scores with accuracies."""

from __future__ import annotations

import pytest
from scipy import stats

from acclimate.errors import InputError
from acclimate.transferability import evaluate_ranking

SCORES = [3.0, 1.0, 2.0, 5.0]
ACCURACIES = [0.8, 0.5, 0.9, 0.7]


def test_figures_by_hand() -> None:
    found = evaluate_ranking(SCORES, ACCURACIES)
    # Pairs in order: (0,1), (1,2), (1,3) agree; (0,2), (0,3), (2,3) do not.
    assert found.tau == pytest.approx(0.0)
    assert found.weighted_tau == pytest.approx(stats.weightedtau(SCORES, ACCURACIES)[0])
    assert found.pearson == pytest.approx(stats.pearsonr(SCORES, ACCURACIES)[0])
    assert (found.relative, found.recall) == (pytest.approx(7 / 9), 0.0)
    top = evaluate_ranking(SCORES, ACCURACIES, k=3)
    assert (top.relative, top.recall, top.k) == (1.0, 1.0, 3)


def test_a_perfect_order_and_its_reverse() -> None:
    for sign in (1, -1):
        found = evaluate_ranking([sign * a for a in ACCURACIES], ACCURACIES)
        assert found[:3] == pytest.approx((sign, sign, sign))


def test_mappings_are_matched_by_name() -> None:
    names = "abcd"
    scores = dict(zip(names, SCORES, strict=True))
    accuracies = dict(zip(reversed(names), reversed(ACCURACIES), strict=True))
    assert evaluate_ranking(scores, accuracies) == evaluate_ranking(SCORES, ACCURACIES)
    with pytest.raises(InputError, match="'d'"):
        evaluate_ranking(scores, {name: accuracies[name] for name in "abc"})


def test_equal_scores_rank_nothing() -> None:
    assert evaluate_ranking([1, 1, 1], [1, 2, 3])[:3] == (0, 0, 0)


@pytest.mark.parametrize(
    ("scores", "accuracies", "k"),
    [([1.0], [1.0], 1), ([1, 2], [1, 2, 3], 1), ([1, float("nan")], [1, 2], 1), ([1, 2], [1, 2], 3)],
)
def test_bad_input(scores: list[float], accuracies: list[float], k: int) -> None:
    with pytest.raises(InputError):
        evaluate_ranking(scores, accuracies, k=k)
