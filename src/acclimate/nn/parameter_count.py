"""How large a network is."""

from __future__ import annotations

from torch import nn


def parameter_count(module: nn.Module) -> int:
    """Numbers in all parameters, trained or not; buffers (running statistics) are none."""
    return sum(p.numel() for p in module.parameters())
