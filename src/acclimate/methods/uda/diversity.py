"""Diversity: varied predictions over the target."""

from __future__ import annotations

from torch import Tensor

from acclimate.losses import diversity_loss
from acclimate.methods.alignment import Alignment, BatchNorm
from acclimate.methods.base import Encoded
from acclimate.nn import Classifier


class Diversity(Alignment):
    r"""Maximum entropy of the mean prediction, to be added to a method that rewards certainty.

    .. math:: L = L_y - w\, H\!\left(\frac1m \sum_j \mathrm{softmax}(z_j)\right)

    over target rows j. It fails where the target's classes are far from balanced.

    Args:
        network: The network to adapt.
        weight: w; default 0.1.
        batch_norm: Default "joint".

    Notes:
        SHOT takes weight 1 beside an entropy of weight 1 (`im`); 0.1 goes with `entropy`.

    Reference:
        Liang et al. 2020, Do We Really Need to Access the Source Data? (SHOT), ICML, https://arxiv.org/abs/2002.08546.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from acclimate.nn import Classifier
        >>> from acclimate.types import Sample
        >>> method = Diversity(Classifier(nn.Linear(8, 16), nn.Linear(16, 3)))
        >>> source = Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0]))
        >>> step = method(source=source, target=Sample(torch.randn(5, 8)))
        >>> sorted(step.losses)
        ['classification', 'diversity']
    """

    key = "diversity"
    title = "Diversity"
    paper = "Liang et al., ICML 2020"
    url = "https://arxiv.org/abs/2002.08546"
    family = "self-training"

    def __init__(
        self,
        network: Classifier,
        weight: float = 0.1,
        *,
        batch_norm: BatchNorm | None = None,
    ) -> None:
        super().__init__(network, batch_norm=batch_norm)
        self.weight = weight

    def alignment(self, source: Encoded, target: Encoded) -> dict[str, Tensor]:
        """The entropy of the target's mean prediction, negative."""
        return {"diversity": self.weight * diversity_loss(target.logits)}
