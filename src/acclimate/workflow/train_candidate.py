"""Train one candidate in a folder of its own, going on where an interrupted run left it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.optim import AdamW

from acclimate.classical import find_classical
from acclimate.data.preprocessing import Preprocessing
from acclimate.data.rows import Rows, TensorRows
from acclimate.data.streams import Stream, Streams
from acclimate.data.viewed_rows import ViewedRows
from acclimate.estimators import IMHead, LinearHead, PerDomainScaler
from acclimate.methods import Method
from acclimate.training import fit
from acclimate.types import Array
from acclimate.workflow.candidates import Candidate
from acclimate.workflow.choose import BASELINE
from acclimate.workflow.configuration import Configuration
from acclimate.workflow.distill import DISTILLED, Distillation, Taught, kept_back
from acclimate.workflow.material import Material, array_of, domain_of
from acclimate.workflow.members import EstimatorMember, Member, NetworkMember, flat_signals, scaled, scaled_rows
from acclimate.workflow.networks import make_method
from acclimate.workflow.train_classical import scaling_for, spread_only, train_classical

ALPHAS = tuple(10.0**k for k in range(-3, 5))  # strengths that ridge regression chooses among, by leaving rows out
CHECKPOINTS = 10  # in one candidate's training
BACKBONE_RATE = 0.1  # of a pretrained backbone, over the rate of the new layers
# A transformer is trained by AdamW at 5e-5 (Devlin et al. 2019, https://arxiv.org/abs/1810.04805: 2e-5 to 5e-5), its
# low-rank adapters at ten times that (Hu et al. 2022, https://arxiv.org/abs/2106.09685: 4e-4 to 5e-4 on RoBERTa).
TEXT_OPTIMIZER = partial(AdamW, lr=1e-3, weight_decay=0.01)
TEXT_RATE, LORA_RATE = 0.05, 0.5  # of the encoder and of its adapters, over the rate of the new layers


@dataclass(frozen=True)
class Trainer:
    """What training a candidate needs besides the candidate.

    Attributes:
        material: The rows.
        configuration: The settings, complete.
        architecture: ``backbone`` and ``bottleneck`` of networks.
        own: The person's backbone, if they gave one.
        show: Show progress.
        preprocessing: Of images.
    """

    material: Material
    configuration: Configuration
    architecture: Mapping[str, Any]
    own: nn.Module | None = None
    show: bool = True
    preprocessing: Preprocessing | None = None

    def train(self, candidate: Candidate, folder: Path, trained: Mapping[str, Member]) -> Member:
        """Train a candidate.

        Args:
            candidate: Which.
            folder: For checkpoints and metrics; what an interrupted run left there is taken up.
            trained: Candidates that are done, source-only among them unless it is this one.

        Raises:
            DivergedError: A loss became infinite or not a number.
        """
        if candidate.maker == "network":
            return self._network(candidate, folder)
        if candidate.maker == "rescaled":
            return self._rescaled(candidate.key, trained[BASELINE])
        if candidate.maker == "classical":
            return self._classical(candidate.key, trained[BASELINE])
        head = self._ridge if self.material.regression else self._linear
        return head(candidate, trained.get(BASELINE))

    def _linear(self, candidate: Candidate, baseline: Member | None) -> Member:
        seed = self.configuration.seed
        if candidate.maker == "linear":
            head: LinearHead = LinearHead("source", random_state=seed)
        else:
            head = IMHead(C=_regularization_of(baseline), random_state=seed)
        return EstimatorMember(candidate.key, head.fit(*self._stacked()))

    def _ridge(self, candidate: Candidate, baseline: Member | None) -> Member:
        scaler = self._scaler(per_domain=candidate.key != BASELINE)
        return EstimatorMember(candidate.key, self._fitted_ridge(scaler), scaler)

    def _fitted_ridge(self, scaler: PerDomainScaler) -> Any:
        from sklearn.linear_model import RidgeCV

        source = self.material.source
        assert source.y is not None
        return RidgeCV(alphas=ALPHAS).fit(scaled(scaler, array_of(source), source, "source"), source.y.numpy())

    def _rescaled(self, key: str, baseline: Member) -> Member:
        """Source-only's model behind the target's own scaling."""
        if isinstance(baseline, NetworkMember):
            return replace(baseline, key=key, scaler=self._scaler(per_domain=True))
        assert isinstance(baseline, EstimatorMember)
        if baseline.scaler is not None:
            scaler = self._scaler(per_domain=True)
            return EstimatorMember(key, self._fitted_ridge(scaler), scaler)
        head = LinearHead("per_domain", C=_regularization_of(baseline), random_state=self.configuration.seed)
        return EstimatorMember(key, head.fit(*self._stacked()))

    def _classical(self, key: str, baseline: Member) -> Member:
        assert isinstance(baseline, EstimatorMember)
        strength = baseline.estimator.alpha_ if self.material.regression else baseline.estimator.C_
        scaling = scaling_for(find_classical(key), array_of(self.material.source))
        scaler = self._scaler(per_domain=scaling != "source")
        scaler = spread_only(scaler) if scaling == "spread" else scaler
        return train_classical(key, self.material, scaler, float(strength), self.configuration.seed)

    def distill(self, said: Array, folder: Path) -> NetworkMember:
        """A network of the run's architecture that imitates what was said of the target.

        Args:
            said: (m, c) probabilities, or (m, 1) values, of target rows; one row in ten is not learnt from.
            folder: As in `train`.
        """
        regression = self.material.regression
        spec = self._spec(BASELINE)
        scaler = self._scaler(per_domain=True) if self.material.scalable else None
        values = _value_scale(self.material.source) if regression else None
        mean, std = values or (0.0, 1.0)
        method = make_method(spec, self.own)
        target = scaled_rows(scaler, self.material.target, "target")
        learnt, _ = kept_back(len(target), self.configuration.seed)
        rows = Taught(target, torch.from_numpy(((said - mean) / std).astype(np.float32)), learnt)
        size = min(self.configuration.batch_size or len(rows), len(rows))
        student = Distillation(method.network, regression=regression)
        fit(student, Streams(target=Stream(rows, size, seed=self.configuration.seed)), **self._fit_arguments(folder))
        return NetworkMember(DISTILLED, spec, method, scaler, values)

    def _spec(self, key: str) -> dict[str, Any]:
        return {
            "method": key,
            **self.architecture,
            "num_outputs": self.material.num_outputs,
            "regression": self.material.regression,
            "seed": self.configuration.seed,
        }

    def _network(self, candidate: Candidate, folder: Path) -> Member:
        spec = self._spec(candidate.key)
        scaler = self._scaler(per_domain=candidate.key != BASELINE) if self.material.scalable else None
        values = _value_scale(self.material.source) if self.material.regression else None
        method = make_method(spec, self.own)
        fit(method, self._streams(method, scaler, values), **self._fit_arguments(folder))
        return NetworkMember(candidate.key, spec, method, scaler, values)

    def _fit_arguments(self, folder: Path) -> dict[str, Any]:
        settings = self.configuration
        assert settings.steps is not None
        pretrained = settings.weights not in (None, "none")
        texts = self.architecture["backbone"]["name"] == "text"
        return {
            "optimizer": TEXT_OPTIMIZER if texts else None,
            "steps": settings.steps,
            "seed": settings.seed,
            "devices": settings.devices,
            "accelerator": settings.accelerator,
            "backbone_lr_factor": self._backbone_rate() if pretrained else 1.0,
            "out": folder,
            "resume": True,
            "checkpoint_every": max(settings.steps // CHECKPOINTS, 1),
            "log_every": max(settings.steps // 100, 1),
            "progress_bar": self.show,
        }

    def _backbone_rate(self) -> float:
        if self.architecture["backbone"]["name"] != "text":
            return BACKBONE_RATE
        return TEXT_RATE if self.configuration.lora is None else LORA_RATE

    def _streams(self, method: Method, scaler: PerDomainScaler | None, values: tuple[float, float] | None) -> Streams:
        size, seed = self.configuration.batch_size, self.configuration.seed
        assert size is not None
        source = scaled_rows(scaler, self.material.source, "source")
        rows = {"source": _standardised(source, values), "target": scaled_rows(scaler, self.material.target, "target")}
        if method.views > 1 and self.preprocessing is not None and not self.material.scalable:
            views = {"source": method.source_views, "target": method.views}
            rows = {name: self._viewed(rows[name], views[name], self.preprocessing) for name in rows}
        return Streams(**{name: Stream(rows[name], size, seed=seed) for name in method.stream_names})

    def _viewed(self, images: Rows, views: int, preprocessing: Preprocessing) -> Rows:
        low, high = preprocessing.black_and_white
        seed, flip = self.configuration.seed, bool(self.configuration.flip)
        return ViewedRows(images, low, high, views=views, flip=flip, seed=seed)

    def _scaler(self, *, per_domain: bool) -> PerDomainScaler:
        """Standardises every domain by itself, or all by the statistics of the source."""
        sides = (self.material.source, self.material.target) if per_domain else (self.material.source,)
        parts = [_flat(array_of(rows), domain_of(rows)) for rows in sides]
        parts[1:] = [(x, np.full(len(x), -1)) for x, _ in parts[1:]]
        x, domain = (np.concatenate(part) for part in zip(*parts, strict=True))
        return PerDomainScaler().fit(x, sample_domain=domain if per_domain else np.ones(len(x), int))

    def _stacked(self) -> tuple[Array, Array, Array]:
        """X, y and sample_domain of source and target; the target's entries of y are fillers that nobody reads."""
        source, target = self.material.source, self.material.target
        assert source.y is not None
        x = np.concatenate([array_of(source), array_of(target)])
        y = np.concatenate([source.y.numpy(), np.zeros(len(target), np.int64)])
        return x, y, np.concatenate([domain_of(source), np.full(len(target), -1)])


def _flat(x: Array, domain: Array) -> tuple[Array, Array]:
    flat, numbers = flat_signals(x, domain) if x.ndim == 3 else (x, domain)
    return flat, domain if numbers is None else numbers


def _regularization_of(member: Member | None) -> float | None:
    return float(member.estimator.C_) if isinstance(member, EstimatorMember) else None


def _value_scale(rows: Rows) -> tuple[float, float]:
    assert rows.y is not None
    y = rows.y.to(torch.float64)
    return float(y.mean()), float(y.std(correction=0)) or 1.0


def _standardised(rows: Rows, values: tuple[float, float] | None) -> Rows:
    if values is None or rows.y is None:
        return rows
    assert isinstance(rows, TensorRows)
    return TensorRows(rows.x, (rows.y - values[0]) / values[1], rows.domain)
