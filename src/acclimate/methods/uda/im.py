"""IM: predictions that are certain row by row and varied over the rows."""

from __future__ import annotations

from torch import Tensor

from acclimate.losses import information_maximisation_loss
from acclimate.methods.alignment import Alignment, BatchNorm
from acclimate.methods.base import Encoded
from acclimate.nn import Classifier


class IM(Alignment):
    r"""Information maximisation on the target.

    .. math:: L = L_y + w \left[\frac1m \sum_j H(p_j) - H\!\left(\frac1m \sum_j p_j\right)\right]

    with :math:`p = \mathrm{softmax}(z_t)`: the negative mutual information of target rows and predicted
    classes. It fails where classes are far from balanced.

    Args:
        network: The network to adapt.
        weight: w; default 1.0.
        batch_norm: Default "joint".

    Notes:
        Of the paper's objective this is the target's clustering term; its shared metric is the network.

    Reference:
        Shi and Sha 2012, Information-Theoretical Learning of Discriminative Clusters for Unsupervised Domain
        Adaptation, ICML, https://arxiv.org/abs/1206.6438.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from acclimate.nn import Classifier
        >>> from acclimate.types import Sample
        >>> method = IM(Classifier(nn.Linear(8, 16), nn.Linear(16, 3)))
        >>> source = Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0]))
        >>> step = method(source=source, target=Sample(torch.randn(5, 8)))
        >>> sorted(step.losses)
        ['classification', 'information']
    """

    key = "im"
    title = "IM"
    paper = "Shi and Sha, ICML 2012"
    url = "https://arxiv.org/abs/1206.6438"
    family = "self-training"

    def __init__(
        self,
        network: Classifier,
        weight: float = 1.0,
        *,
        batch_norm: BatchNorm | None = None,
    ) -> None:
        super().__init__(network, batch_norm=batch_norm)
        self.weight = weight

    def alignment(self, source: Encoded, target: Encoded) -> dict[str, Tensor]:
        """The mutual information of target rows and predictions, negative."""
        return {"information": self.weight * information_maximisation_loss(target.logits)}
