"""AFN: features of both domains grow in norm, step by step."""

from __future__ import annotations

from torch import Tensor

from acclimate.losses import feature_norm_loss
from acclimate.methods.alignment import Alignment, BatchNorm
from acclimate.methods.base import Encoded
from acclimate.nn import Classifier


class AFN(Alignment):
    r"""Adaptive feature norm, stepwise (SAFN).

    .. math:: L = L_y + w \sum_{d \in \{s, t\}} \frac{1}{n_d} \sum_i (\|f_i\| - \overline{\|f_i\|} - r)^2

    where the bar is a constant, the norm as it is: every norm is asked to grow by r.

    Args:
        network: The network to adapt.
        weight: w; default 0.05.
        step: r; default 1.
        batch_norm: Default "separate".

    Notes:
        The term's value is always 2 w r^2: only its gradient says anything. The paper adds entropy minimisation on
        Office-31 (`afn+entropy`) and rescales features behind dropout; a network may do so, the method does not.

    Reference:
        Xu et al. 2019, Larger Norm More Transferable: An Adaptive Feature Norm Approach for Unsupervised Domain
        Adaptation, ICCV, https://arxiv.org/abs/1811.07456.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from acclimate.nn import Classifier
        >>> from acclimate.types import Sample
        >>> method = AFN(Classifier(nn.Linear(8, 16), nn.Linear(16, 3)))
        >>> source = Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0]))
        >>> step = method(source=source, target=Sample(torch.randn(5, 8)))
        >>> sorted(step.losses)
        ['classification', 'norm']
    """

    key = "afn"
    title = "AFN"
    paper = "Xu et al., ICCV 2019"
    url = "https://arxiv.org/abs/1811.07456"
    family = "discrepancy"
    default_batch_norm = "separate"

    def __init__(
        self,
        network: Classifier,
        weight: float = 0.05,
        step: float = 1.0,
        *,
        batch_norm: BatchNorm | None = None,
    ) -> None:
        super().__init__(network, batch_norm=batch_norm)
        self.weight = weight
        self.step = step

    def alignment(self, source: Encoded, target: Encoded) -> dict[str, Tensor]:
        """The step that norms of both domains are asked to make."""
        steps = feature_norm_loss(source.features, self.step) + feature_norm_loss(target.features, self.step)
        return {"norm": self.weight * steps}
