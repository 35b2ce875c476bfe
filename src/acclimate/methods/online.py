"""What every test-time method is: it predicts a batch and adapts to it, with nothing but that batch."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from functools import partial
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn
from torch.optim import SGD, Optimizer

from acclimate.errors import InputError
from acclimate.methods.base import Encoded, Method, inputs_of
from acclimate.methods.descent import descend
from acclimate.nn import (
    BatchStatistics,
    Moments,
    PolicyBatchNorm,
    Snapshot,
    features_and_logits,
    norm_parameters,
    output_layer,
    places_of,
    use_statistics,
)
from acclimate.nn.policy_batch_norm import STATE
from acclimate.types import Sample, Step

# Under which headings tables list test-time methods, in this order.
ONLINE_FAMILIES = {
    "statistics": "Normalisation statistics",
    "entropy": "Entropy and pseudo-labels",
    "teacher": "Teachers",
    "output": "Outputs alone",
    "source": "With source data",
}
Choice = Literal["norms", "norms but the last", "all", "none"]


class OnlineMethod(Method):
    """A rule that changes a copy of a trained network while it predicts; ``Online`` drives it.

    The network is copied, put into evaluation mode for good, and its batch norms follow ``statistics`` from then on.

    Args:
        network: A trained network from inputs to logits (n, c): any module. It is copied, never changed.

    Attributes:
        statistics: What batch norms normalise with; ``None`` leaves them with the source's.
        choice: What is trained: scale and shift of norm layers, those outside the last stage, everything or nothing.
        rate: Learning rate of the default optimizer, that of the published ImageNet runs with batches of 64.
        adapted: The trained parameters by name.
        source: What the trained parameters were.
    """

    settings = ("tta",)
    passes = 1.0
    statistics: ClassVar[Moments | None] = BatchStatistics()
    choice: ClassVar[Choice] = "norms"
    rate: ClassVar[float] = 2.5e-4

    network: nn.Module  # type: ignore[assignment]  # any, where other methods take a Classifier

    def __init__(self, network: nn.Module) -> None:
        network = copy.deepcopy(network).eval().requires_grad_(False)
        super().__init__(network)  # type: ignore[arg-type]
        policy = self.policy()
        if policy is not None:
            use_statistics(network, policy)
        self.adapted = self.choose()
        for parameter in self.adapted.values():
            parameter.requires_grad_(True)
        self.source = Snapshot(places_of(network, self.adapted.values()))

    def policy(self) -> Moments | Mapping[str, Moments] | None:
        """What batch norms follow; default: ``statistics``."""
        return self.statistics

    def choose(self) -> dict[str, nn.Parameter]:
        """The parameters to train, by name.

        Raises:
            InputError: If there are none.
        """
        if self.choice == "none":
            return {}
        floats = {name: p for name, p in self.network.named_parameters() if p.is_floating_point()}
        norms = partial(norm_parameters, self.network, skip_last=self.choice == "norms but the last")
        chosen = floats if self.choice == "all" else norms()
        if not chosen:
            what = "parameters" if self.choice == "all" else "norm layers with scale and shift to adapt"
            where = " in front of its last stage" if self.choice == "norms but the last" else ""
            raise InputError(f"{self.title} finds no {what}{where} in this network; lame, t3a and memo need none.")
        return chosen

    def parameters_of(self, phase: str) -> list[nn.Parameter]:
        """The chosen ones."""
        return list(self.adapted.values())

    def make_optimizer(self, parameters: list[nn.Parameter]) -> Optimizer:
        """The default optimizer; default: SGD with Nesterov momentum 0.9."""
        return SGD(parameters, lr=self.rate, momentum=0.9, nesterov=True, fused=True)

    def forward(self, target: Sample) -> Step:  # type: ignore[override]  # streams by name
        """The objective on one batch; a method without one has none."""
        raise NotImplementedError

    def adapt(self, x: Tensor, optimizer: Optimizer | None) -> Tensor:
        """One update on x (n, ...); the logits (n, c) that the method's paper predicts with."""
        if optimizer is None:
            with torch.no_grad():
                return self.predict(x)
        step: Step = self(target=Sample(x))
        descend(step.total, optimizer, self.skipped)
        self.after_step()
        return step.logits

    skipped: Tensor | None = None  # 0-d boolean of the last forward: no row was worth learning from

    def predict(self, x: Tensor) -> Tensor:
        """Logits, (n, c)."""
        logits: Tensor = self.network(x)
        return logits

    def encode(self, x: Tensor) -> Encoded:
        """Features in front of the last linear layer, and logits."""
        return Encoded(*features_and_logits(self.network, x))

    def logits_of(self, target: Sample) -> Tensor:
        """The network's logits of a stream in a single view, in at least float32."""
        logits = self.predict(inputs_of(target, "target"))
        return logits.float() if logits.dtype in (torch.float16, torch.bfloat16) else logits

    @property
    def device(self) -> torch.device:
        """Where the network is."""
        return next(self.network.parameters()).device

    @property
    def num_classes(self) -> int:
        """c, read off the last linear layer."""
        return output_layer(self.network).out_features

    def train(self, mode: bool = True) -> OnlineMethod:
        """Modes do not concern the network: it stays in evaluation mode, its statistics follow the policy."""
        super().train(mode)
        self.network.eval()
        return self

    def own_state(self) -> list[tuple[nn.Module, str]]:
        """What else a step may change, beside the trained parameters: own buffers and moving statistics."""
        layers = [m for m in self.network.modules() if isinstance(m, PolicyBatchNorm) and m.policy.stateful]
        return [*((self, name) for name in self._buffers), *((layer, name) for layer in layers for name in STATE)]

    def reset(self) -> None:
        """Bring the trained parameters back; ``Online`` does the same for ``own_state``."""
        self.source.restore()
