"""What every estimator must satisfy: scikit-learn's own checks, and target labels out of reach."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.utils.estimator_checks import parametrize_with_checks

from acclimate.data import stack_domains
from acclimate.errors import InputError
from acclimate.estimators import DeepClassifier, DeepRegressor, IMHead, LinearHead, PerDomainScaler

CLASSIFIERS = {
    "linear_source": LinearHead(C=1.0),
    "linear_per_domain": LinearHead("per_domain", C=1.0),
    "linear_chosen": LinearHead(),
    "im_head": IMHead(C=1.0),
    "deep_coral": DeepClassifier("deep_coral", steps=60, lr=0.05, device="cpu"),
}
every_classifier = pytest.mark.parametrize("estimator", list(CLASSIFIERS.values()), ids=list(CLASSIFIERS))


def domains(seed: int = 0, n: int = 40) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two moved Gaussian classes: Xs, ys in {0, 1}, Xt."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 2
    return rng.normal(size=(n, 3)) + 3 * y[:, None], y, rng.normal(size=(n, 3)) * 2 + 3 * y[:, None] + 1


@parametrize_with_checks([*CLASSIFIERS.values(), PerDomainScaler(), DeepRegressor(steps=200, device="cpu")])
def test_scikit_learns_checks(estimator: BaseEstimator, check: Any) -> None:
    check(estimator)


@every_classifier
def test_scrambled_filler_labels_change_nothing(estimator: BaseEstimator) -> None:
    Xs, ys, Xt = domains()
    X, y, domain = stack_domains((Xs, ys), target=Xt)
    scrambled = y.copy()
    scrambled[domain < 0] = np.random.default_rng(1).integers(100, 200, size=len(Xt))
    a, b = (clone(estimator).fit(X, labels, domain) for labels in (y, scrambled))
    np.testing.assert_array_equal(a.predict_proba(Xt), b.predict_proba(Xt))
    np.testing.assert_array_equal(a.classes_, [0, 1])


@every_classifier
def test_labels_of_any_type(estimator: BaseEstimator) -> None:
    Xs, ys, Xt = domains()
    expected = clone(estimator).fit(*stack_domains((Xs, ys), target=Xt)).predict(Xt)
    for names in (np.array(["cat", "dog"]), np.array([-1, 1]), np.array([False, True]), np.array([0.5, 7.0]) * 2):
        predicted = clone(estimator).fit(*stack_domains((Xs, names[ys]), target=Xt)).predict(Xt)
        np.testing.assert_array_equal(predicted, names[expected])


@every_classifier
def test_same_seed_same_predictions_through_pickle_and_clone(estimator: BaseEstimator) -> None:
    Xs, ys, Xt = domains()
    fitted = clone(estimator).fit(*stack_domains((Xs, ys), target=Xt))
    again = clone(fitted).fit(*stack_domains((Xs, ys), target=Xt))
    loaded = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(fitted.predict_proba(Xt), again.predict_proba(Xt))
    np.testing.assert_array_equal(fitted.predict_proba(Xt), loaded.predict_proba(Xt))


@every_classifier
def test_domain_passes_through_a_grid_search(estimator: BaseEstimator) -> None:
    Xs, ys, Xt = domains()
    X, y, domain = stack_domains((Xs, ys), target=Xt)
    folds = StratifiedKFold(2, shuffle=True, random_state=0)
    search = GridSearchCV(clone(estimator), {"random_state": [0, 1]}, cv=folds, error_score="raise")
    search.fit(X, y, sample_domain=domain)
    assert search.best_estimator_.n_features_in_ == 3


@every_classifier
def test_routing_asks_for_the_domain_by_default(estimator: BaseEstimator) -> None:
    assert estimator.get_metadata_routing().fit.requests["sample_domain"] is True


@every_classifier
@pytest.mark.parametrize(
    ("sample_domain", "message"),
    [
        (np.ones(3), "one entry per row"),
        (np.zeros(80), "positive integers"),
        (np.arange(80) % 2 == 0, "positive integers"),
        (np.full(80, 0.5), "positive integers"),
        (np.full(80, -1), "no source row"),
    ],
)
def test_malformed_domains_are_named(estimator: BaseEstimator, sample_domain: np.ndarray, message: str) -> None:
    Xs, ys, Xt = domains()
    X, y, _ = stack_domains((Xs, ys), target=Xt)
    with pytest.raises(InputError, match=message):
        clone(estimator).fit(X, y, sample_domain)


@every_classifier
def test_inputs_are_not_changed(estimator: BaseEstimator) -> None:
    X, y, domain = stack_domains(domains()[:2], target=domains()[2])
    before = X.copy(), y.copy(), domain.copy()
    clone(estimator).fit(X, y, domain).predict(X)
    for now, then in zip((X, y, domain), before, strict=True):
        np.testing.assert_array_equal(now, then)
