"""AdaBN: the target's own batch norm statistics."""

from __future__ import annotations

import torch
from torch import Tensor

from acclimate.losses import cross_entropy_loss
from acclimate.methods.alignment import Criterion
from acclimate.methods.base import Encoded, Method, inputs_of, labels_of
from acclimate.nn import Classifier, DomainBatchNorm
from acclimate.types import Sample, Step


class AdaBN(Method):
    r"""Adaptive batch normalisation.

    .. math:: L = L_y, \qquad \hat x = \gamma\, \frac{x - \mu_d}{\sqrt{\sigma_d^2 + \epsilon}} + \beta

    with statistics :math:`\mu_d, \sigma_d` of each domain d by itself and everything else shared. The source is trained
    with its own statistics; target rows only pass through, without a gradient, for theirs. Predictions take the
    target's.

    Args:
        network: The network to adapt, with batch norm in it. It is not converted: its own running statistics become
            the target's, and :meth:`encode_source` takes the source's.
        criterion: Supervised loss of (outputs, y); default: cross-entropy.

    Notes:
        The paper trains on the source and then computes the statistics over all target rows. Here they are running
        averages, taken along in training as those of the source always are, for a third of a pass a step.

    Reference:
        Li et al. 2016, Revisiting Batch Normalization for Practical Domain Adaptation,
        https://arxiv.org/abs/1603.04779.

    Example:
        >>> from torch import nn
        >>> from acclimate.nn import MLP
        >>> method = AdaBN(Classifier(MLP(8, [16]), nn.Linear(16, 3)))
        >>> source = Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0]))
        >>> sorted(method(source=source, target=Sample(torch.randn(5, 8))).losses)
        ['classification']
    """

    key = "adabn"
    title = "AdaBN"
    paper = "Li et al., ICLR workshop 2017"
    url = "https://arxiv.org/abs/1603.04779"
    family = "discrepancy"
    tasks = ("classification", "regression")
    passes = 4 / 3

    def __init__(self, network: Classifier, *, criterion: Criterion = cross_entropy_loss) -> None:
        super().__init__(network)
        self.source_norm = DomainBatchNorm(network)
        self.criterion = criterion

    def encode_source(self, x: Tensor) -> Encoded:
        """Features and logits with the source's statistics."""
        return Encoded(*self.source_norm(self.network, x))

    def forward(self, source: Sample, target: Sample) -> Step:  # type: ignore[override]
        """The objective on source rows (n, ...) with labels; target rows (m, ...) move statistics alone."""
        outputs = self.encode_source(inputs_of(source, "source")).logits
        with torch.no_grad():
            logits = self.encode(inputs_of(target, "target")).logits
        y = self.gather(labels_of(source, "source"))
        return Step({"classification": self.criterion(self.gather(outputs), y)}, logits)
