"""L2-SP: weight decay towards the pretrained weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from acclimate.losses import cross_entropy_loss
from acclimate.methods.alignment import Criterion
from acclimate.methods.base import Encoded
from acclimate.methods.supervised import Supervised
from acclimate.nn import Classifier, StartingPoint, squared_norm


class L2SP(Supervised):
    r"""The pretrained weights as the point that weight decay pulls to.

    .. math:: L = L_y + \frac{a}{2} \|w - w_0\|^2 + \frac{b}{2} \|w_h\|^2

    with :math:`w` the weights in front of the head, :math:`w_0` where they started and :math:`w_h` those of the head.

    Args:
        network: The network to fine-tune, with its pretrained weights.
        start: :math:`w_0`; built: a copy of the weights in front of the head as they are.
        weight_start: a; default 0.1.
        weight_head: b; default 0.01.
        criterion: Supervised loss of (outputs, y); default: cross-entropy.

    Notes:
        Set the optimizer's own weight decay to 0, or the weights are pulled to zero as well. Biases, and batch norm's
        scales and shifts, are pulled like weights: one of two ways in the authors' code, whose default pulls kernels
        and matrices alone, with 0.01 for a and b.

    Reference:
        Li et al. 2018, Explicit Inductive Bias for Transfer Learning with Convolutional Networks, ICML,
        https://arxiv.org/abs/1802.01483.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from acclimate.nn import Classifier
        >>> from acclimate.types import Sample
        >>> method = L2SP.from_network(Classifier(nn.Linear(8, 16), nn.Linear(16, 3)), 3)
        >>> step = method(labeled=Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0])))
        >>> sorted(step.losses)
        ['classification', 'head', 'start']
    """

    key = "l2_sp"
    title = "L2-SP"
    paper = "Li et al., ICML 2018"
    url = "https://arxiv.org/abs/1802.01483"
    family = "self-training"
    tasks = ("classification", "regression")

    def __init__(
        self,
        network: Classifier,
        start: StartingPoint,
        weight_start: float = 0.1,
        weight_head: float = 0.01,
        *,
        criterion: Criterion = cross_entropy_loss,
    ) -> None:
        super().__init__(network, criterion=criterion)
        self.start = start
        self.weight_start = weight_start
        self.weight_head = weight_head

    @classmethod
    def parts_for(cls, network: Classifier, num_outputs: int, params: Mapping[str, Any]) -> dict[str, nn.Module]:
        """The weights as they are."""
        return {"start": StartingPoint(network.body_parameters())}

    def terms(self, labeled: Encoded) -> dict[str, Tensor]:
        """The distance from the start, and the size of the head."""
        return {
            "start": self.weight_start / 2 * self.start(self.network.body_parameters()),
            "head": self.weight_head / 2 * squared_norm(self.network.head.parameters()),
        }
