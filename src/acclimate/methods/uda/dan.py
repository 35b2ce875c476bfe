"""DAN: equal distributions under several kernels."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from torch import Tensor

from acclimate.losses import cross_entropy_loss, mmd_loss
from acclimate.methods.alignment import Alignment, BatchNorm, Criterion
from acclimate.methods.base import Encoded
from acclimate.methods.layers import Layer, check_layers, sum_over
from acclimate.nn import Classifier


class DAN(Alignment):
    r"""Deep adaptation network: multi-kernel maximum mean discrepancy.

    .. math:: L = L_y + w \sum_l \mathrm{MMD}^2(f_s^l, f_t^l), \quad
              k(a, b) = \sum_b \exp(-\|a - b\|^2 / (2 b \sigma))

    over the aligned layers l, :math:`\sigma` the mean squared distance of the joined batch.

    Args:
        network: The network to adapt.
        weight: w; default 1.
        bandwidths: b of each kernel; default 2^-3 to 2^1.
        layers: Which layers are aligned, of "features" and "logits"; default both, the layers behind the backbone.
        batch_norm: Default "separate".
        criterion: Supervised loss of (outputs, y); default: cross-entropy.

    Notes:
        The kernels weigh the same; the paper learns their weights by a quadratic program, the authors' later
        code and others' do not. The estimate is the biased quadratic one, never negative; the paper takes the
        linear-time one, which is noisier on a batch and was chosen for cost: ours costs less than a layer.
        The paper starts from a pretrained network. From random weights without batch norm the discrepancy can outweigh
        the classification before there are classes to keep apart, and the features collapse, at a small weight too:
        train on the source alone first, or use batch norm.

    Reference:
        Long et al. 2015, Learning Transferable Features with Deep Adaptation Networks, ICML,
        https://arxiv.org/abs/1502.02791.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from acclimate.nn import Classifier
        >>> from acclimate.types import Sample
        >>> method = DAN(Classifier(nn.Linear(8, 16), nn.Linear(16, 3)))
        >>> source = Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0]))
        >>> step = method(source=source, target=Sample(torch.randn(5, 8)))
        >>> sorted(step.losses)
        ['classification', 'mmd']
    """

    key = "dan"
    title = "DAN"
    paper = "Long et al., ICML 2015"
    url = "https://arxiv.org/abs/1502.02791"
    family = "discrepancy"
    tasks = ("classification", "regression")
    default_batch_norm = "separate"

    def __init__(
        self,
        network: Classifier,
        weight: float = 1.0,
        bandwidths: Sequence[float] = (0.125, 0.25, 0.5, 1.0, 2.0),
        *,
        layers: Sequence[Layer] = ("features", "logits"),
        batch_norm: BatchNorm | None = None,
        criterion: Criterion = cross_entropy_loss,
    ) -> None:
        super().__init__(network, batch_norm=batch_norm, criterion=criterion)
        self.weight = weight
        self.bandwidths = tuple(bandwidths)
        self.layers = check_layers(layers)

    def alignment(self, source: Encoded, target: Encoded) -> dict[str, Tensor]:
        """The discrepancy, summed over layers."""
        return {
            "mmd": self.weight * sum_over(self.layers, partial(mmd_loss, bandwidths=self.bandwidths), source, target)
        }
