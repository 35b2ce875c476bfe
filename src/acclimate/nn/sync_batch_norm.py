"""Batch norm over the joined batch of all processes, on any device."""

from __future__ import annotations

import copy
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from acclimate.nn.gather import gather_rows, world_size


def _moments(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Count, mean and biased variance per channel over all processes (Chan et al. 1983), with gradient."""
    axes = [0, *range(2, x.ndim)]
    count = x.new_tensor([x.numel() / x.shape[1]])
    variance, mean = torch.var_mean(x, axes, correction=0)
    rows = gather_rows(torch.cat([count, mean, variance])[None], equal=True)
    counts, means, variances = torch.split(rows, [1, x.shape[1], x.shape[1]], 1)
    total = counts.sum()
    mean = (counts * means).sum(0) / total
    return total, mean, (counts * (variances + (means - mean).square())).sum(0) / total


class SyncBatchNorm(_BatchNorm):
    """Batch norm whose training statistics are those of the joined batch, unequal shares included.

    ``torch.nn.SyncBatchNorm`` refuses the CPU; this one runs wherever the process group does. The gradient flows
    through the statistics of all processes. With one process it is ordinary batch norm. Takes (n, c) or
    (n, c, ...); parameters, buffers and their names are those of ``nn.BatchNorm1d/2d/3d``.
    """

    def _check_input_dim(self, input: Tensor) -> None:
        if input.ndim < 2:
            raise ValueError(f"batch norm takes (n, c, ...), not {input.ndim} axes")

    def forward(self, input: Tensor) -> Tensor:
        """Normalise (n, c, ...) per channel."""
        own = self.running_mean is None or self.training
        if world_size() == 1 or not own:
            return super().forward(input)
        self._check_input_dim(input)
        x = input.float() if input.dtype in (torch.float16, torch.bfloat16) else input
        count, mean, variance = _moments(x)
        if self.training and self.track_running_stats:
            self._track(count.detach(), mean.detach(), variance.detach())
        shape = (1, -1, *[1] * (x.ndim - 2))
        out = (x - mean.view(shape)) * torch.rsqrt(variance + self.eps).view(shape)
        if self.affine:
            out = out * self.weight.view(shape) + self.bias.view(shape)
        return out.to(input.dtype)

    @torch.no_grad()
    def _track(self, count: Tensor, mean: Tensor, variance: Tensor) -> None:
        batches = cast(Tensor, self.num_batches_tracked)
        batches.add_(1)
        momentum = 1 / batches.to(mean.dtype) if self.momentum is None else torch.full_like(count, self.momentum)
        cast(Tensor, self.running_mean).lerp_(mean, momentum)
        cast(Tensor, self.running_var).lerp_(variance * count / (count - 1), momentum)


class _SyncBatchNormAct(SyncBatchNorm):
    """The same for timm's batch norm with an activation in it."""

    drop: nn.Module
    act: nn.Module

    def forward(self, input: Tensor) -> Tensor:
        result: Tensor = self.act(self.drop(super().forward(input)))
        return result


PLAIN = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


def _convert_layer(layer: _BatchNorm) -> SyncBatchNorm:
    fused = hasattr(layer, "act") and hasattr(layer, "drop")
    if type(layer) not in PLAIN and not fused:
        raise ValueError(f"cannot synchronise a batch norm of type {type(layer).__name__}: replace it before training")
    # The same object in another class: parameters keep their identity, so optimizers and ties stay valid.
    twin = copy.copy(layer)
    twin.__class__ = _SyncBatchNormAct if fused else SyncBatchNorm
    return cast(SyncBatchNorm, twin)


def convert_sync_batch_norm(module: nn.Module) -> nn.Module:
    """Replace every batch norm inside ``module``, in place, by :class:`SyncBatchNorm` with the same parameters.

    State dicts from before and after fit each other.

    Args:
        module: Any module. A layer that stands in two places is replaced by one.

    Returns:
        ``module``, or the new layer where ``module`` itself was a batch norm.

    Raises:
        ValueError: On a kind of batch norm that is not known to be plain.
    """
    done: dict[int, SyncBatchNorm] = {}

    def convert(layer: nn.Module) -> nn.Module:
        if isinstance(layer, _BatchNorm) and not isinstance(layer, (SyncBatchNorm, nn.SyncBatchNorm)):
            if id(layer) not in done:
                done[id(layer)] = _convert_layer(layer)
            return done[id(layer)]
        for name, child in layer._modules.items():
            if child is not None:
                setattr(layer, name, convert(child))
        return layer

    return convert(module)
