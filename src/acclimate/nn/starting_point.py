"""The weights that training started from."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn


class StartingPoint(nn.Module):
    """Copies of parameters, and how far these are from them; part of the state dict, without gradient.

    Args:
        parameters: In an order that is the same at every call.
    """

    def __init__(self, parameters: Iterable[Tensor]) -> None:
        super().__init__()
        for number, parameter in enumerate(parameters):
            self.register_buffer(f"p{number}", parameter.detach().clone())

    def forward(self, parameters: Iterable[Tensor]) -> Tensor:
        """Sum of the squared distances of parameters from their copies, in at least float32."""
        return squared_norm(p - start for p, start in zip(parameters, self.buffers(), strict=True))


def squared_norm(tensors: Iterable[Tensor]) -> Tensor:
    """Sum of the squares of all entries, in at least float32."""
    wide = (t.float() if t.dtype in (torch.float16, torch.bfloat16) else t for t in tensors)
    squares = [t.square().sum() for t in wide]
    return torch.stack(squares).sum() if squares else torch.zeros(())
