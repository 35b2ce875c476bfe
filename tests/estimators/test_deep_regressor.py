"""Regression by the methods that can."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from acclimate.data import stack_domains
from acclimate.errors import InputError
from acclimate.estimators import DeepRegressor

quick = partial(DeepRegressor, method="deep_coral", device="cpu", steps=100)


def moved_line(n: int = 200) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Xs, ys, Xt, yt: a smooth function in large units; the target's third, irrelevant feature is far away."""
    rng = np.random.default_rng(0)
    Xs, Xt = rng.normal(size=(n, 3)), rng.normal(size=(n, 3)) + np.array([0, 0, 3])
    ys, yt = (5000 + 700 * X[:, 0] - 300 * np.sin(X[:, 1]) for X in (Xs, Xt))
    return Xs, ys, Xt, yt


@pytest.mark.parametrize("method", ["source_only", "deep_coral", "dan", "dann"])
def test_labels_in_any_units_are_learned(method: str) -> None:
    Xs, ys, Xt, _ = moved_line()
    model = quick(method=method).fit(*stack_domains((Xs, ys), target=Xt))
    assert model.score(Xs, ys) > 0.7
    assert model.predict(Xt).shape == (200,)


def test_units_of_the_labels_do_not_matter() -> None:
    Xs, ys, _, _ = moved_line()
    a, b = quick().fit(Xs, ys).predict(Xs), quick().fit(Xs, 1e6 * ys - 5).predict(Xs)
    np.testing.assert_allclose(1e6 * a - 5, b, rtol=1e-3)


def test_filler_labels_of_the_target_are_never_read() -> None:
    Xs, ys, Xt, _ = moved_line()
    X, y, domain = stack_domains((Xs, ys), target=Xt)
    scrambled = np.where(domain < 0, np.nan, y)
    np.testing.assert_array_equal(quick().fit(X, y, domain).predict(Xt), quick().fit(X, scrambled, domain).predict(Xt))


def test_layers_default_to_features_and_can_be_chosen() -> None:
    Xs, ys, Xt, _ = moved_line()
    arrays = stack_domains((Xs, ys), target=Xt)
    assert quick(method="deep_coral").fit(*arrays).method_.layers == ("features",)
    chosen = quick(method="deep_coral", method_params={"layers": ("features", "logits")}).fit(*arrays)
    assert chosen.method_.layers == ("features", "logits")
    assert quick(method="deep_coral+dann").fit(*arrays).method_.key == "deep_coral+dann"


def test_classification_methods_and_labels_are_refused() -> None:
    Xs, ys, _, _ = moved_line()
    with pytest.raises(InputError, match="'mcc' does not do regression"):
        quick(method="mcc").fit(Xs, ys)
    with pytest.raises(InputError, match="not a number"):
        quick().fit(Xs, np.full(200, "cat"))
    with pytest.raises(InputError, match="source row 7"):
        quick().fit(Xs, np.where(np.arange(200) == 7, np.inf, ys))


def test_constant_labels_are_predicted() -> None:
    Xs, _, _, _ = moved_line()
    np.testing.assert_allclose(quick().fit(Xs, np.full(200, 4.0)).predict(Xs), 4.0, atol=0.2)
