"""Soft pseudo-labels: self-learning."""

from __future__ import annotations

from torch import nn

from acclimate.losses import soft_cross_entropy_loss
from acclimate.methods.online import OnlineMethod
from acclimate.types import Sample, Step


class SoftPL(OnlineMethod):
    r"""Self-learning on the network's own predictions as they are, held constant.

    .. math:: L = -\frac1n \sum_i \sum_c \mathrm{sg}(p_{ic}) \log p_{ic}

    over scale and shift of the norm layers, with the batch's statistics. Collapses where Tent does, RPL later.

    Args:
        network: A trained network with norm layers; it is copied.

    Notes:
        None.

    Reference:
        Rusak et al. 2022, If Your Data Distribution Shifts, Use Self-Learning, TMLR, https://arxiv.org/abs/2104.12928.

    Example:
        >>> import torch
        >>> method = SoftPL(nn.Sequential(nn.Linear(8, 4), nn.BatchNorm1d(4), nn.Linear(4, 3)))
        >>> sorted(method(target=Sample(torch.randn(5, 8))).losses)
        ['pseudo_label']
    """

    key = "soft_pl"
    title = "Soft pseudo-labels"
    paper = "Rusak et al., TMLR 2022"
    url = "https://arxiv.org/abs/2104.12928"
    family = "entropy"
    rate = 5e-4

    def __init__(self, network: nn.Module) -> None:
        super().__init__(network)

    def forward(self, target: Sample) -> Step:  # type: ignore[override]
        """The loss against the network's own predictions."""
        logits = self.logits_of(target)
        return Step({"pseudo_label": soft_cross_entropy_loss(logits, logits.detach().softmax(1))}, logits.detach())
