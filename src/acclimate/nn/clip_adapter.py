"""CLIP-Adapter: a small network beside the features, in front of a head that stays as it is."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class CLIPAdapter(nn.Module):
    r"""A head on features that a bottleneck has moved a little.

    .. math:: z(x) = h\big(a \, \mathrm{ReLU}(W_2 \, \mathrm{ReLU}(W_1 x)) + (1 - a) \, x\big)

    Gao et al. 2021, CLIP-Adapter: better vision-language models with feature adapters,
    https://arxiv.org/abs/2110.04544. Only the bottleneck is trained; take this as the ``head`` of a
    `acclimate.nn.Classifier` whose backbone is frozen, and any method trains it.

    Args:
        head: h, of d features: `acclimate.nn.zero_shot_head`, or any other; it is frozen.
        width: d.
        share: a; default 0.2.
        reduction: d over the width of the bottleneck; default 4.

    Example:
        >>> from acclimate.nn import CosineHead
        >>> CLIPAdapter(CosineHead(torch.eye(3, 8)), 8)(torch.randn(2, 8)).shape
        torch.Size([2, 3])
    """

    def __init__(self, head: nn.Module, width: int, share: float = 0.2, reduction: int = 4) -> None:
        super().__init__()
        narrow = max(width // reduction, 1)
        self.head, self.share = head.requires_grad_(False), share
        self.bottleneck = nn.Sequential(
            nn.Linear(width, narrow, bias=False), nn.ReLU(), nn.Linear(narrow, width, bias=False), nn.ReLU()
        )

    def forward(self, features: Tensor) -> Tensor:
        """Logits (n, c) of features (n, d)."""
        logits: Tensor = self.head(torch.lerp(features, self.bottleneck(features), self.share))
        return logits
