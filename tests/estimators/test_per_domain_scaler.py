"""Each domain by its own statistics."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from acclimate.errors import InputError
from acclimate.estimators import PerDomainScaler


@pytest.fixture
def two_domains() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(size=(20, 3)), 5 * rng.normal(size=(30, 3)) + 7])
    return X, np.repeat([1, -1], [20, 30])


def test_each_domain_is_what_a_scaler_of_its_own_gives(two_domains: tuple) -> None:
    X, domain = two_domains
    Z = PerDomainScaler().fit_transform(X, sample_domain=domain)
    for d in (1, -1):
        np.testing.assert_allclose(Z[domain == d], StandardScaler().fit_transform(X[domain == d]), atol=1e-12)


def test_rows_of_no_stated_domain_are_target_rows(two_domains: tuple) -> None:
    X, domain = two_domains
    scaler = PerDomainScaler().fit(X, sample_domain=domain)
    np.testing.assert_allclose(scaler.transform(X), StandardScaler().fit(X[domain < 0]).transform(X))


def test_without_domains_it_is_a_standard_scaler(two_domains: tuple) -> None:
    X, _ = two_domains
    np.testing.assert_allclose(PerDomainScaler().fit_transform(X), StandardScaler().fit_transform(X))


def test_constant_features_become_zero_not_noise() -> None:
    X = np.full((10, 2), 0.1) * [1, 1e9]
    X[5:, 0] = np.arange(5)
    Z = PerDomainScaler().fit_transform(X, sample_domain=np.repeat([1, -1], 5))
    np.testing.assert_allclose(Z[:5], 0, atol=1e-6)
    assert np.ptp(Z[5:, 0]) > 1


def test_small_but_real_variation_is_kept() -> None:
    X = np.array([[1e-12], [2e-12], [3e-12]])
    np.testing.assert_allclose(PerDomainScaler().fit_transform(X).std(), 1)


def test_an_unseen_domain_is_refused(two_domains: tuple) -> None:
    X, domain = two_domains
    scaler = PerDomainScaler().fit(X, sample_domain=domain)
    with pytest.raises(InputError, match="holds 2"):
        scaler.transform(X, np.full(len(X), 2))
