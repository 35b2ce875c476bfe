"""SHOT-IM, online: sure predictions of all classes, with the head as it is."""

from __future__ import annotations

from torch import nn

from acclimate.errors import InputError
from acclimate.losses import diversity_loss, entropy_loss
from acclimate.methods.online import OnlineMethod
from acclimate.nn import output_layer
from acclimate.types import Sample, Step


class OnlineSHOTIM(OnlineMethod):
    r"""Information maximisation of SHOT, batch by batch.

    .. math:: L = \frac1n \sum_i H(p_i) - H(\bar p)

    over everything but the head. Assumes that each batch holds all classes about equally often: fails on ordered
    streams and with more classes than rows.

    Args:
        network: A trained network that ends in a linear layer; it is copied.

    Notes:
        The paper trains for epochs on all of the target, with pseudo-labels from centroids besides; this is its
        information maximisation alone, one step a batch.

    Reference:
        Liang et al. 2020, Do We Really Need to Access the Source Data?, ICML, https://arxiv.org/abs/2002.08546.

    Example:
        >>> import torch
        >>> method = OnlineSHOTIM(nn.Sequential(nn.Linear(8, 4), nn.BatchNorm1d(4), nn.Linear(4, 3)))
        >>> list(method.adapted), sorted(method(target=Sample(torch.randn(5, 8))).losses)
        (['0.weight', '0.bias', '1.weight', '1.bias'], ['diversity', 'entropy'])
    """

    key = "shot_im_online"
    title = "SHOT-IM, online"
    paper = "Liang et al., ICML 2020"
    url = "https://arxiv.org/abs/2002.08546"
    family = "entropy"
    choice = "all"

    def __init__(self, network: nn.Module) -> None:
        super().__init__(network)

    def choose(self) -> dict[str, nn.Parameter]:
        """All parameters but the last linear layer's."""
        head = {id(p) for p in output_layer(self.network).parameters()}
        chosen = {name: p for name, p in super().choose().items() if id(p) not in head}
        if not chosen:
            raise InputError("SHOT-IM keeps the head, and this network is nothing else; give one with a body.")
        return chosen

    def forward(self, target: Sample) -> Step:  # type: ignore[override]
        """Entropy and diversity."""
        logits = self.logits_of(target)
        return Step({"entropy": entropy_loss(logits), "diversity": diversity_loss(logits)}, logits.detach())
