"""T3A: class templates that the stream itself refines."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Optimizer

from acclimate.errors import InputError
from acclimate.losses import row_entropies
from acclimate.methods.online import OnlineMethod
from acclimate.nn import features_and_logits, output_layer


class T3A(OnlineMethod):
    r"""Test-time template adjuster.

    .. math:: z_{ic} = f_i \cdot \frac{s_c}{\|s_c\|}, \quad s_c = \sum_{j \in S_c} \frac{f_j}{\|f_j\|}

    where the supports S_c are the K rows of lowest entropy among those predicted as c, the head's weight vectors
    counted as the first. A row that falls out never returns. The network stays as it is. Harmless and cheap; gains
    little where features themselves have moved.

    Args:
        network: A trained network that ends in a linear layer; it is copied, and keeps the source's statistics.
        supports: K; -1 keeps all; default 20.

    Notes:
        The head's bias only serves to label the supports. K = -1 keeps them all, where the paper's code drops the least
        sure of each class at every batch. How many supports remain is needed on the host: one wait a batch.

    Reference:
        Iwasawa & Matsuo 2021, Test-Time Classifier Adjustment Module for Model-Agnostic Domain Generalization,
        NeurIPS, https://openreview.net/forum?id=e_yvNqkJKAW.

    Example:
        >>> method = T3A(nn.Sequential(nn.Linear(8, 4), nn.Linear(4, 3)))
        >>> method.adapt(torch.randn(6, 8), None).shape, len(method.labels)
        (torch.Size([6, 3]), 9)
    """

    key = "t3a"
    title = "T3A"
    paper = "Iwasawa & Matsuo, NeurIPS 2021"
    url = "https://openreview.net/forum?id=e_yvNqkJKAW"
    family = "output"
    passes = 1 / 3
    choice = "none"
    statistics = None
    rows: Tensor
    labels: Tensor
    entropies: Tensor

    def __init__(self, network: nn.Module, supports: int = 20) -> None:
        super().__init__(network)
        if supports < 1 and supports != -1:
            raise InputError(f"supports must be at least 1, or -1 for all, not {supports}.")
        self.supports = supports
        for name in ("rows", "labels", "entropies"):
            self.register_buffer(name, None, persistent=False)  # their number changes: see get_extra_state
        self.reset()

    def own_state(self) -> list[tuple[nn.Module, str]]:
        """Nothing but what ``reset`` brings back."""
        return []

    @torch.no_grad()
    def reset(self) -> None:
        """Only the head's weight vectors are supports."""
        head = output_layer(self.network)
        logits = head(head.weight)
        self.rows, self.labels, self.entropies = head.weight.detach(), logits.argmax(1), row_entropies(logits)

    @torch.no_grad()
    def adapt(self, x: Tensor, optimizer: Optimizer | None) -> Tensor:
        """Take the rows in, then compare them with the templates."""
        features, logits = features_and_logits(self.network, x)
        features, logits = features.to(self.rows.dtype), logits.float()
        sound = logits.isfinite().all(1)
        self._take(features[sound], logits[sound])
        sums = features.new_zeros(self.num_classes, features.shape[1])
        sums.index_add_(0, self.labels, F.normalize(self.rows, dim=1))
        return features @ F.normalize(sums, dim=1).T

    def _take(self, features: Tensor, logits: Tensor) -> None:
        """Add rows and leave each class its K surest."""
        rows = torch.cat([self.rows, features])
        labels = torch.cat([self.labels, logits.argmax(1)])
        entropies = torch.cat([self.entropies, row_entropies(logits).to(self.entropies)])
        if self.supports != -1:
            order = entropies.argsort(stable=True)
            order = order[labels[order].argsort(stable=True)]  # by class, and by entropy within
            counts = torch.bincount(labels, minlength=self.num_classes)
            place = torch.arange(len(order), device=order.device) - (counts.cumsum(0) - counts)[labels[order]]
            order = order[place < self.supports]
            rows, labels, entropies = rows[order], labels[order], entropies[order]
        self.rows, self.labels, self.entropies = rows, labels, entropies

    def get_extra_state(self) -> dict[str, Any]:
        """The supports."""
        return {"rows": self.rows, "labels": self.labels, "entropies": self.entropies}

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """The supports."""
        self.rows, self.labels, self.entropies = state["rows"], state["labels"], state["entropies"]
