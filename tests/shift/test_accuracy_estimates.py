"""Accuracy without target labels: by loops, in the right direction, and intervals that cover where their word holds."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy.optimize import linprog
from scipy.special import expit, xlogy
from sklearn.linear_model import LogisticRegression

from acclimate.errors import InputError
from acclimate.shift import (
    Estimate,
    accuracy_estimates,
    atc,
    average_confidence,
    cot,
    cott,
    doc,
    expected_under_label_shift,
    expected_under_shift,
    expected_without_shift,
    gde,
    importance_weighted,
    m_cbpe,
    nuclear_norm,
)
from acclimate.types import Array, Predictions

PLAIN = [average_confidence, doc, atc, cot, cott, nuclear_norm]
WEIGHTED = [importance_weighted, m_cbpe]
Estimator = Callable[..., Estimate]


def drawn(seed: int, n: int, centre: float = 0.0, noise: float = 1.0) -> Predictions:
    """Two classes on a line, `P(1 | x) = expit(2 x)`; the model knows the line, so that it is calibrated everywhere."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n) * 1.5 + centre
    y = (rng.random(n) < expit(2 * x / noise)).astype(np.int64)
    logits = np.column_stack([-x, x])
    return Predictions(logits, x[:, None], y=y)


def three(seed: int, n: int, sharpness: float = 2.0) -> Predictions:
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 3
    logits = sharpness * np.eye(3)[y] + rng.normal(size=(n, 3))
    return Predictions(logits, y=y)


def accuracy(predictions: Predictions) -> float:
    assert predictions.y is not None
    return float((predictions.logits.argmax(axis=1) == predictions.y).mean())


def called(estimator: Estimator, source: Predictions, target: Predictions, **options: int) -> Estimate:
    weights = (np.ones(len(source.logits)),) if estimator in WEIGHTED else ()
    return estimator(source, target, *weights, **options)


@pytest.mark.parametrize("estimator", [*PLAIN, *WEIGHTED])
def test_falls_with_what_the_model_can_tell(estimator: Estimator) -> None:
    source = three(0, 300)
    found = [called(estimator, source, three(1, 300, sharpness), bootstrap=5).accuracy for sharpness in (2, 1, 0.2)]
    if estimator is importance_weighted:  # which reads the target through its weights alone
        assert found[0] == found[2] == accuracy(source)
    else:
        assert found == sorted(found, reverse=True)
        assert found[0] - found[2] > 0.05


@pytest.mark.parametrize("estimator", [*PLAIN, *WEIGHTED])
def test_intervals_cover_without_a_shift(estimator: Estimator) -> None:
    truth = accuracy(drawn(10**6, 200_000))
    found = [called(estimator, drawn(2 * k, 250), drawn(2 * k + 1, 250), bootstrap=100) for k in range(60)]
    assert np.mean([one.low <= truth <= one.high for one in found]) >= 0.78  # of intervals that promise 0.9
    assert abs(np.mean([one.accuracy for one in found]) - truth) < 0.02


@pytest.mark.parametrize("estimator", WEIGHTED)
def test_weighted_ones_cover_under_covariate_shift(estimator: Estimator) -> None:
    truth = accuracy(drawn(10**6, 200_000, centre=1.0))
    found = []
    for k in range(60):
        source, target = drawn(2 * k, 400), drawn(2 * k + 1, 300, centre=1.0)
        x = source.logits[:, 1]
        found.append(estimator(source, target, np.exp((x**2 - (x - 1) ** 2) / 4.5), bootstrap=100))
    assert np.mean([one.low <= truth <= one.high for one in found]) >= 0.78


def test_atc_by_loops() -> None:
    source, target = three(0, 40), three(1, 30, 1.0)
    scores = [xlogy(p, p).sum(axis=1) for p in (source.probs, target.probs)]
    assert source.y is not None
    wrong = int((source.logits.argmax(axis=1) != source.y).sum())
    limit = np.sort(scores[0])[wrong]
    assert atc(source, target, bootstrap=2).accuracy == pytest.approx(np.mean(scores[1] >= limit))


def test_cot_is_the_linear_program() -> None:
    source, target = three(0, 21), three(1, 14, 0.5)
    cost, frequencies = 1 - target.probs, np.bincount(source.y) / 21
    rows = [np.kron(np.eye(14), np.ones(3)), np.kron(np.ones(14), np.eye(3))]
    solved = linprog(cost.ravel(), A_eq=np.vstack(rows), b_eq=np.concatenate([np.full(14, 1 / 14), frequencies]))
    assert cot(source, target, bootstrap=2).accuracy == pytest.approx(1 - solved.fun)


def test_nuclear_norm_and_difference_by_hand() -> None:
    source, target = three(0, 30), three(1, 24, 1.0)
    norms = [np.linalg.svd(p, compute_uv=False).sum() / np.sqrt(3 * len(p)) for p in (source.probs, target.probs)]
    assert nuclear_norm(source, target, bootstrap=2).accuracy == pytest.approx(accuracy(source) - norms[0] + norms[1])
    fall = source.probs.max(axis=1).mean() - target.probs.max(axis=1).mean()
    assert doc(source, target, bootstrap=2).accuracy == pytest.approx(accuracy(source) - fall)


