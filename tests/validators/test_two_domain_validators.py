"""Validators of source and target: numbers of pytorch-adapt 0.0.83, and slow twins of the formulas."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

from acclimate.errors import InputError
from acclimate.types import Predictions
from acclimate.validators import (
    DEV,
    MMD,
    PerClass,
    ReverseValidation,
    cot,
    dev,
    find_validator,
    ist,
    iwv,
    knn,
    mmd,
    nearest_source,
    nearest_source_l2,
    per_class,
    reverse_validation,
    source_average_precision,
    source_balanced_accuracy,
    source_weights,
    target_knn,
)
from tests.golden.oracles import pytorch_adapt, pytorch_adapt_inputs

ROWS = importlib.import_module("acclimate.validators.rows")
INPUTS = {name: value.numpy() for name, value in pytorch_adapt_inputs().items()}
X, Y = INPUTS["x"], INPUTS["y"]


def squares(A: np.ndarray, B: np.ndarray) -> np.ndarray:
    return ((A[:, None] - B[None]) ** 2).sum(-1)


def test_discrepancy_is_the_references() -> None:
    between = np.sort(squares(X, X).ravel())
    gamma = 1 / between[(len(between) - 1) // 2]
    assert mmd(X, Y, gamma) == pytest.approx(pytorch_adapt("mmd^2(x, y), unbiased quadratic, 1 kernel"), abs=1e-9)
    assert mmd(X, Y[:9], 0.5) == pytest.approx(pytorch_adapt("mmd^2(x, y[:9])"), abs=1e-9)


def test_information_on_the_domain_is_the_references_number_but_less_is_better() -> None:
    assert ist(X, Y) == pytest.approx(pytorch_adapt("mutual information between row and domain"), abs=1e-9)
    assert not find_validator("ist").higher_is_better


@pytest.mark.parametrize("entries", [30, 500, 10**6])
def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch, entries: int) -> None:
    correct, labels = np.arange(24) % 2, np.arange(24) % 3
    whole = [mmd(X, Y, 0.3), ist(X, Y), knn(X, Y), nearest_source(X, correct, Y), target_knn(X, labels, Y, labels)]
    monkeypatch.setattr(ROWS, "BLOCK_ENTRIES", entries)
    parts = [mmd(X, Y, 0.3), ist(X, Y), knn(X, Y), nearest_source(X, correct, Y), target_knn(X, labels, Y, labels)]
    assert parts == pytest.approx(whole, abs=1e-12)


def test_neighbours_are_those_of_a_loop() -> None:
    Z, side = np.concatenate([X, Y]), np.repeat([0, 1], [24, 24])
    Z = Z / np.linalg.norm(Z, axis=1, keepdims=True)
    S = Z @ Z.T - 9 * np.eye(48)
    alike = side[S.argmax(1)] == side
    assert knn(X, Y) == pytest.approx((alike[:24].mean() + alike[24:].mean()) / 2)
    y, labels = np.arange(24) % 3, np.arange(24) % 2
    agree = y[S[24:, :24].argmax(1)] == labels
    assert target_knn(X, y, Y, labels) == pytest.approx(np.mean([agree[labels == k].mean() for k in (0, 1)]))
    correct, cosine = np.arange(24) % 2, S[24:, :24].max(1)
    assert nearest_source(X, correct, Y) == pytest.approx((correct[S[24:, :24].argmax(1)] * cosine.clip(0)).mean())
    D = np.sqrt(squares(Y, X))
    spread = np.sqrt(X.var(0).sum())
    expected = (correct[D.argmin(1)] / (1 + D.min(1) / spread)).mean()
    assert nearest_source_l2(X, correct, Y) == pytest.approx(expected)


def test_dev_is_the_formula_with_its_control_variate() -> None:
    rng = np.random.default_rng(0)
    w, losses = rng.exponential(size=200), rng.random(200)
    covariance = np.cov(w * losses, w, ddof=1)
    eta = -covariance[0, 1] / covariance[1, 1]
    assert dev(losses, w) == pytest.approx((w * losses).mean() + eta * w.mean() - eta)
    assert dev(losses, np.ones(200)) == pytest.approx(losses.mean())  # no shift: the plain risk
    assert dev(np.ones(200), w) == pytest.approx(1.0)  # eta takes all the noise of the weights away
    top = w / w.max()
    assert dev(losses, w, "max") == pytest.approx(dev(losses, top - top.mean() + 1))
    assert dev(losses, w, "standardize") == pytest.approx(dev(losses, (w - w.mean()) / w.std() + 1))
    with pytest.raises(InputError, match="normalization"):
        DEV("mean")(source=Predictions(X, X, y=np.zeros(24)), target=Predictions(Y, Y))


def test_weights_follow_a_known_ratio() -> None:
    rng = np.random.default_rng(0)
    source, target = rng.normal(size=(1500, 1)), rng.normal(size=(1500, 1)) + 1
    found = np.log(source_weights(source, target))
    assert np.corrcoef(found, source[:, 0] - 0.5)[0, 1] > 0.99
    assert np.std(np.log(source_weights(source, rng.normal(size=(1500, 1))))) < 0.15


def test_weighted_accuracy_counts_rows_by_weight() -> None:
    assert iwv([1, 0], [3.0, 1.0]) == pytest.approx(0.75)
    with pytest.raises(InputError, match="weights"):
        iwv([1, 0], [0.0, 0.0])


def test_transport_makes_a_row_leave_a_class_that_is_too_frequent() -> None:
    logits = np.log([[0.9, 0.1], [0.8, 0.2]])
    assert cot(logits, [1, 1]) == pytest.approx((0.1 + 0.8) / 2)
    assert cot(logits, [1, 0]) == pytest.approx((0.1 + 0.2) / 2)
    with pytest.raises(InputError, match="frequencies"):
        cot(logits, [1, 1, 1])


def labelled(features: np.ndarray, y: np.ndarray) -> Predictions:
    return Predictions(5.0 * np.eye(3)[y], features, y)


def test_class_by_class_is_the_mean_over_common_classes() -> None:
    y, guess = np.arange(24) % 3, np.arange(24) % 2
    expected = np.mean([mmd(X[y == k], Y[guess == k]) for k in (0, 1)])
    assert per_class(MMD(), labelled(X, y), labelled(Y, guess)) == pytest.approx(expected)
    assert PerClass()(source=labelled(X, y), target=labelled(Y, guess)) == pytest.approx(expected)
    with pytest.raises(InputError, match="source and target"):
        per_class(find_validator("im"), labelled(X, y), labelled(Y, guess))
    with pytest.raises(InputError, match="more is better"):
        PerClass(find_validator("iwv"))


def test_reverse_validation_uses_the_fit_it_is_given() -> None:
    y = np.arange(24) % 3
    seen = []

    def fit(A: np.ndarray, labels: np.ndarray, B: np.ndarray) -> np.ndarray:
        seen.append((A.shape, len(labels), B.shape))
        return y

    assert reverse_validation(fit, Y, y, X[:, :5], y) == 1
    assert seen == [((24, 7), 24, (24, 5))]
    assert (
        ReverseValidation(lambda A, labels, B: np.zeros(len(B)))(source=labelled(X, y), target=labelled(Y, y)) == 1 / 3
    )


def test_precision_and_balanced_accuracy_are_scikit_learns() -> None:
    from sklearn.metrics import average_precision_score, balanced_accuracy_score

    logits, y = INPUTS["logits"].copy(), np.arange(24) % 4
    logits[::3] = logits[0]  # ties
    p = Predictions(logits).probs
    expected = np.mean([average_precision_score(y == k, p[:, k]) for k in range(4)])
    assert source_average_precision(Predictions(logits, y=y)) == pytest.approx(expected, abs=1e-12)
    expected = balanced_accuracy_score(y, logits[:, :4].argmax(1))
    assert source_balanced_accuracy(Predictions(logits[:, :4], y=y)) == pytest.approx(expected)


def test_features_of_two_widths_are_refused() -> None:
    with pytest.raises(InputError, match="7 columns"):
        find_validator("mmd")(source=Predictions(X, X), target=Predictions(Y, Y[:, :3]))
