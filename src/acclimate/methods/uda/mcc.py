"""MCC: predictions that do not confuse classes."""

from __future__ import annotations

from torch import Tensor

from acclimate.losses import mcc_loss
from acclimate.methods.alignment import Alignment, BatchNorm
from acclimate.methods.base import Encoded
from acclimate.nn import Classifier


class MCC(Alignment):
    r"""Minimum class confusion.

    .. math:: L = L_y + w \cdot \frac1c \sum_{j \ne k} \tilde C_{jk}, \quad C = p^\top \mathrm{diag}(a)\, p

    with softened target predictions :math:`p = \mathrm{softmax}(z_t / T)`, certainty weights
    :math:`a \propto 1 + e^{-H(p)}`, and :math:`\tilde C` the confusion C with rows scaled to sum to one.

    Args:
        network: The network to adapt.
        weight: w; default 1.
        temperature: T; default 2.5.
        batch_norm: Default "joint".

    Notes:
        None.

    Reference:
        Jin et al. 2020, Minimum Class Confusion for Versatile Domain Adaptation, ECCV, https://arxiv.org/abs/1912.03699.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from acclimate.nn import Classifier
        >>> from acclimate.types import Sample
        >>> method = MCC(Classifier(nn.Linear(8, 16), nn.Linear(16, 3)))
        >>> source = Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0]))
        >>> step = method(source=source, target=Sample(torch.randn(5, 8)))
        >>> sorted(step.losses)
        ['classification', 'mcc']
    """

    key = "mcc"
    title = "MCC"
    paper = "Jin et al., ECCV 2020"
    url = "https://arxiv.org/abs/1912.03699"
    family = "self-training"

    def __init__(
        self,
        network: Classifier,
        weight: float = 1.0,
        temperature: float = 2.5,
        *,
        batch_norm: BatchNorm | None = None,
    ) -> None:
        super().__init__(network, batch_norm=batch_norm)
        self.weight = weight
        self.temperature = temperature

    def alignment(self, source: Encoded, target: Encoded) -> dict[str, Tensor]:
        """The class confusion of the target's predictions."""
        return {"mcc": self.weight * mcc_loss(target.logits, self.temperature)}
