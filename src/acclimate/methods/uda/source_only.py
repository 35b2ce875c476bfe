"""No adaptation: the baseline that stands beside every score."""

from __future__ import annotations

from acclimate.losses import cross_entropy_loss
from acclimate.methods.alignment import Criterion
from acclimate.methods.base import Method, inputs_of, labels_of
from acclimate.nn import Classifier
from acclimate.types import Sample, Step


class SourceOnly(Method):
    r"""Supervised training on the source.

    .. math:: L = \frac1n \sum_i \ell(h(x_i), y_i)

    Args:
        network: The network to train.
        criterion: Supervised loss of (outputs, y); default: cross-entropy.

    Notes:
        It never reads the target, so its :class:`~acclimate.types.Step` carries the source's logits.

    Reference:
        Vapnik 1991, Principles of Risk Minimization for Learning Theory (empirical risk minimisation),
        https://papers.nips.cc/paper/506-principles-of-risk-minimization-for-learning-theory.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from acclimate.nn import Classifier
        >>> from acclimate.types import Sample
        >>> method = SourceOnly(Classifier(nn.Linear(8, 16), nn.Linear(16, 3)))
        >>> step = method(source=Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0])))
        >>> sorted(step.losses)
        ['classification']
    """

    key = "source_only"
    title = "Source only"
    paper = "Vapnik, NIPS 1991"
    url = "https://papers.nips.cc/paper/506-principles-of-risk-minimization-for-learning-theory"
    family = "baseline"
    tasks = ("classification", "regression")
    passes = 1.0

    def __init__(self, network: Classifier, *, criterion: Criterion = cross_entropy_loss) -> None:
        super().__init__(network)
        self.criterion = criterion

    def forward(self, source: Sample) -> Step:  # type: ignore[override]
        """The supervised loss on source rows (n, ...)."""
        logits = self.network(inputs_of(source, "source"))
        loss = self.criterion(self.gather(logits), self.gather(labels_of(source, "source")))
        return Step({"classification": loss}, logits.detach())
