"""Batch norm that takes, channel by channel, the batch's statistics or the running ones."""

from __future__ import annotations

import copy
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from acclimate.nn.sync_batch_norm import PLAIN, SyncBatchNorm


class StochasticBatchNorm(SyncBatchNorm):
    r"""Batch norm whose output in training is, for each channel, by the batch with probability ``p``, else by the
    running statistics, which the batch is then added to:

    .. math:: \hat x = s\, \frac{x - \mu_B}{\sigma_B} + (1 - s)\, \frac{x - \mu}{\sigma}, \qquad s \sim B(p)

    p = 1 is ordinary batch norm; p = 0 uses the running statistics throughout. In eval mode it is ordinary batch norm,
    and its parameters and buffers have the same names. Kou et al. 2020, (StochNorm),
    https://papers.nips.cc/paper/2020/hash/bc573864331a9e42e4511de6f678aa83-Abstract.html.
    """

    p: float = 0.5

    def forward(self, input: Tensor) -> Tensor:
        """Normalise (n, c, ...) per channel."""
        if not self.training or self.running_mean is None:
            return super().forward(input)
        shape = (1, -1, *[1] * (input.ndim - 2))
        mean, variance = self.running_mean.clone(), cast(Tensor, self.running_var).clone()
        by_batch = super().forward(input)  # which moves the running statistics
        scale, shift = torch.rsqrt(variance + self.eps), -mean * torch.rsqrt(variance + self.eps)
        if self.affine:
            scale, shift = scale * self.weight, shift * self.weight + self.bias
        by_running = (input * scale.view(shape) + shift.view(shape)).to(by_batch.dtype)
        chosen = torch.rand(self.num_features, device=input.device) < self.p
        return torch.where(chosen.view(shape), by_batch, by_running)


class _StochasticBatchNormAct(StochasticBatchNorm):
    """The same for timm's batch norm with an activation in it."""

    drop: nn.Module
    act: nn.Module

    def forward(self, input: Tensor) -> Tensor:
        result: Tensor = self.act(self.drop(super().forward(input)))
        return result


def convert_stochastic_batch_norm(module: nn.Module, p: float = 0.5) -> int:
    """Replace every batch norm inside ``module``, in place, by :class:`StochasticBatchNorm` with the same parameters.

    State dicts from before and after fit each other.

    Args:
        module: Any module.
        p: The probability that a channel is normalised by its batch; default 0.5.

    Returns:
        How many there are now.

    Raises:
        ValueError: If ``p`` is outside [0, 1], or on a kind of batch norm that is not known to be plain.
    """
    if not 0 <= p <= 1:
        raise ValueError(f"p must be in [0, 1], not {p}")
    count = 0
    for parent in list(module.modules()):
        for name, layer in parent._modules.items():
            if isinstance(layer, _BatchNorm):
                setattr(parent, name, _converted(layer, p))
                count += 1
    return count


def _converted(layer: _BatchNorm, p: float) -> StochasticBatchNorm:
    fused = hasattr(layer, "act") and hasattr(layer, "drop")
    if not (type(layer) in PLAIN or fused or isinstance(layer, SyncBatchNorm)):
        raise ValueError(f"cannot make a batch norm of type {type(layer).__name__} stochastic: replace it first")
    twin = copy.copy(layer)  # parameters keep their identity, so optimizers and ties stay valid
    twin.__class__ = _StochasticBatchNormAct if fused else StochasticBatchNorm
    made = cast(StochasticBatchNorm, twin)
    made.p = p
    return made
