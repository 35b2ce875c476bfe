"""Two-sample tests: level under no shift, power under shift, and one matrix for all permutations."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy.stats import binom

from acclimate.errors import InputError
from acclimate.shift import TwoSampleTest, a_distance, classifier_test, energy_test, mmd_test, target_likeness
from acclimate.shift.mmd import median_kernel
from acclimate.shift.permutation import block_sums, permuted_sides
from acclimate.shift.two_sample_classifier import held_out_smoother

TESTS = [mmd_test, energy_test, classifier_test]
REPEATS, LEVEL = 200, 0.05
Test = Callable[..., TwoSampleTest]


def rows(seed: int, n: int, d: int = 4) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, d))


@pytest.mark.parametrize("test", TESTS)
def test_level_without_a_shift(test: Test) -> None:
    def p_value(rng: np.random.Generator) -> float:
        return test(rng.exponential(size=(30, 3)), rng.exponential(size=(45, 3)), permutations=99).p_value

    p = np.array([p_value(np.random.default_rng(seed)) for seed in range(REPEATS)])
    low, high = binom.ppf([0.0005, 0.9995], REPEATS, LEVEL)
    assert low <= (p <= LEVEL).sum() <= high
    assert 0.4 < p.mean() < 0.6


@pytest.mark.parametrize("test", TESTS)
@pytest.mark.parametrize("shift", [lambda x: x + 0.6, lambda x: 2 * x])
def test_power_under_a_shift(test: Test, shift: Callable[[np.ndarray], np.ndarray]) -> None:
    p = [test(rows(2 * k, 80), shift(rows(2 * k + 1, 60)), permutations=99).p_value for k in range(20)]
    assert np.mean(np.array(p) <= LEVEL) >= 0.8


@pytest.mark.parametrize("test", TESTS)
def test_grows_with_the_shift(test: Test) -> None:
    statistics = [test(rows(0, 80), rows(1, 80) + move, permutations=9).statistic for move in (0, 0.5, 1, 2)]
    assert statistics == sorted(statistics)


@pytest.mark.parametrize("test", TESTS)
def test_order_library_and_seed_change_nothing(test: Test) -> None:
    x, y = rows(0, 50), rows(1, 40) + 0.2
    order = np.random.default_rng(5).permutation(50)
    expected = test(x, y)
    assert test(x[order], y[::-1]).p_value == expected.p_value
    assert test(torch.from_numpy(x), torch.from_numpy(y)) == expected


@pytest.mark.parametrize("test", TESTS)
def test_equal_and_constant_rows(test: Test) -> None:
    assert test(np.ones((5, 3)), np.ones((7, 3))).p_value == 1.0
    constant = np.column_stack([rows(0, 30), np.full(30, 3.0)])
    assert np.isfinite(test(constant, constant + 1).statistic)


@pytest.mark.parametrize("test", [*TESTS, a_distance])
def test_what_cannot_be_tested(test: Callable[..., object]) -> None:
    with pytest.raises(InputError, match="at least 2 rows"):
        test(rows(0, 1), rows(1, 9))
    with pytest.raises(InputError, match="NaN or infinity in row 2"):
        test(rows(0, 9), np.where(np.arange(9)[:, None] == 2, np.nan, rows(1, 9)))
    with pytest.raises(InputError, match="4 features and target rows 3"):
        test(rows(0, 9), rows(1, 9, 3))


def test_rows_that_are_drawn_are_said() -> None:
    result = mmd_test(rows(0, 300), rows(1, 50), most=100)
    assert (result.source_rows, result.target_rows) == (100, 50)


def test_mmd_and_energy_by_loops() -> None:
    x, y = rows(0, 12), rows(1, 9) + 1
    both = np.concatenate([x, y])
    z = (both - both.mean(0)) / both.std(0)
    d = np.array([[np.linalg.norm(a - b) for b in z] for a in z])
    pairs = [(i, j) for i in range(21) for j in range(i)]
    k = np.exp(-(d**2) / (2 * np.median([d[i, j] ** 2 for i, j in pairs])))
    same = [np.mean([k[i, j] for i in s for j in s if i != j]) for s in (range(12), range(12, 21))]
    assert mmd_test(x, y).statistic == pytest.approx(sum(same) - 2 * k[:12, 12:].mean())
    expected = 2 * d[:12, 12:].mean() - d[:12, :12].mean() - d[12:, 12:].mean()
    assert energy_test(x, y).statistic == pytest.approx(expected)


def test_sums_of_a_permutation_are_those_of_the_permuted_matrix() -> None:
    K = median_kernel(rows(0, 11))
    sides = permuted_sides(6, 5, 3, np.random.default_rng(0))
    sums = block_sums(K, sides)
    for k, z in enumerate(sides):
        source, target = np.flatnonzero(z == 0), np.flatnonzero(z)
        assert sums.source[k] == pytest.approx(K[np.ix_(source, source)].sum())
        assert sums.target[k] == pytest.approx(K[np.ix_(target, target)].sum())
        assert sums.across[k] == pytest.approx(K[np.ix_(source, target)].sum())


def test_smoother_is_a_regression_refitted_without_the_fold() -> None:
    K, fold = median_kernel(rows(0, 12)) + 1, np.arange(12) % 3
    z = np.random.default_rng(1).normal(size=12)
    train, test = fold != 1, fold == 1
    expected = K[np.ix_(test, train)] @ np.linalg.solve(K[np.ix_(train, train)] + np.eye(8), z[train])
    assert (held_out_smoother(K, fold) @ z)[test] == pytest.approx(expected)


def test_a_distance_is_near_that_of_the_best_classifier() -> None:
    best_error = 0.2266  # of N(0, 1) and N(1.5, 1): P(z > 0.75)
    found = a_distance(rows(0, 800, 1), rows(1, 800, 1) + 1.5)
    assert found.low <= 2 * (1 - 2 * best_error) <= found.high
    assert found.low < found.value < found.high


def test_a_distance_of_no_shift_reaches_zero() -> None:
    zero = [a_distance(rows(2 * k, 80, 10), rows(2 * k + 1, 60, 10)).low <= 0.05 for k in range(30)]
    assert np.mean(zero) >= 0.9


def test_likeness_points_to_the_target() -> None:
    likeness = target_likeness(rows(0, 60), rows(1, 40) + 2)
    assert likeness.source.shape == (60,)
    assert np.mean(likeness.source < 0) > 0.9 < np.mean(likeness.target > 0)
