"""One discriminator for each class, all run at once."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class ClassDiscriminators(nn.Module):
    """For each class a network like :class:`Discriminator`, with weights of its own: (n, c, d) to (n, c).

    The layers of all classes are one batched product. Pei et al. 2018 (MADA), https://arxiv.org/abs/1809.02176.

    Args:
        num_features: d.
        num_outputs: c.
        hidden: Width of the two hidden layers; default 1024.
        dropout: Probability; default 0.5.
    """

    def __init__(self, num_features: int, num_outputs: int, hidden: int = 1024, dropout: float = 0.5) -> None:
        super().__init__()
        widths = [(num_features, hidden), (hidden, hidden), (hidden, 1)]
        self.weights = nn.ParameterList(_drawn((num_outputs, a, b), a) for a, b in widths)
        self.biases = nn.ParameterList(_drawn((num_outputs, 1, b), a) for a, b in widths)
        self.dropout = nn.Dropout(dropout)

    def forward(self, features: Tensor) -> Tensor:
        """Features as each class sees them, (n, c, d), to domain logits, (n, c)."""
        x = features.transpose(0, 1)
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            x = self.dropout(F.relu(torch.baddbmm(bias, x, weight)))
        return torch.baddbmm(self.biases[-1], x, self.weights[-1]).squeeze(2).T


def _drawn(shape: tuple[int, ...], inputs: int) -> nn.Parameter:
    """Drawn as those of a Linear layer are."""
    bound = 1 / math.sqrt(inputs)
    return nn.Parameter(torch.empty(shape).uniform_(-bound, bound))
