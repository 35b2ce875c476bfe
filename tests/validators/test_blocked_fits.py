"""Models that read their rows a block at a time say what scikit-learn's say, and hold little besides the rows."""

from __future__ import annotations

import importlib
import tracemalloc

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from acclimate.ratio.iwc import iwc
from acclimate.types import Predictions
from acclimate.validators import find_validator, source_weights
from acclimate.validators.logistic import fit_logistic
from acclimate.validators.reverse import linear_fit
from acclimate.validators.standardized_rows import StandardizedRows

BLOCKED = importlib.import_module("acclimate.validators.standardized_rows")
ROWS = importlib.import_module("acclimate.validators.rows")


def sides(n: int = 300, m: int = 200, d: int = 6) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    mix = rng.normal(size=(d, d))
    return (
        (rng.normal(size=(n, d)) @ mix).astype(np.float32),
        (rng.normal(size=(m, d)) @ mix + 1.5).astype(np.float32),
    )


def scaled(X: np.ndarray, Z: np.ndarray) -> np.ndarray:
    return StandardScaler().fit_transform(np.concatenate([X, Z]).astype(np.float64))


@pytest.mark.parametrize("block", [7, 2**17])
def test_rows_are_standardised_over_all_matrices(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    monkeypatch.setattr(BLOCKED, "BLOCK", block)
    X, Z = sides()
    X[:, 2] = Z[:, 2] = 5.0
    orders = np.arange(300)[::-1], np.arange(200)
    rows, numbers = StandardizedRows((X, orders[0]), (Z, orders[1])), np.array([450, 3, 299, 300, 0])
    expected = scaled(X[::-1], Z)
    assert rows.times(numbers, np.eye(6)) == pytest.approx(expected[numbers], abs=1e-9)
    assert (rows.times(numbers, np.eye(6))[:, 2] == 0).all()


@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize("block", [50, 2**17])
def test_the_fit_is_scikit_learns(monkeypatch: pytest.MonkeyPatch, classes: int, block: int) -> None:
    monkeypatch.setattr(BLOCKED, "BLOCK", block)
    X, Z = sides()
    rows = StandardizedRows((X, np.arange(300)), (Z, np.arange(200)))
    numbers = np.random.default_rng(1).permutation(500)[:300]
    y = (scaled(X, Z)[numbers, 0] * 2 + np.random.default_rng(2).normal(size=300)).round().astype(int) % classes
    twin = LogisticRegression(C=0.1, max_iter=200).fit(scaled(X, Z)[numbers], y)
    model = fit_logistic(rows, numbers, y, inverse_penalty=0.1, most_iterations=200)
    asked = np.arange(500)
    decisions = twin.decision_function(scaled(X, Z)).reshape(500, -1)
    assert model.log_odds(rows, asked) == pytest.approx(decisions, abs=1e-6)
    assert (model.predict(rows, asked) == twin.predict(scaled(X, Z))).all()


def test_weights_are_those_of_the_classifier_ratio_on_the_whole_matrix() -> None:
    X, Z = sides()
    both = scaled(X, Z)
    twin = iwc(both[:300], both[300:], LogisticRegression(C=0.1, max_iter=100), folds=5, random_state=0)
    assert np.log(source_weights(X, Z)) == pytest.approx(np.log(twin.source), abs=1e-6)


def test_the_way_back_is_scikit_learns() -> None:
    X, Z = sides()
    labels = np.where(X[:, 0] > 0, "b", "a")
    both = scaled(X, Z)
    twin = LogisticRegression(C=0.1, max_iter=200).fit(both[:300], labels)
    assert (linear_fit(X, labels, Z) == twin.predict(both[300:])).all()


@pytest.mark.parametrize("key", ["iwv", "dev", "devn", "reverse", "relearn"])
def test_no_copy_of_the_features_is_made(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setattr(BLOCKED, "BLOCK", 2**12)
    monkeypatch.setattr(ROWS, "BLOCK_ENTRIES", 2**12)
    for module in ("source_weights", "reverse", "relearn"):
        monkeypatch.setattr(importlib.import_module(f"acclimate.validators.{module}"), "ITERATIONS", 2)
    monkeypatch.setattr(importlib.import_module("acclimate.validators.relearn"), "MOST", 100)
    X, Z = sides(3000, 3000, 300)
    size = X.nbytes + Z.nbytes
    y = np.arange(3000) % 3
    given = {name: Predictions(np.eye(3, dtype=np.float32)[y], F, y) for name, F in (("source", X), ("target", Z))}
    validator = find_validator(key)
    tracemalloc.start()
    validator(**{name: given[name] for name in validator.needs})
    largest = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert largest < size / 2  # the check for infinities takes an eighth, a copy in float64 would take twice as much
