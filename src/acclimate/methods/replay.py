"""Labelled source batches that come by again while a network adapts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from acclimate.errors import InputError


class Replay:
    """The batches one after the other, over and over.

    Args:
        source: Batches (x, y): inputs (n, ...) and class indices (n,).

    Attributes:
        batches: They, kept.
        position: Of the next one.

    Raises:
        InputError: There is no batch.
    """

    def __init__(self, source: Iterable[Sequence[Tensor]]) -> None:
        self.batches = [(x, y) for x, y in source]
        self.position = 0
        if not self.batches:
            raise InputError("source holds no batch; give batches (x, y) of labelled source rows.")

    def next(self, device: torch.device) -> tuple[Tensor, Tensor]:
        """The next batch."""
        x, y = self.batches[self.position]
        self.position = (self.position + 1) % len(self.batches)
        return x.to(device), y.to(device)
