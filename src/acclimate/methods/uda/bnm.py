"""BNM: predictions of large nuclear norm, certain and varied at once."""

from __future__ import annotations

from torch import Tensor

from acclimate.losses import batch_nuclear_norm_loss
from acclimate.methods.alignment import Alignment, BatchNorm
from acclimate.methods.base import Encoded
from acclimate.nn import Classifier


class BNM(Alignment):
    r"""Batch nuclear-norm maximisation.

    .. math:: L = L_y - \frac{w}{m} \|\mathrm{softmax}(z_t)\|_*

    over a batch of m target rows: the Frobenius norm grows with certainty, the rank with the number of classes named.

    Args:
        network: The network to adapt.
        weight: w; default 1.0.
        batch_norm: Default "joint".

    Notes:
        The nuclear norm comes from the c x c Gram matrix; directions without weight get no gradient.

    Reference:
        Cui et al. 2020, Towards Discriminability and Diversity: Batch Nuclear-norm Maximization under Label
        Insufficient Situations, CVPR, https://arxiv.org/abs/2003.12237.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from acclimate.nn import Classifier
        >>> from acclimate.types import Sample
        >>> method = BNM(Classifier(nn.Linear(8, 16), nn.Linear(16, 3)))
        >>> source = Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0]))
        >>> step = method(source=source, target=Sample(torch.randn(5, 8)))
        >>> sorted(step.losses)
        ['bnm', 'classification']
    """

    key = "bnm"
    title = "BNM"
    paper = "Cui et al., CVPR 2020"
    url = "https://arxiv.org/abs/2003.12237"
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
        """The nuclear norm of the target's predictions."""
        return {"bnm": self.weight * batch_nuclear_norm_loss(target.logits)}
