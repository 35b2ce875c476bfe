"""Entropy minimisation on the rows that are worth it: sure enough, and not like those already learnt from."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from acclimate.losses import masked_mean, row_entropies
from acclimate.methods.online import OnlineMethod
from acclimate.types import Sample, Step

MOMENTUM = 0.9  # of the mean prediction


class EntropyFilter(OnlineMethod):
    """The objective that ETA, EATA and RDumb share.

    Args:
        network: A trained network with norm layers; it is copied.
        margin: Rows with an entropy below ``margin * log(c)`` are kept.
        redundancy: Of these, rows whose prediction's cosine with the mean prediction is below this; ``None`` chooses
            by the number of classes: 0.4 up to 10, 0.1 below 1000, 0.05 from there.
    """

    family = "entropy"
    mean_probs: Tensor
    started: Tensor

    def __init__(self, network: nn.Module, margin: float, redundancy: float | None) -> None:
        super().__init__(network)
        classes = self.num_classes
        self.limit = margin * math.log(classes)
        self.redundancy = redundancy if redundancy is not None else _redundancy(classes)
        self.register_buffer("mean_probs", torch.zeros(classes, device=self.device))
        self.register_buffer("started", torch.zeros((), dtype=torch.bool, device=self.device))

    def forward(self, target: Sample) -> Step:  # type: ignore[override]
        """The weighted entropy of the kept rows."""
        logits = self.logits_of(target)
        entropies = row_entropies(logits)
        probs = logits.detach().softmax(1)
        similar = F.cosine_similarity(self.mean_probs[None].to(probs), probs).abs()
        keep = (entropies.detach() < self.limit) & ((similar < self.redundancy) | ~self.started)
        weights = torch.exp(self.limit - entropies.detach())
        self.skipped = ~keep.any()
        self._follow(probs, keep)
        return Step({"entropy": masked_mean(weights * entropies, keep)}, logits.detach())

    @torch.no_grad()
    def _follow(self, probs: Tensor, keep: Tensor) -> None:
        """Move the mean prediction by the kept rows, if there are some."""
        mean = (probs * keep[:, None]).sum(0) / keep.sum().clamp_min(1)
        moved = torch.where(self.started, MOMENTUM * self.mean_probs + (1 - MOMENTUM) * mean, mean)
        self.mean_probs.copy_(torch.where(keep.any(), moved, self.mean_probs))
        self.started.logical_or_(keep.any())


def _redundancy(classes: int) -> float:
    return 0.4 if classes <= 10 else 0.1 if classes < 1000 else 0.05
