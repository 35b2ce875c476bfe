"""RPL: robust self-learning."""

from __future__ import annotations

from torch import nn

from acclimate.losses import generalized_cross_entropy_loss
from acclimate.methods.online import OnlineMethod
from acclimate.types import Sample, Step


class RPL(OnlineMethod):
    r"""Robust pseudo-labels: a loss that wrong ones do not dominate.

    .. math:: L = \frac1n \sum_i (1 - p_i[\hat y_i]^q) / q

    over scale and shift of the norm layers, with the batch's statistics. Collapses where Tent does, RPL later.

    Args:
        network: A trained network with norm layers; it is copied.
        exponent: q in (0, 1], from cross-entropy to mean absolute error; default 0.8.

    Notes:
        None.

    Reference:
        Rusak et al. 2022, If Your Data Distribution Shifts, Use Self-Learning, TMLR, https://arxiv.org/abs/2104.12928.

    Example:
        >>> import torch
        >>> method = RPL(nn.Sequential(nn.Linear(8, 4), nn.BatchNorm1d(4), nn.Linear(4, 3)))
        >>> sorted(method(target=Sample(torch.randn(5, 8))).losses)
        ['pseudo_label']
    """

    key = "rpl"
    title = "RPL"
    paper = "Rusak et al., TMLR 2022"
    url = "https://arxiv.org/abs/2104.12928"
    family = "entropy"
    rate = 5e-4

    def __init__(self, network: nn.Module, exponent: float = 0.8) -> None:
        super().__init__(network)
        self.exponent = exponent

    def forward(self, target: Sample) -> Step:  # type: ignore[override]
        """The loss against the network's own predictions."""
        logits = self.logits_of(target)
        return Step(
            {"pseudo_label": generalized_cross_entropy_loss(logits, logits.detach().argmax(1), self.exponent)},
            logits.detach(),
        )
