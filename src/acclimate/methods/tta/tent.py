"""Tent: minimise the entropy of predictions."""

from __future__ import annotations

from torch import nn

from acclimate.losses import entropy_loss
from acclimate.methods.online import OnlineMethod
from acclimate.types import Sample, Step


class Tent(OnlineMethod):
    r"""Fully test-time adaptation by entropy minimisation.

    .. math:: L = \frac1n \sum_i H(p_i)

    over scale and shift of the norm layers, with the batch's statistics. Alone it collapses on long, mixed or ordered
    streams: lower the rate, reset, or take a method with a guard.

    Args:
        network: A trained network with norm layers; it is copied.

    Notes:
        None.

    Reference:
        Wang et al. 2021, Tent: Fully Test-time Adaptation by Entropy Minimization, ICLR, https://arxiv.org/abs/2006.10726.

    Example:
        >>> import torch
        >>> method = Tent(nn.Sequential(nn.Linear(8, 4), nn.BatchNorm1d(4), nn.Linear(4, 3)))
        >>> sorted(method(target=Sample(torch.randn(5, 8))).losses)
        ['entropy']
    """

    key = "tent"
    title = "Tent"
    paper = "Wang et al., ICLR 2021"
    url = "https://arxiv.org/abs/2006.10726"
    family = "entropy"

    def __init__(self, network: nn.Module) -> None:
        super().__init__(network)

    def forward(self, target: Sample) -> Step:  # type: ignore[override]
        """The mean entropy."""
        logits = self.logits_of(target)
        return Step({"entropy": entropy_loss(logits)}, logits.detach())
