"""MCD: two heads look for target rows they disagree on, the backbone takes them away."""

from __future__ import annotations

from torch import nn

from acclimate.methods.alignment import BatchNorm
from acclimate.methods.two_heads import TwoHeads
from acclimate.nn import Classifier


class MCD(TwoHeads):
    r"""Maximum classifier discrepancy.

    One step minimises, one after the other,

    .. math:: \text{all: } & L_y(F_1) + L_y(F_2) \\
              \text{heads: } & L_y(F_1) + L_y(F_2) - w\,D_t \\
              \text{backbone, k times: } & w\,D_t

    with the discrepancy :math:`D_t = \frac{1}{mc}\sum |p_1 - p_2|` of the heads :math:`F_1, F_2` on target rows.
    Phase "all" trains everything, "heads" the two heads, "backbone" what is in front of them.

    Args:
        network: The network to adapt; its head is the first. The heads should have a hidden layer: two linear ones
            disagree on little.
        second_head: Features (n, d) to logits (n, c), of the same shape, with weights of its own.
        weight: w; default 1.
        backbone_steps: k, the paper's n; default 4.
        batch_norm: Default "separate", the authors' code: each domain is its own pass, and no phase runs a domain
            that it does not need. "joint" runs the backbone once over both; the heads still see a domain at a time.

    Notes:
        Phase "all" never reads the target: its :class:`~acclimate.types.Step` carries the source's logits. Phase
        "heads" computes features without a graph, phase "backbone" takes the heads as constants; the gradients are the
        paper's, for 17 forward units a step where running everything each time takes 36.
        Predictions are the mean of both heads' logits, which the authors' code reports as the ensemble.

    Reference:
        Saito et al. 2018, Maximum Classifier Discrepancy for Unsupervised Domain Adaptation, CVPR,
        https://arxiv.org/abs/1712.02560.

    Example:
        >>> import torch
        >>> from acclimate.nn import MLP
        >>> from acclimate.types import Sample
        >>> head = nn.Sequential(nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 3))
        >>> method = MCD.from_network(Classifier(MLP(8, [16]), head), 3)
        >>> source = Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0]))
        >>> sorted(method(source=source, target=Sample(torch.randn(5, 8)), phase="heads").losses)
        ['classification', 'classification_second', 'discrepancy']
    """

    key = "mcd"
    title = "MCD"
    paper = "Saito et al., CVPR 2018"
    url = "https://arxiv.org/abs/1712.02560"
    family = "discrepancy"

    def __init__(
        self,
        network: Classifier,
        second_head: nn.Module,
        weight: float = 1.0,
        *,
        backbone_steps: int = 4,
        batch_norm: BatchNorm = "separate",
    ) -> None:
        super().__init__(network, second_head, weight=weight, backbone_steps=backbone_steps, batch_norm=batch_norm)
