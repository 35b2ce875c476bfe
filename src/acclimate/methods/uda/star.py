"""STAR: MCD whose two heads are drawn from a distribution over classifiers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from acclimate.methods.alignment import BatchNorm
from acclimate.methods.disagreement import Disagreement, Heads
from acclimate.nn import Classifier, StochasticLinear, call_with_draws, last_linear


class STAR(Disagreement):
    r"""Stochastic classifiers.

    One step minimises, one after the other,

    .. math:: \text{all: } & L_y(F_1) + L_y(F_2) \\
              \text{heads: } & L_y(F_1) + L_y(F_2) - w\,D_t \\
              \text{backbone, k times: } & w\,D_t

    with the discrepancy :math:`D_t = \frac{1}{mc}\sum |p_1 - p_2|` on target rows of two heads drawn anew at every
    pass: :math:`F_1, F_2` are the network's head with the weights of its last layer drawn from
    :math:`N(\mu, \sigma^2)`, :math:`\mu` the layer's own. Phase "heads" trains :math:`\sigma` too.

    Args:
        network: The network to adapt; its head must end in a Linear layer, and should have a hidden one.
        spread: :math:`\sigma`, a :class:`~acclimate.nn.StochasticLinear` of that layer.
        weight: w; default 1.
        backbone_steps: k; default 4.
        batch_norm: Default "separate": each domain is its own pass.

    Notes:
        As in the authors' code the biases are not drawn, what is in front of the last layer runs once for both heads,
        and :math:`\sigma` is a sigmoid, at first one half: of the weights' root mean square here, of one there, where
        the weights start standard normal. The losses of both heads are added, as in MCD; they take the mean.
        Predictions take the means, so that the trained network is an ordinary one.

    Reference:
        Lu et al. 2020, Stochastic Classifiers for Unsupervised Domain Adaptation, CVPR,
        https://openaccess.thecvf.com/content_CVPR_2020/html/Lu_Stochastic_Classifiers_for_Unsupervised_Domain_Adaptation_CVPR_2020_paper.html.

    Example:
        >>> import torch
        >>> from acclimate.nn import MLP
        >>> from acclimate.types import Sample
        >>> method = STAR.from_network(Classifier(MLP(8, [16]), nn.Linear(16, 3)), 3)
        >>> source = Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0]))
        >>> sorted(method(source=source, target=Sample(torch.randn(5, 8)), phase="backbone").losses)
        ['reconciliation']
    """

    key = "star"
    title = "STAR"
    paper = "Lu et al., CVPR 2020"
    url = (
        "https://openaccess.thecvf.com/content_CVPR_2020/html/"
        "Lu_Stochastic_Classifiers_for_Unsupervised_Domain_Adaptation_CVPR_2020_paper.html"
    )
    family = "discrepancy"

    def __init__(
        self,
        network: Classifier,
        spread: StochasticLinear,
        weight: float = 1.0,
        *,
        backbone_steps: int = 4,
        batch_norm: BatchNorm = "separate",
    ) -> None:
        super().__init__(network, weight=weight, backbone_steps=backbone_steps, batch_norm=batch_norm)
        self.spread = spread

    @classmethod
    def parts_for(cls, network: Classifier, num_outputs: int, params: Mapping[str, Any]) -> dict[str, nn.Module]:
        """The spread of the head's last layer."""
        return {"spread": StochasticLinear(last_linear(network.head)[1])}

    def heads(self, features: Tensor, *, frozen: bool = False) -> Heads:
        """The head with two draws of its last layer."""
        return Heads(*call_with_draws(self.network.head, self.spread, features, 2, frozen=frozen))

    def head_parameters(self) -> list[nn.Parameter]:
        """The head's, and the spread."""
        return [*self.network.head.parameters(), *self.spread.parameters()]
