"""An exponential moving average of a module."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn


class EMA(nn.Module):
    r"""Keeps :math:`\bar\theta \leftarrow \mathrm{decay}\,\bar\theta + (1 - \mathrm{decay})\,\theta`, buffers included.

    Floating-point buffers (running statistics) are averaged too, others (counters) copied: averaged weights
    with another moment's statistics are no model. Tarvainen & Valpola 2017, https://arxiv.org/abs/1703.01780.

    Args:
        module: The module to follow; it is copied, not changed.
        decay: In [0, 1); default 0.999.

    Attributes:
        module: The averaged copy, without gradient.
    """

    def __init__(self, module: nn.Module, decay: float = 0.999) -> None:
        super().__init__()
        if not 0 <= decay < 1:
            raise ValueError(f"decay must be in [0, 1), not {decay}")
        self.decay = decay
        self.module = copy.deepcopy(module).requires_grad_(False)

    @torch.no_grad()
    def update(self, module: nn.Module) -> None:
        """Move towards ``module``; a few fused operations, no waiting for the device."""
        mine, theirs = _tensors(self.module), _tensors(module)
        floats = [(m, t) for m, t in zip(mine, theirs, strict=True) if m.is_floating_point()]
        torch._foreach_lerp_([m for m, _ in floats], [t for _, t in floats], 1 - self.decay)
        for m, t in zip(mine, theirs, strict=True):
            if not m.is_floating_point():
                m.copy_(t)


def _tensors(module: nn.Module) -> list[Tensor]:
    return [*(p.detach() for p in module.parameters()), *module.buffers()]
