"""The linear baselines and the information-maximising head."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import check_grad
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from acclimate.data import stack_domains
from acclimate.errors import InputError
from acclimate.estimators import IMHead, LinearHead
from acclimate.estimators.im_objective import IMObjective
from acclimate.estimators.regularization import choose_regularization


def shifted_classes(classes: int = 3, n: int = 240, d: int = 5, seed: int = 0, apart: float = 2.0) -> tuple:
    """(Xs, ys), (Xt, yt): Gaussian classes; the target is moved, stretched and noisier."""
    rng = np.random.default_rng(seed)
    means = apart * rng.normal(size=(classes, d))
    ys, yt = (np.arange(n) % classes for _ in range(2))
    Xs = means[ys] + rng.normal(size=(n, d))
    Xt = 3 * (means[yt] + 1.3 * rng.normal(size=(n, d))) + rng.normal(size=d) * 12
    return (Xs, ys), (Xt, yt)


def plain_logistic_regression(Xs: np.ndarray, ys: np.ndarray, C: float) -> LogisticRegression:
    return LogisticRegression(C=C, max_iter=5000, tol=1e-8).fit(StandardScaler().fit_transform(Xs), ys)


@pytest.mark.parametrize("classes", [2, 3])
def test_source_only_is_scikit_learns_pipeline(classes: int) -> None:
    (Xs, ys), (Xt, _) = shifted_classes(classes)
    head = LinearHead(C=0.1).fit(*stack_domains((Xs, ys), target=Xt))
    expected = plain_logistic_regression(Xs, ys, 0.1)
    np.testing.assert_allclose(
        head.predict_proba(Xt), expected.predict_proba(StandardScaler().fit(Xs).transform(Xt)), atol=5e-3
    )


def test_per_domain_scales_the_target_by_itself() -> None:
    (Xs, ys), (Xt, yt) = shifted_classes()
    head = LinearHead("per_domain", C=0.1).fit(*stack_domains((Xs, ys), target=Xt))
    expected = plain_logistic_regression(Xs, ys, 0.1).predict_proba(StandardScaler().fit_transform(Xt))
    np.testing.assert_allclose(head.predict_proba(Xt), expected, atol=5e-3)
    assert head.score(Xt, yt) > LinearHead(C=0.1).fit(Xs, ys).score(Xt, yt) + 0.1


def test_source_rows_can_be_predicted_with_the_sources_scaling() -> None:
    (Xs, ys), (Xt, _) = shifted_classes()
    X, y, domain = stack_domains((Xs, ys), target=Xt)
    head = LinearHead("per_domain", C=0.1).fit(X, y, domain)
    np.testing.assert_allclose(head.predict_proba(X, domain)[: len(Xs)], head.predict_proba(Xs, domain[: len(Xs)]))
    assert (head.predict(Xs, domain[: len(Xs)]) == ys).mean() > 0.9 > (head.predict(Xs) == ys).mean()
    with pytest.raises(InputError, match="holds 7"):
        head.predict(Xs, np.full(len(Xs), 7))


def test_every_source_has_its_own_scaling() -> None:
    (Xs, ys), (Xt, yt) = shifted_classes()
    X, y, domain = stack_domains((Xs[::2], ys[::2]), (9 * Xs[1::2] - 20, ys[1::2]), target=Xt)
    assert LinearHead("per_domain", C=0.1).fit(X, y, domain).score(Xt, yt) > 0.8
    assert (
        LinearHead("per_domain", C=0.1).fit(X, y, domain).predict(X, domain)[: len(ys)] == y[: len(ys)]
    ).mean() > 0.9


@pytest.mark.parametrize("classes", [2, 3])
def test_im_gradient_is_the_finite_difference(classes: int) -> None:
    rng = np.random.default_rng(0)
    Xs, Xt = rng.normal(size=(12, 4)), rng.normal(size=(9, 4)) + 1
    objective = IMObjective(Xs, rng.integers(classes, size=12), Xt, weight=0.7, penalty=0.2)
    at = rng.normal(size=classes * 5)
    assert check_grad(lambda w: objective(w)[0], lambda w: objective(w)[1], at) < 1e-6


def test_im_loss_is_its_formula() -> None:
    rng = np.random.default_rng(1)
    Xs, Xt, ys = rng.normal(size=(6, 2)), rng.normal(size=(5, 2)), np.array([0, 1, 2, 0, 1, 2])
    w = rng.normal(size=(3, 3))

    def probs(x: np.ndarray) -> np.ndarray:
        e = np.exp(w[:, :2] @ x + w[:, 2])
        return e / e.sum()

    p = np.array([probs(x) for x in Xt])
    cross_entropy = -np.mean([np.log(probs(x)[y]) for x, y in zip(Xs, ys, strict=True)])
    conditional, marginal = -(p * np.log(p)).sum(1).mean(), -(p.mean(0) * np.log(p.mean(0))).sum()
    expected = cross_entropy + 0.3 * (conditional - marginal) + 0.05 * (w[:, :2] ** 2).sum()
    assert IMObjective(Xs, ys, Xt, 0.3, 0.1)(w.ravel())[0] == pytest.approx(expected, abs=1e-12)


def test_im_objective_is_finite_for_enormous_logits() -> None:
    objective = IMObjective(1e4 * np.eye(3), np.arange(3), 1e4 * np.eye(3)[[0, 0]], 0.3, 0.1)
    loss, gradient = objective(np.eye(3, 4).ravel())
    assert np.isfinite(loss)
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize("classes", [2, 4])
def test_without_weight_the_logistic_regression_is_where_it_stays(classes: int) -> None:
    (Xs, ys), (Xt, _) = shifted_classes(classes)
    arrays = stack_domains((Xs, ys), target=Xt)
    start = LinearHead("per_domain", C=0.1).fit(*arrays).predict_proba(Xt)
    np.testing.assert_allclose(IMHead(C=0.1, weight=0).fit(*arrays).predict_proba(Xt), start, atol=2e-3)
    assert abs(IMHead(C=0.1).fit(*arrays).predict_proba(Xt) - start).max() > 0.02


def rotated_classes(degrees: float, seed: int) -> tuple:
    """(Xs, ys), (Xt, yt): four classes on a circle, turned in the target; scaling by domain cannot undo it."""
    rng = np.random.default_rng(seed)
    y = np.arange(300) % 4
    angles = np.pi / 2 * y[:, None] + np.radians([0, degrees])
    Xs, Xt = (4 * np.stack([np.cos(a), np.sin(a)], axis=1) + rng.normal(size=(300, 2)) for a in angles.T)
    return (Xs, y), (Xt, y)


def test_im_head_beats_per_domain_scaling_where_classes_turn_and_stops_early() -> None:
    gains = []
    for seed in range(5):
        (Xs, ys), (Xt, yt) = rotated_classes(35, seed)
        arrays = stack_domains((Xs, ys), target=Xt)
        head = IMHead(C=1.0).fit(*arrays)
        assert 1 <= head.n_iter_ <= 15
        gains.append(head.score(Xt, yt) - LinearHead("per_domain", C=1.0).fit(*arrays).score(Xt, yt))
    assert np.mean(gains) > 0.1


def test_regularization_is_chosen_on_frequent_classes_only() -> None:
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(61, 3)), np.r_[np.arange(60) % 2, 5]
    X[:, 0] += 4 * (y == 1)
    assert choose_regularization(X, y) == choose_regularization(X[:60], y[:60])
    assert choose_regularization(X[:4], y[:4]) == 1e-2


def test_unknown_scaling_and_negative_weight_are_refused() -> None:
    (Xs, ys), _ = shifted_classes()
    with pytest.raises(InputError, match="'source' or 'per_domain'"):
        LinearHead("joint").fit(Xs, ys)
    with pytest.raises(InputError, match="negative"):
        IMHead(weight=-1).fit(Xs, ys)
