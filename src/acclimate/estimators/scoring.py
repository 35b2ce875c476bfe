"""A label-free validator as scikit-learn's `scoring`."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, is_regressor

from acclimate.errors import InputError
from acclimate.types import Array, Predictions
from acclimate.validators import VALIDATORS, PanelValidator, Validator, find_validator


def validator_scorer(validator: str) -> ValidatorScorer:
    """A scorer for `GridSearchCV` and `cross_val_score` that judges without target labels.

    Args:
        validator: Key of a validator that reads the logits of one side, source or target: "im", "entropy", "snd",
            "bnm", "source_accuracy", "source_error" and so on. A scorer sees one side at a time, and no features.

    Returns:
        A callable `scorer(estimator, X, y, sample_domain=None)`; higher is better, also where the validator's own
        direction is the other one. Use it with `DomainSplit`, so that rows are of the side the validator reads.

    Raises:
        InputError: If there is no such validator, or it needs more than a scorer has.
    """
    _check_needs(find_validator(validator))
    return ValidatorScorer(validator)


class ValidatorScorer(BaseEstimator):  # type: ignore[misc]
    """What `validator_scorer` returns: stateless, so that a second call says what the first one did.

    Args:
        validator: Key.
    """

    __metadata_request__score = {"sample_domain": True}  # noqa: RUF012 -- scikit-learn reads it from the class

    def __init__(self, validator: str) -> None:
        self.validator = validator

    def __call__(self, estimator: Any, X: Any, y: Any = None, sample_domain: Any = None) -> float:
        """Score a fitted estimator.

        Args:
            estimator: Classifier with `predict_log_proba` or `decision_function`, or regressor.
            X: (n, d) rows.
            y: (n,) labels; read only by validators of the source.
            sample_domain: (n,) which side each row is of; only rows of the side that the validator reads count. None:
                if they are the rows that the estimator was trained on, as then; otherwise all are of that side.

        Raises:
            InputError: If no row is of the side the validator reads, or the estimator gives no scores.
        """
        judge = find_validator(self.validator)
        side = judge.needs[0]
        domain = _domain(estimator, X, sample_domain, side)
        rows = np.flatnonzero(domain > 0 if side == "source" else domain < 0)
        if not len(rows):
            raise InputError(f"Validator '{self.validator}' reads the {side}, but X holds no such row.")
        predictions = _predictions(estimator, _take(X, rows), domain[rows])
        if side == "source":
            predictions = predictions._replace(y=_indices(estimator, _take(y, rows)))
        score = judge(**{side: predictions})
        return score if judge.higher_is_better else -score


def _check_needs(judge: Validator) -> None:
    """Refuse a validator of several domains, of features, of training rows or of other candidates."""
    needs = [f"{' and '.join(judge.needs)} predictions together"] if len(judge.needs) > 1 else []
    needs += ["predictions on training rows"] if judge.needs == ("train",) else []
    needs += ["features before the head"] if judge.needs_features else []
    needs += ["the predictions of all candidates"] if isinstance(judge, PanelValidator) else []
    if needs:
        able = [key for key, v in VALIDATORS.items() if len(v.needs) == 1 and not v.needs_features]
        able = [key for key in able if not issubclass(VALIDATORS[key], PanelValidator)]
        raise InputError(
            f"Validator '{judge.key}' needs {', and '.join(needs)}; a scorer has the logits of one side. Choose one of "
            f"{', '.join(able)}, or call the validator on predictions yourself."
        )


def _domain(estimator: Any, X: Any, sample_domain: Any, side: str) -> Array:
    if sample_domain is not None:
        return np.asarray(sample_domain)
    known = estimator.training_domain(X) if hasattr(estimator, "training_domain") else None
    if known is not None:
        return np.asarray(known)
    return np.full(X.shape[0] if hasattr(X, "shape") else len(X), 1 if side == "source" else -1)


def _predictions(estimator: Any, X: Any, domain: Array) -> Predictions:
    """Log-probabilities, decision values or regressed values of rows."""
    names = ("predict",) if is_regressor(estimator) else ("predict_log_proba", "decision_function")
    name = next((name for name in names if hasattr(estimator, name)), None)
    if name is None:
        raise InputError(f"{type(estimator).__name__} gives neither probabilities nor decision values to judge it by.")
    given = {"sample_domain": domain} if hasattr(estimator, "training_domain") and (domain > 0).any() else {}
    values = np.asarray(getattr(estimator, name)(X, **given), dtype=np.float64)
    if values.ndim == 1:
        values = values[:, None] if name == "predict" else np.column_stack([-values / 2, values / 2])
    return Predictions(np.maximum(values, -700.0) if name == "predict_log_proba" else values)


def _indices(estimator: Any, labels: Any) -> Array:
    """Labels as indices of the estimator's classes; of a class it never saw, -1."""
    y: Array = np.asarray(labels)
    if is_regressor(estimator):
        return y
    place = np.searchsorted(estimator.classes_, y).clip(max=len(estimator.classes_) - 1)
    return np.asarray(np.where(estimator.classes_[place] == y, place, -1))


def _take(X: Any, rows: Array) -> Any:
    from sklearn.utils import _safe_indexing

    return _safe_indexing(X, rows)
