"""Standardise every domain by its own statistics: the adaptation that costs nothing."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from acclimate.errors import InputError
from acclimate.estimators.domain_aware import checked_sample_domain
from acclimate.types import Array


class PerDomainScaler(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Zero mean and unit (population) variance for every feature within every domain.

    This uses the target's statistics, so it is itself a domain adaptation method: `z = (x - mean_d) / std_d`, domain d
    by domain. It fails where the class proportions of the domains differ, for then so do the means of aligned features.
    A feature that is constant within a domain becomes 0 there.

    Attributes:
        domains_: (k,) the ids seen in `fit`, ascending.
        means_: (k, d).
        scales_: (k, d), standard deviations, 1 where a feature is constant.
        mean_: (d,) used for rows of no stated domain: of all target rows, or of all rows where there was no target.
        scale_: (d,) likewise.
        n_features_in_: d.

    Source: Gong et al., "Geodesic flow kernel", CVPR 2012 (its preprocessing),
    https://ieeexplore.ieee.org/document/6247911.
    """

    __metadata_request__fit = {"sample_domain": True}  # noqa: RUF012 -- scikit-learn reads it from the class
    __metadata_request__transform = {"sample_domain": True}  # noqa: RUF012

    def fit(self, X: Any, y: Any = None, sample_domain: Any = None) -> Self:
        """Measure each domain.

        Args:
            X: (n, d) numbers of all domains.
            y: Ignored.
            sample_domain: (n,) integers, positive for source and negative for target rows; None: one source.

        Returns:
            Itself.

        Raises:
            InputError: If `sample_domain` is malformed.
            ValueError: If `X` is not a finite matrix.
        """
        X = validate_data(self, X, dtype=np.float64)
        domain = checked_sample_domain(sample_domain, len(X))
        self.domains_ = np.unique(domain)
        moments = [_moments(X[domain == d]) for d in self.domains_]
        self.means_, self.scales_ = (np.stack(part) for part in zip(*moments, strict=True))
        self.mean_, self.scale_ = _moments(X[domain < 0] if (domain < 0).any() else X)
        return self

    def transform(self, X: Any, sample_domain: Any = None) -> Array:
        """Standardise rows.

        Args:
            X: (n, d).
            sample_domain: (n,) ids seen in `fit`; None: all rows are new target rows.

        Returns:
            (n, d) float64.

        Raises:
            InputError: If a domain was not seen in `fit`.
        """
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        if sample_domain is None:
            return np.asarray((X - self.mean_) / self.scale_)
        row = self._rows_of(np.asarray(sample_domain))
        return np.asarray((X - self.means_[row]) / self.scales_[row])

    def fit_transform(self, X: Any, y: Any = None, sample_domain: Any = None) -> Array:
        """Fit, then standardise each row by its own domain, (n, d)."""
        return self.fit(X, y, sample_domain).transform(X, sample_domain)

    def _rows_of(self, sample_domain: Array) -> Array:
        unseen = np.setdiff1d(sample_domain, self.domains_)
        if len(unseen):
            raise InputError(
                f"sample_domain holds {unseen[0]}, which was not in fit: use one of {self.domains_.tolist()}."
            )
        return np.searchsorted(self.domains_, sample_domain)


def _moments(X: Array) -> tuple[Array, Array]:
    """Mean and standard deviation of each column, the latter 1 where it is nothing but rounding."""
    mean, std = X.mean(axis=0), X.std(axis=0)
    rounding = 10 * np.finfo(np.float64).eps * np.abs(X).max(axis=0)
    return mean, np.where(std <= rounding, 1.0, std)
