"""Deep methods that can regress, as a scikit-learn regressor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import torch
from sklearn.base import RegressorMixin
from torch import nn

from acclimate.errors import InputError
from acclimate.estimators.deep_estimator import DeepEstimator
from acclimate.losses import regression_loss
from acclimate.methods import find
from acclimate.methods.base import arguments_of
from acclimate.types import Array


class DeepRegressor(RegressorMixin, DeepEstimator):  # type: ignore[misc]
    """A network trained by a domain adaptation method on numeric labels, with scikit-learn's surface.

    As `DeepClassifier`, with squared error in place of cross-entropy. Labels are standardised by the source's mean and
    standard deviation for training, and predictions brought back to their units. Methods that align layers align
    features, since one output holds no shape to align.

    Args:
        method: Key of a method whose `tasks` include regression: "dann", "deep_coral", "dan" or "source_only".
        lr: As in `DeepClassifier`; lower by default, since squared error is steep: its gradient has no bound.
        backbone, weights, steps, batch_size, method_params, fit_params, random_state, device, progress_bar: As in
            `DeepClassifier`.

    Attributes:
        mean_: Of the source's labels.
        scale_: Their standard deviation, 1 if they are all equal.
        method_, history_, n_features_in_: As in `DeepClassifier`.
    """

    _task = "regression"

    def __init__(
        self,
        method: str = "dann",
        backbone: str | nn.Module | None = None,
        *,
        weights: str = "none",
        steps: int = 1000,
        batch_size: int = 32,
        lr: float = 0.003,
        method_params: Mapping[str, Any] | None = None,
        fit_params: Mapping[str, Any] | None = None,
        random_state: Any = 0,
        device: str = "auto",
        progress_bar: bool = False,
    ) -> None:
        super().__init__(
            method,
            backbone,
            weights=weights,
            steps=steps,
            batch_size=batch_size,
            lr=lr,
            method_params=method_params,
            fit_params=fit_params,
            random_state=random_state,
            device=device,
            progress_bar=progress_bar,
        )

    def fit(self, X: Any, y: Any, sample_domain: Any = None) -> Self:
        """Train on labelled source and unlabelled target rows.

        Args:
            X: (n, ...) numbers of all domains; used as float32.
            y: (n,) numbers; those of target rows are never read.
            sample_domain: As in `DeepClassifier.fit`.

        Returns:
            Itself.

        Raises:
            InputError: If an argument is malformed or unknown, a source label is not a finite number, or a domain has
                one row.
            ValueError: If `X` is not a finite dense array.
        """
        domains = self._split(X, y, sample_domain)
        ys = _numbers(domains.ys)
        self.mean_, self.scale_ = float(ys.mean()), float(ys.std()) or 1.0
        self._train(domains, torch.from_numpy(((ys - self.mean_) / self.scale_).astype(np.float32)), 1)
        return self

    def predict(self, X: Any) -> Array:
        """Predicted values, (n,), in the labels' units."""
        return np.asarray(self._predictions(X).logits[:, 0] * self.scale_ + self.mean_)

    def _criterion(self) -> dict[str, Any]:
        return {"criterion": regression_loss}

    def _method_arguments(self) -> dict[str, Any]:
        aligns_layers = all("layers" in arguments_of(find(key)) for key in self.method.split("+"))
        return ({"layers": ("features",)} if aligns_layers else {}) | super()._method_arguments()


def _numbers(ys: Array) -> Array:
    try:
        values = np.asarray(ys, dtype=np.float64)
    except ValueError as error:
        raise InputError(f"y holds what is not a number ({error}): give numeric labels.") from error
    if not np.isfinite(values).all():
        raise InputError(f"y is NaN or infinite in source row {np.flatnonzero(~np.isfinite(values))[0]}: leave it out.")
    return values
