"""The last rows that came, in a ring."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


class RowQueue(nn.Module):
    """Features and predictions of the last rows; the next row takes the place of the oldest.

    A row that is not finite is not taken, and its place stays as it was. All of it is in the state dict.

    Args:
        size: Rows that are kept.
        width: d.
        num_classes: c.

    Attributes:
        features: (size, d).
        probs: (size, c).
        filled: Which places hold a row, (size,).
        rows_seen: How many rows came by.
    """

    features: Tensor
    probs: Tensor
    filled: Tensor

    def __init__(self, size: int, width: int, num_classes: int) -> None:
        super().__init__()
        self.register_buffer("features", torch.zeros(size, width))
        self.register_buffer("probs", torch.zeros(size, num_classes))
        self.register_buffer("filled", torch.zeros(size, dtype=torch.bool))
        self.rows_seen = 0

    @torch.no_grad()
    def add(self, features: Tensor, probs: Tensor) -> None:
        """Take in rows (n, d) with their predictions (n, c); of more than there are places, the last."""
        size, device = len(self.filled), self.filled.device
        places = torch.arange(self.rows_seen, self.rows_seen + len(features), device=device)[-size:] % size
        self.rows_seen += len(features)
        features, probs = features[-size:].to(self.features), probs[-size:].to(self.probs)
        sound = features.isfinite().all(1) & probs.isfinite().all(1)
        self.features[places] = torch.where(sound[:, None], features, self.features[places])
        self.probs[places] = torch.where(sound[:, None], probs, self.probs[places])
        self.filled[places] |= sound

    @torch.no_grad()
    def forget(self) -> None:
        """Hold nothing."""
        self.rows_seen = 0
        for buffer in (self.features, self.probs, self.filled):
            buffer.zero_()

    def get_extra_state(self) -> dict[str, Any]:
        """How many rows came by."""
        return {"rows_seen": self.rows_seen}

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """How many rows came by."""
        self.rows_seen = state["rows_seen"]
