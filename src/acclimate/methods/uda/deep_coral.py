"""Deep CORAL: equal covariances."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from acclimate.losses import coral_loss, cross_entropy_loss
from acclimate.methods.alignment import Alignment, BatchNorm, Criterion
from acclimate.methods.base import Encoded
from acclimate.methods.layers import Layer, check_layers, sum_over
from acclimate.nn import Classifier


class DeepCORAL(Alignment):
    r"""Deep correlation alignment.

    .. math:: L = L_y + w \sum_l \|C_s^l - C_t^l\|_F^2 / 4 d_l^2

    with the covariances C of each aligned layer l of width :math:`d_l`.

    Args:
        network: The network to adapt.
        weight: w; default 1. (The paper sets it so that both losses end up about equal.)
        layers: Which layers are aligned, of "features" and "logits"; default ("logits",), the paper's last layer.
        batch_norm: Default "separate".
        criterion: Supervised loss of (outputs, y); default: cross-entropy.

    Notes:
        None.

    Reference:
        Sun & Saenko 2016, Deep CORAL: Correlation Alignment for Deep Domain Adaptation,
        https://arxiv.org/abs/1607.01719.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from acclimate.nn import Classifier
        >>> from acclimate.types import Sample
        >>> method = DeepCORAL(Classifier(nn.Linear(8, 16), nn.Linear(16, 3)))
        >>> source = Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0]))
        >>> step = method(source=source, target=Sample(torch.randn(5, 8)))
        >>> sorted(step.losses)
        ['classification', 'coral']
    """

    key = "deep_coral"
    title = "Deep CORAL"
    paper = "Sun & Saenko, ECCV workshops 2016"
    url = "https://arxiv.org/abs/1607.01719"
    family = "discrepancy"
    tasks = ("classification", "regression")
    default_batch_norm = "separate"

    def __init__(
        self,
        network: Classifier,
        weight: float = 1.0,
        *,
        layers: Sequence[Layer] = ("logits",),
        batch_norm: BatchNorm | None = None,
        criterion: Criterion = cross_entropy_loss,
    ) -> None:
        super().__init__(network, batch_norm=batch_norm, criterion=criterion)
        self.weight = weight
        self.layers = check_layers(layers)

    def alignment(self, source: Encoded, target: Encoded) -> dict[str, Tensor]:
        """The distance between covariances, summed over layers."""
        return {"coral": self.weight * sum_over(self.layers, coral_loss, source, target)}
