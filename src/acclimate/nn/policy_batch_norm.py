"""Batch norm layers that follow a policy, and the switch that makes layers of a network such and undoes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from acclimate.nn.gather import world_size
from acclimate.nn.norm_policy import BatchStatistics, Moments, StatisticsLayer
from acclimate.nn.sync_batch_norm import SyncBatchNorm

STATE = ("moving_mean", "moving_variance", "batches")


class PolicyBatchNorm(StatisticsLayer):
    """A batch norm that asks its policy what to normalise with, in training and in evaluation mode alike.

    Layers become one by :func:`use_statistics`: the same object, so parameters and buffers keep their identity.
    The policy's own statistics are the buffers ``moving_mean``, ``moving_variance`` and ``batches``.
    """

    policy: Moments

    def _check_input_dim(self, input: Tensor) -> None:
        if input.ndim < 2:
            raise ValueError(f"batch norm takes (n, c, ...), not {input.ndim} axes")

    def forward(self, input: Tensor) -> Tensor:
        """Normalise (n, c, ...) per channel."""
        self._check_input_dim(input)
        if isinstance(self.policy, BatchStatistics) and not (self.synchronised and world_size() > 1):
            return F.batch_norm(input, None, None, self.weight, self.bias, True, 0.0, self.eps)
        if self.policy.per_row or (torch.is_grad_enabled() and self.policy.differentiable):
            return self._through(input)
        with torch.no_grad():
            mean, variance = self.policy(self, input)
        return F.batch_norm(input, mean, variance, self.weight, self.bias, False, 0.0, self.eps)

    def _through(self, input: Tensor) -> Tensor:
        """The same with gradient to the statistics, which may be each row's own."""
        mean, variance = self.policy(self, input)
        scale = torch.rsqrt(variance + self.eps)
        scale = scale if self.weight is None else scale * self.weight
        shift = -mean * scale if self.bias is None else self.bias - mean * scale
        shape = (len(mean) if mean.ndim == 2 else 1, -1, *[1] * (input.ndim - 2))
        return (input * scale.view(shape) + shift.view(shape)).to(input.dtype)


class _PolicyBatchNormAct(PolicyBatchNorm):
    """The same for timm's batch norm with an activation in it."""

    drop: nn.Module
    act: nn.Module

    def forward(self, input: Tensor) -> Tensor:
        result: Tensor = self.act(self.drop(super().forward(input)))
        return result


def batch_norms(network: nn.Module) -> dict[str, _BatchNorm]:
    """The batch norm layers of ``network`` by name: 1d, 2d, 3d, synchronised, and timm's with an activation."""
    return {name: layer for name, layer in network.named_modules() if isinstance(layer, _BatchNorm)}


class Statistics:
    """Layers that follow a policy until :meth:`undo`; as a context manager, until its end.

    Args:
        network: Whose batch norms are switched, in place.
        policy: One for all layers, or one for each by name; layers without a name there stay as they are.

    Attributes:
        layers: The switched layers by name; empty where the network has no batch norm.

    Raises:
        ValueError: A layer has no running statistics where the policy needs them, or there is no layer of that name.
    """

    def __init__(self, network: nn.Module, policy: Moments | Mapping[str, Moments]) -> None:
        found = batch_norms(network)
        policies = policy if isinstance(policy, Mapping) else dict.fromkeys(found, policy)
        for name in policies:
            if name not in found:
                raise ValueError(f"there is no batch norm called {name!r}; there are: {', '.join(found) or 'none'}")
            _check(name, found[name], policies[name])
        self.layers = {name: found[name] for name in policies}
        self._before = [(layer, type(layer), layer.__dict__.get("policy")) for layer in self.layers.values()]
        for name, layer in self.layers.items():
            _switch(layer, policies[name])

    def undo(self) -> None:
        """Make the layers what they were; a second call does nothing."""
        for layer, cls, policy in self._before:
            if policy is not None:
                layer.policy = policy
                continue
            for name in ("policy", "synchronised", "held"):
                layer.__dict__.pop(name, None)
            for name in STATE:
                layer._buffers.pop(name, None)
            layer.__class__ = cls
        self._before = []

    def __enter__(self) -> Statistics:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.undo()


def use_statistics(network: nn.Module, policy: Moments | Mapping[str, Moments]) -> Statistics:
    """Let the batch norms of ``network`` follow ``policy``, in place, whatever mode the network is in.

    Args:
        network: Any module; see :class:`Statistics`.
        policy: One for all layers, or one for each by name.

    Returns:
        What undoes it, exactly: parameters and buffers stay the same objects throughout, and no running statistic
        is written to. It is a context manager too.

    Example:
        >>> import torch
        >>> network = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)).eval()
        >>> with use_statistics(network, BatchStatistics()):
        ...     inside = network(torch.randn(8, 3) + 5)
        >>> bool((inside.mean(0).abs() < 1e-5).all()), type(network[1]).__name__
        (True, 'BatchNorm1d')
    """
    return Statistics(network, policy)


@contextmanager
def held_statistics(network: nn.Module) -> Iterator[None]:
    """Statistics that move with every batch stand still within."""
    layers = [layer for layer in network.modules() if isinstance(layer, PolicyBatchNorm)]
    before = [layer.held for layer in layers]
    for layer in layers:
        layer.held = True
    try:
        yield
    finally:
        for layer, held in zip(layers, before, strict=True):
            layer.held = held


def _check(name: str, layer: _BatchNorm, policy: Moments) -> None:
    if policy.needs_source and layer.running_mean is None:
        raise ValueError(f"batch norm {name!r} has no running statistics: only the batch's can be used")


def _switch(layer: _BatchNorm, policy: Moments) -> None:
    """The same object in another class: parameters keep their identity, so optimizers and ties stay valid."""
    if not isinstance(layer, PolicyBatchNorm):
        fused = hasattr(layer, "act") and hasattr(layer, "drop")
        layer.synchronised = isinstance(layer, SyncBatchNorm | nn.SyncBatchNorm)  # type: ignore[assignment]
        layer.__class__ = _PolicyBatchNormAct if fused else PolicyBatchNorm
        layer.held = False  # type: ignore[assignment]
    layer.policy = policy  # type: ignore[assignment]
    if policy.stateful:
        source_mean, source_variance = cast(PolicyBatchNorm, layer).source
        layer.register_buffer("moving_mean", source_mean.clone())
        layer.register_buffer("moving_variance", source_variance.clone())
        layer.register_buffer("batches", torch.zeros((), dtype=torch.int64, device=source_mean.device))