def test_many_classes_have_the_same_norm_as_few() -> None:
    rng = np.random.default_rng(0)
    source, target = (Predictions(rng.normal(size=(50, 20)), y=rng.integers(20, size=50)) for _ in range(2))
    norms = [np.linalg.svd(p, compute_uv=False).sum() / np.sqrt(20 * 50) for p in (source.probs, target.probs)]
    expected = np.clip(accuracy(source) - norms[0] + norms[1], 0, 1)
    assert nuclear_norm(source, target, bootstrap=2).accuracy == pytest.approx(expected)


def test_m_cbpe_is_a_logistic_regression_on_the_confidence() -> None:
    source, target = three(0, 300, 1.0), three(1, 200, 0.5)
    weights = np.random.default_rng(0).exponential(size=300)
    z, t = (np.log(p.max(axis=1) / (1 - p.max(axis=1)))[:, None] for p in (source.probs, target.probs))
    right = source.logits.argmax(axis=1) == source.y
    model = LogisticRegression(C=np.inf).fit(z, right, sample_weight=weights)
    expected = model.predict_proba(t)[:, 1].mean()
    assert m_cbpe(source, target, weights, bootstrap=2).accuracy == pytest.approx(expected, abs=2e-3)


def test_agreement_of_calibrated_models_is_their_accuracy() -> None:
    rng = np.random.default_rng(0)
    x, a, b = rng.normal(size=(3, 20_000))
    models = [Predictions(np.column_stack([-x - noise, x + noise])) for noise in (a, b)]
    other_draw = x + rng.normal(size=20_000) > 0  # the truth is one more draw of the kind
    expected = np.mean((models[0].logits[:, 1] > 0) == other_draw)
    found = gde(*models, bootstrap=50)
    assert found.accuracy == pytest.approx(expected, abs=0.01)
    with pytest.raises(InputError, match="same rows"):
        gde(models[0], Predictions(models[1].logits[:9]))


@pytest.mark.parametrize("estimator", [*PLAIN, *WEIGHTED])
def test_order_library_and_target_labels_change_nothing(estimator: Estimator) -> None:
    source, target = three(0, 40), three(1, 30)
    expected = called(estimator, source, target, bootstrap=5)
    tensors = [Predictions(torch.from_numpy(side.logits), y=side.y) for side in (source, target)]
    assert called(estimator, *tensors, bootstrap=5) == expected
    assert called(estimator, source, target._replace(y=None), bootstrap=5) == expected
    order = np.random.default_rng(0).permutation(30)
    shuffled = called(estimator, source, Predictions(target.logits[order]), bootstrap=5)
    assert shuffled.accuracy == pytest.approx(expected.accuracy)


@pytest.mark.parametrize("estimator", [*PLAIN, *WEIGHTED])
def test_hard_cases_stay_numbers(estimator: Estimator) -> None:
    sure = Predictions(1000.0 * np.eye(3)[np.zeros(5, int)], y=np.zeros(5, int))
    for side in (sure, Predictions(np.zeros((2, 3)))):
        found = called(estimator, sure, side, bootstrap=5)
        assert 0 <= found.low <= found.accuracy <= found.high <= 1
    for bad, why in ((sure._replace(y=None), "with y"), (Predictions(np.full((2, 3), np.nan), y=np.zeros(2)), "NaN")):
        with pytest.raises(InputError, match=why):
            called(estimator, bad, sure)
    with pytest.raises(InputError, match="classes"):
        called(estimator, sure, Predictions(np.zeros((2, 4))))


@pytest.mark.parametrize("weights", [np.ones(3), -np.ones(5), np.zeros(5), np.full(5, np.nan)])
def test_weights_that_cannot_be_used(weights: Array) -> None:
    side = three(0, 5)
    with pytest.raises(InputError, match="weights must be 5 numbers"):
        importance_weighted(side, side, weights)


def test_the_expected_one_lies_among_its_panel_and_reaches_lower_for_sides_far_apart() -> None:
    source, target = three(0, 90), three(1, 90, 1.0)
    found = accuracy_estimates(source, target, weights=np.ones(90), other=three(2, 90, 1.0), bootstrap=20)
    assert len({one.method for one in found}) == 9
    near, far = (expected_under_shift(found, distance) for distance in (0.0, 2.0))
    assert min(one.accuracy for one in found) <= near.accuracy <= max(one.accuracy for one in found)
    assert near.low <= near.accuracy <= near.high == far.high
    assert near.low - far.low == pytest.approx(0.3)


def test_without_a_shift_the_interval_holds_the_accuracy_on_as_many_rows() -> None:
    sides = [(drawn(2 * k, 200), drawn(2 * k + 1, 150)) for k in range(80)]
    found = [(expected_without_shift(source, 150, bootstrap=100), accuracy(target)) for source, target in sides]
    assert np.mean([one.low <= truth <= one.high for one, truth in found]) >= 0.82


def test_under_label_shift_classes_count_as_in_the_target() -> None:
    source = three(0, 90)._replace(y=np.repeat([0, 1, 2], 30))
    right = [float((source.logits.argmax(axis=1) == source.y)[source.y == k].mean()) for k in range(3)]
    found = expected_under_label_shift(source, source, np.array([0.0, 0.6, 2.4]), bootstrap=5)
    assert found.accuracy == pytest.approx(0.2 * right[1] + 0.8 * right[2])
