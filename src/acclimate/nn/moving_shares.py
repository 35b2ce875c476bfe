"""How often each class is predicted, over more than one batch."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class MovingShares(nn.Module):
    r"""Keeps :math:`s \leftarrow \mathrm{decay}\, s + (1 - \mathrm{decay})\, \bar p`, even over the classes at first.

    Args:
        num_classes: c.
        decay: In [0, 1); default 0.99.

    Attributes:
        shares: (c,), in the state dict.
    """

    shares: Tensor

    def __init__(self, num_classes: int, decay: float = 0.99) -> None:
        super().__init__()
        if not 0 <= decay < 1:
            raise ValueError(f"decay must be in [0, 1), not {decay}")
        self.decay = decay
        self.register_buffer("shares", torch.full((num_classes,), 1 / num_classes))

    def forward(self, logits: Tensor) -> Tensor:
        """Where the shares move with the predictions of a batch (n, c), without gradient, (c,)."""
        dtype = torch.promote_types(logits.dtype, torch.float32)
        mean = logits.detach().to(dtype).softmax(1).mean(0)
        return torch.lerp(mean, self.shares.to(mean), self.decay)

    @torch.no_grad()
    def update(self, shares: Tensor) -> None:
        """Take over what :meth:`forward` gave."""
        self.shares.copy_(shares)
