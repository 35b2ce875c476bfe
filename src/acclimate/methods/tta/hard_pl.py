"""Hard pseudo-labels: self-learning."""

from __future__ import annotations

from torch import nn

from acclimate.losses import cross_entropy_loss
from acclimate.methods.online import OnlineMethod
from acclimate.types import Sample, Step


class HardPL(OnlineMethod):
    r"""Self-learning on the network's own most likely classes.

    .. math:: L = -\frac1n \sum_i \log p_i[\hat y_i]

    over scale and shift of the norm layers, with the batch's statistics. Collapses where Tent does, RPL later.

    Args:
        network: A trained network with norm layers; it is copied.

    Notes:
        None.

    Reference:
        Rusak et al. 2022, If Your Data Distribution Shifts, Use Self-Learning, TMLR, https://arxiv.org/abs/2104.12928.

    Example:
        >>> import torch
        >>> method = HardPL(nn.Sequential(nn.Linear(8, 4), nn.BatchNorm1d(4), nn.Linear(4, 3)))
        >>> sorted(method(target=Sample(torch.randn(5, 8))).losses)
        ['pseudo_label']
    """

    key = "hard_pl"
    title = "Hard pseudo-labels"
    paper = "Rusak et al., TMLR 2022"
    url = "https://arxiv.org/abs/2104.12928"
    family = "entropy"
    rate = 5e-4

    def __init__(self, network: nn.Module) -> None:
        super().__init__(network)

    def forward(self, target: Sample) -> Step:  # type: ignore[override]
        """The loss against the network's own predictions."""
        logits = self.logits_of(target)
        return Step({"pseudo_label": cross_entropy_loss(logits, logits.detach().argmax(1))}, logits.detach())
