"""SWD: MCD with the Wasserstein distance between the heads' predictions."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from acclimate.losses import sliced_wasserstein_loss
from acclimate.methods.alignment import BatchNorm
from acclimate.methods.disagreement import Heads
from acclimate.methods.two_heads import TwoHeads
from acclimate.nn import Classifier, same_everywhere


class SWD(TwoHeads):
    r"""Sliced Wasserstein discrepancy.

    One step minimises, one after the other,

    .. math:: \text{all: } & L_y(F_1) + L_y(F_2) \\
              \text{heads: } & L_y(F_1) + L_y(F_2) - w\,D_t \\
              \text{backbone, k times: } & w\,D_t

    with :math:`D_t = \frac{1}{mr}\sum_{ij}(\mathrm{sort}(P_1\theta_j)_i - \mathrm{sort}(P_2\theta_j)_i)^2` of the
    heads' probabilities :math:`P_1, P_2` on target rows along r random unit directions :math:`\theta`.

    Args:
        network: The network to adapt; its head is the first. The heads should have a hidden layer.
        second_head: Features (n, d) to logits (n, c), of the same shape, with weights of its own.
        weight: w; default 1.
        num_directions: r, drawn anew at every evaluation; default 128.
        backbone_steps: k; default 4.
        batch_norm: Default "separate": each domain is its own pass.

    Notes:
        Predictions are the mean of both heads' logits. The scheme, and what it saves, is MCD's.
        With several processes the directions are the first one's.

    Reference:
        Lee et al. 2019, Sliced Wasserstein Discrepancy for Unsupervised Domain Adaptation, CVPR,
        https://arxiv.org/abs/1903.04064.

    Example:
        >>> from acclimate.nn import MLP
        >>> from acclimate.types import Sample
        >>> head = nn.Sequential(nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 3))
        >>> method = SWD.from_network(Classifier(MLP(8, [16]), head), 3)
        >>> source = Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0]))
        >>> sorted(method(source=source, target=Sample(torch.randn(5, 8)), phase="backbone").losses)
        ['reconciliation']
    """

    key = "swd"
    title = "SWD"
    paper = "Lee et al., CVPR 2019"
    url = "https://arxiv.org/abs/1903.04064"
    family = "discrepancy"

    def __init__(
        self,
        network: Classifier,
        second_head: nn.Module,
        weight: float = 1.0,
        num_directions: int = 128,
        *,
        backbone_steps: int = 4,
        batch_norm: BatchNorm = "separate",
    ) -> None:
        super().__init__(network, second_head, weight=weight, backbone_steps=backbone_steps, batch_norm=batch_norm)
        self.num_directions = num_directions

    def discrepancy(self, heads: Heads) -> Tensor:
        """The squared distance, averaged over new directions."""
        directions = torch.randn(heads.first.shape[1], self.num_directions, device=heads.first.device)
        return sliced_wasserstein_loss(*heads, same_everywhere(directions))
