"""Call a module so that gradients pass through it but none reach its parameters."""

from __future__ import annotations

from torch import Tensor, nn
from torch.func import functional_call


def call_frozen(module: nn.Module, x: Tensor) -> Tensor:
    """``module(x)`` with its parameters as constants: the gradient reaches ``x`` alone.

    Setting ``requires_grad`` for a while instead would crash a module that DDP has wrapped.

    Args:
        module: Any module; its buffers (running statistics) are updated as usual.
        x: Its input.
    """
    result: Tensor = functional_call(module, {name: p.detach() for name, p in module.named_parameters()}, (x,))
    return result
