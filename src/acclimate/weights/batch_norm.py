"""Running statistics of batch norm, taken anew for averaged weights."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


@torch.no_grad()
def refresh_batch_norm(module: nn.Module, batches: Iterable[Tensor]) -> int:
    """Let every batch norm of ``module`` learn its statistics from ``batches``: averaged weights have others.

    Args:
        module: In place; modes, momentum and everything but the running statistics are left as they were.
        batches: Inputs as the network takes them. Each batch weighs the same.

    Returns:
        How many layers there are; without any the batches are not read.

    Example:
        >>> norm = nn.BatchNorm1d(1)
        >>> refresh_batch_norm(norm, [torch.tensor([[1.0], [3.0]])]), norm.running_mean
        (1, tensor([2.]))
    """
    norms = [m for m in module.modules() if isinstance(m, _BatchNorm) and m.track_running_stats]
    if not norms:
        return 0
    modes, momenta = {m: m.training for m in module.modules()}, {m: m.momentum for m in norms}
    module.eval()
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a plain average over the batches
        norm.train()
    for x in batches:
        module(x)
    for m, training in modes.items():
        m.training = training
    for norm, momentum in momenta.items():
        norm.momentum = momentum
    return len(norms)
