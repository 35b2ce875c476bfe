"""The scikit-learn surface of adaptation: one signature, and a split that keeps target labels out of reach."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length, column_or_1d, validate_data

from acclimate.errors import InputError
from acclimate.types import Array


class Domains(NamedTuple):
    """What a subclass gets to learn from.

    Attributes:
        Xs: Source rows, (n, ...).
        ys: Their labels, (n,), as the caller gave them.
        source_domain: Which source each came from, (n,) positive int64.
        Xt: Target rows, (m, ...); m may be 0. Their labels are not here.
        target_domain: (m,) negative int64.
    """

    Xs: Array
    ys: Array
    source_domain: Array
    Xt: Array
    target_domain: Array


class DomainAware(BaseEstimator):  # type: ignore[misc]
    """Base of estimators with `fit(X, y, sample_domain=None)`.

    `sample_domain` is positive for source rows (1, 2, ... for several sources) and negative for target rows; without it
    all rows are source, and the estimator is its source-only self. Labels of target rows are dropped before anything
    reads them. Scikit-learn's metadata routing passes `sample_domain` by default where routing is enabled.
    """

    __metadata_request__fit = {"sample_domain": True}  # noqa: RUF012 -- scikit-learn reads it from the class

    def _split(self, X: Any, y: Any, sample_domain: Any, **checks: Any) -> Domains:
        """Validate and split. `checks` are those of scikit-learn's `validate_data`."""
        if y is None:
            raise InputError(f"{type(self).__name__} requires y to be passed, but the target y is None")
        X = validate_data(self, X, **checks)
        y = column_or_1d(y, warn=True)
        check_consistent_length(X, y)
        domain = checked_sample_domain(sample_domain, len(X))
        source = domain > 0
        return Domains(X[source], y[source], domain[source], X[~source], domain[~source])


def checked_sample_domain(sample_domain: Any, n: int) -> Array:
    """Domain of each of n rows, (n,) int64; all 1 if None.

    Raises:
        InputError: If it is not n non-zero integers, at least one of them positive.
    """
    if sample_domain is None:
        return np.ones(n, dtype=np.int64)
    domain = np.asarray(sample_domain)
    if domain.shape != (n,):
        raise InputError(f"sample_domain must have one entry per row, ({n},), but its shape is {domain.shape}.")
    if domain.dtype.kind not in "iuf" or not np.all((domain == np.trunc(domain)) & (domain != 0)):
        raise InputError("sample_domain must hold positive integers for source rows and negative ones for target rows.")
    if not (domain > 0).any():
        raise InputError("sample_domain names no source row: mark labelled rows with positive integers.")
    return domain.astype(np.int64)


def encode_labels(ys: Array) -> tuple[Array, Array]:
    """Sorted classes, (c,), and each label's index among them, (n,) int64.

    Raises:
        ValueError: If the labels are continuous or hold NaN.
        InputError: If there is only one class.
    """
    check_classification_targets(ys)
    classes, index = np.unique(ys, return_inverse=True)
    if len(classes) < 2:
        raise InputError(f"The source labels hold only one class, {classes[0]}; a classifier needs at least two.")
    return classes, index.astype(np.int64)
