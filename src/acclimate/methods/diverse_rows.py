"""The objective that ROID and CMF share: certain and diverse rows, consistent under views."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from acclimate.losses import likelihood_ratios, row_entropies, symmetric_cross_entropies
from acclimate.methods.base import inputs_of
from acclimate.methods.online import OnlineMethod
from acclimate.types import Sample, Step


class DiverseRows(OnlineMethod):
    """Soft likelihood ratio and consistency, weighted; predictions corrected for the batch's prior.

    Args:
        network: A trained network with norm layers; it is copied.
        temperature: Of the weights.
        view: Makes a random view of a batch.
    """

    family = "entropy"
    passes = 1.5
    mean_probs: Tensor

    def __init__(self, network: nn.Module, temperature: float, view: Callable[[Tensor], Tensor]) -> None:
        super().__init__(network)
        self.temperature, self.view = temperature, view
        classes = self.num_classes
        self.register_buffer("mean_probs", torch.full((classes,), 1 / classes, device=self.device))

    def forward(self, target: Sample) -> Step:  # type: ignore[override]
        """The weighted likelihood ratio and consistency."""
        x, logits = inputs_of(target, "target"), self.logits_of(target)
        weights, keep = self._weights(logits.detach())
        losses = {"likelihood_ratio": (likelihood_ratios(logits) * weights).sum() / len(x)}
        kept = keep.nonzero()[:, 0]
        if len(kept) > 1:  # a single vector has no batch statistics
            viewed = self.predict(self.view(x[kept])).float()
            losses["consistency"] = (symmetric_cross_entropies(viewed, logits[kept]) * weights[kept]).sum() / len(x)
        return Step(losses, prior_corrected(logits.detach()))

    @torch.no_grad()
    def _weights(self, logits: Tensor) -> tuple[Tensor, Tensor]:
        """Weights (n,), and which rows have one; the mean prediction moves on."""
        probs = logits.softmax(1)
        diverse = _scaled(1 - F.cosine_similarity(self.mean_probs[None].to(probs), probs))
        certain = _scaled(-row_entropies(logits))
        keep = diverse >= diverse.mean()
        finite = probs.isfinite().all()
        self.mean_probs.copy_(torch.where(finite, 0.9 * self.mean_probs + 0.1 * probs.mean(0), self.mean_probs))
        return torch.exp(diverse * certain / self.temperature) * keep, keep


def _scaled(values: Tensor) -> Tensor:
    """To [0, 1] in the batch; 0 where all are alike."""
    low, high = values.aminmax()
    return (values - low) / (high - low).clamp_min(torch.finfo(values.dtype).tiny)


def prior_corrected(logits: Tensor) -> Tensor:
    """Logits times the batch's smoothed mean prediction."""
    n, classes = logits.shape
    prior = logits.softmax(1).mean(0)
    smooth = max(1 / n, 1 / classes) / prior.max()
    return logits * ((prior + smooth) / (1 + smooth * classes))
