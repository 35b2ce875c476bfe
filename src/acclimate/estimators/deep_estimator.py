"""What deep estimators share: arrays in, `training.fit` in the middle, predictions out."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import torch
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data
from torch import Tensor, nn

from acclimate.classical.domain_aware import DomainAware, Domains
from acclimate.data.random_state import seeded
from acclimate.data.rows import Rows, TensorRows
from acclimate.data.streams import Stream, Streams
from acclimate.data.viewed_rows import ViewedRows
from acclimate.errors import InputError
from acclimate.estimators.network import make_network
from acclimate.methods import Method, build, find
from acclimate.training import fit, predict
from acclimate.training.optimizers import default_optimizer
from acclimate.types import Predictions

IMAGES = 4  # axes of an array of images
_CHECKS: dict[str, Any] = {"dtype": np.float32, "allow_nd": True}


class DeepEstimator(DomainAware):
    """Base of `DeepClassifier` and `DeepRegressor`, where the arguments are described."""

    _task: str

    def __init__(
        self,
        method: str = "dann",
        backbone: str | nn.Module | None = None,
        *,
        weights: str = "none",
        steps: int = 1000,
        batch_size: int = 32,
        lr: float = 0.01,
        method_params: Mapping[str, Any] | None = None,
        fit_params: Mapping[str, Any] | None = None,
        flip: bool = False,
        random_state: Any = 0,
        device: str = "auto",
        progress_bar: bool = False,
    ) -> None:
        self.method = method
        self.backbone = backbone
        self.weights = weights
        self.steps = steps
        self.batch_size = batch_size
        self.lr = lr
        self.method_params = method_params
        self.fit_params = fit_params
        self.flip = flip
        self.random_state = random_state
        self.device = device
        self.progress_bar = progress_bar

    def _split(self, X: Any, y: Any, sample_domain: Any, target_labeled: Any = None, **checks: Any) -> Domains:
        domains = super()._split(X, y, sample_domain, target_labeled, **_CHECKS, ensure_min_samples=2, **checks)
        for side, rows in (("source", domains.Xs), ("target", domains.Xt)):
            if len(rows) == 1:
                raise InputError(f"The {side} has 1 sample, but batch statistics need at least 2: give more rows.")
        return domains

    def _train(self, domains: Domains, ys: Tensor, num_outputs: int) -> None:
        """Train `method_` on labels ready for its criterion. Without target rows the method is source-only."""
        seed = seed_of(self.random_state)
        with seeded(seed):
            self.method_ = self._make_method(domains, num_outputs)
        streams = self._streams(domains, ys, seed)
        self.history_ = fit(
            self.method_,
            streams,
            steps=self.steps,
            optimizer=partial(default_optimizer, lr=self.lr),  # type: ignore[call-arg]  # is a partial itself
            accelerator=self.device,  # type: ignore[arg-type]  # fit checks it
            seed=seed,
            progress_bar=self.progress_bar,
            **(self.fit_params or {}),
        ).records

    def _make_method(self, domains: Domains, num_outputs: int) -> Method:
        network = make_network(self.backbone, domains.Xs.shape[1:], num_outputs, self.weights)
        for key in self.method.split("+"):
            if self._task not in find(key).tasks:
                raise InputError(f"Method '{key}' does not do {self._task}: choose another.")
        method = build(self.method, network, num_outputs, **self._method_arguments())
        return method if len(domains.Xt) else build("source_only", network, num_outputs, **self._criterion())

    def _method_arguments(self) -> dict[str, Any]:
        return {**self._criterion(), **(self.method_params or {})}

    def _criterion(self) -> dict[str, Any]:
        """The argument that gives a method its supervised loss; default: the method's own."""
        return {}

    def _streams(self, domains: Domains, ys: Tensor, seed: int) -> Streams:
        rows: dict[str, Rows] = {
            "source": TensorRows(torch.from_numpy(domains.Xs), ys, torch.from_numpy(domains.source_domain)),
            "target": TensorRows(torch.from_numpy(domains.Xt)),
        }
        if self.method_.views > 1 and domains.Xs.ndim == IMAGES:
            views = {"source": self.method_.source_views, "target": self.method_.views}
            rows |= {name: self._viewed(rows[name], views[name], seed) for name in rows if len(rows[name])}
        sizes = {name: min(self.batch_size, len(rows[name])) for name in rows}
        return Streams(**{name: Stream(rows[name], sizes[name], seed=seed) for name in self.method_.stream_names})

    def _viewed(self, images: Rows, views: int, seed: int) -> ViewedRows:
        """With the least and the largest value of each channel for black and white."""
        assert isinstance(images, TensorRows)
        low, high = (pick(images.x, (0, 2, 3)) for pick in (torch.amin, torch.amax))
        high = torch.where(high > low, high, low + 1)
        return ViewedRows(images, low.tolist(), high.tolist(), views=views, flip=self.flip, seed=seed)

    def _predictions(self, X: Any) -> Predictions:
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, **_CHECKS)
        return predict(self.method_, TensorRows(torch.from_numpy(X)))

    def __getstate__(self) -> dict[str, Any]:
        """Pickled on the CPU, to be loaded on a machine without the device."""
        if hasattr(self, "method_"):
            self.method_.cpu()
        return dict(super().__getstate__())


def seed_of(random_state: Any) -> int:
    """An integer as it is; from None or a RandomState, one drawn."""
    if isinstance(random_state, int | np.integer):
        return int(random_state)
    return int(check_random_state(random_state).randint(2**31 - 1))
