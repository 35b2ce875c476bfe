"""Scikit-learn estimators over features and networks."""

from acclimate.estimators.deep_classifier import DeepClassifier
from acclimate.estimators.deep_regressor import DeepRegressor
from acclimate.estimators.im_head import IMHead
from acclimate.estimators.linear_head import LinearHead
from acclimate.estimators.per_domain_scaler import PerDomainScaler

__all__ = ["DeepClassifier", "DeepRegressor", "IMHead", "LinearHead", "PerDomainScaler"]
