"""Log-CORAL: equal covariances, measured along the geodesics of covariance matrices."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from torch import Tensor

from acclimate.losses import cross_entropy_loss, log_coral_loss
from acclimate.methods.alignment import Alignment, BatchNorm, Criterion
from acclimate.methods.base import Encoded
from acclimate.methods.layers import Layer, check_layers, sum_over
from acclimate.nn import Classifier


class LogCORAL(Alignment):
    r"""Correlation alignment with the log-Euclidean distance (of MECA).

    .. math:: L = L_y + w \sum_l \frac{1}{4 d_l^2} \|\log(C_s^l + \epsilon I) - \log(C_t^l + \epsilon I)\|_F^2

    over the aligned layers l of width :math:`d_l`, with unbiased covariances C.

    Args:
        network: The network to adapt.
        weight: w; default 1.
        ridge: :math:`\epsilon`; default 0.001.
        layers: Which layers are aligned, of "features" and "logits"; default features.
        batch_norm: Default "separate".
        criterion: Supervised loss of (outputs, y); default: cross-entropy.

    Notes:
        The paper sets the weight so that the target's entropy is least; here it is an argument. Salad's loss is of
        uncentred second moments without a ridge, whose logarithm is infinite for batches smaller than d.
        A batch of more rows than d costs eigenvectors of two (d, d) matrices in float64, a smaller one those of its
        Gram matrices.

    Reference:
        Morerio et al. 2018, Minimal-Entropy Correlation Alignment for Unsupervised Deep Domain Adaptation, ICLR,
        https://openreview.net/forum?id=rJWechg0Z.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from acclimate.nn import Classifier
        >>> from acclimate.types import Sample
        >>> method = LogCORAL(Classifier(nn.Linear(8, 16), nn.Linear(16, 3)))
        >>> source = Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0]))
        >>> step = method(source=source, target=Sample(torch.randn(5, 8)))
        >>> sorted(step.losses)
        ['classification', 'log_coral']
    """

    key = "log_coral"
    title = "Log-CORAL"
    paper = "Morerio et al., ICLR 2018"
    url = "https://openreview.net/forum?id=rJWechg0Z"
    family = "discrepancy"
    tasks = ("classification", "regression")
    default_batch_norm = "separate"

    def __init__(
        self,
        network: Classifier,
        weight: float = 1.0,
        ridge: float = 1e-3,
        *,
        layers: Sequence[Layer] = ("features",),
        batch_norm: BatchNorm | None = None,
        criterion: Criterion = cross_entropy_loss,
    ) -> None:
        super().__init__(network, batch_norm=batch_norm, criterion=criterion)
        self.weight = weight
        self.ridge = ridge
        self.layers = check_layers(layers)

    def alignment(self, source: Encoded, target: Encoded) -> dict[str, Tensor]:
        """The distance of the covariances, summed over layers."""
        loss = partial(log_coral_loss, ridge=self.ridge)
        return {"log_coral": self.weight * sum_over(self.layers, loss, source, target)}
