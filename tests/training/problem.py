"""A small problem with augmentation and dropout; importable, so that other processes can be given it."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from acclimate.data.rows import TensorRows
from acclimate.data.shuffle import derived_seed
from acclimate.data.streams import Stream, Streams
from acclimate.methods import Method, build
from acclimate.nn import Classifier
from acclimate.training import fit
from acclimate.types import Sample, Step

SGD = partial(torch.optim.SGD, lr=0.05, momentum=0.9)
QUIET = {"accelerator": "cpu", "progress_bar": False}


class NoisyRows:
    """Rows whose augmentation is noise drawn from the row and how often it was seen."""

    def __init__(self, n: int, width: int = 8, shift: float = 0.0) -> None:
        generator = torch.Generator().manual_seed(n)
        self.clean = torch.randn(n, width, generator=generator) + shift
        self.y = (self.clean.sum(1) > width * shift).long()
        self.domain = None

    def __len__(self) -> int:
        return len(self.clean)

    def batch(self, index: Tensor, epoch: Tensor | None) -> Tensor:
        x = self.clean[index]
        if epoch is None:
            return x
        noise = [
            torch.randn(x.shape[1], generator=torch.Generator().manual_seed(derived_seed(row, seen)))
            for row, seen in zip(index.tolist(), epoch.tolist(), strict=True)
        ]
        return x + 0.1 * torch.stack(noise)


def make_streams(workers: int = 0, batch_size: int = 8) -> Streams:
    """Source of 20 rows and target of 26, so that passes end at different steps."""
    source, target = NoisyRows(20), NoisyRows(26, shift=0.5)
    return Streams(
        source=Stream(source, batch_size, workers=workers), target=Stream(target, batch_size, workers=workers)
    )


def plain_streams(dtype: torch.dtype = torch.float32, batch_size: int = 8, **options: Any) -> Streams:
    """The same without augmentation, in memory."""
    source, target = NoisyRows(20), NoisyRows(26, shift=0.5)
    return Streams(
        source=Stream(TensorRows(source.clean.to(dtype), source.y), batch_size, **options),
        target=Stream(TensorRows(target.clean.to(dtype)), batch_size, **options),
    )


def make_network(dropout: float = 0.2, *, batch_norm: bool = True) -> Classifier:
    norm = nn.BatchNorm1d(6) if batch_norm else nn.Identity()
    backbone = nn.Sequential(nn.Linear(8, 6), norm, nn.ReLU(), nn.Dropout(dropout))
    return Classifier(backbone, nn.Linear(6, 2))


def make_method(key: str = "dann", dropout: float = 0.2, **params: Any) -> Method:
    torch.manual_seed(0)
    return build(key, make_network(dropout), 2, **params)


class Alternating(Method):
    """Two phases of one step, the second of them twice."""

    key, title, phases = "alternating", "Alternating", ("head", "backbone")

    @property
    def sequence(self) -> tuple[str, ...]:
        return "head", "backbone", "backbone"

    def parameters_of(self, phase: str) -> list[nn.Parameter]:
        return list(getattr(self.network, phase).parameters())

    def forward(self, source: Sample, target: Sample, phase: str) -> Step:
        logits = self.network(target.x)
        if phase == "head":
            return Step({"classification": F.cross_entropy(self.network(source.x), source.y)}, logits.detach())
        return Step({"entropy": logits.square().mean()}, logits.detach())


class Plain(Method):
    """Means over rows and nothing else: what accumulation and processes must reproduce exactly."""

    key, title = "plain", "Plain"

    def forward(self, source: Sample, target: Sample) -> Step:
        logits = self.network(target.x)
        losses = {
            "classification": F.cross_entropy(self.network(source.x), source.y),
            "size": self.progress * logits.square().mean(),
        }
        return Step(losses, logits.detach())


class Spoiled(Plain):
    """A loss that turns to NaN at a given share of the run."""

    def __init__(self, network: Classifier, progress: float) -> None:
        super().__init__(network)
        self.bad = progress

    def forward(self, source: Sample, target: Sample) -> Step:
        step = super().forward(source, target)
        spoiled = torch.where(self.progress >= self.bad, torch.nan, step.losses["size"])
        return Step({**step.losses, "spoiled": spoiled}, step.logits)


def run_to(out: str, *, workers: int, steps: int = 40, resume: bool = False, on_log: Any = None) -> Method:
    """The run that tests kill and resume."""
    method = make_method()
    options = {"checkpoint_every": 7, "log_every": 5, "ema": 0.9, "clip": 1.0, "on_log": on_log, **QUIET}
    fit(method, make_streams(workers), steps=steps, out=out, resume=resume, optimizer=SGD, **options)
    return method


def same_weights(a: nn.Module, b: nn.Module) -> bool:
    """To the last bit, buffers included."""
    return all(torch.equal(u, v) for u, v in zip(a.state_dict().values(), b.state_dict().values(), strict=True))
