"""EATA: ETA, anchored to the source by Fisher information."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from acclimate.errors import InputError
from acclimate.losses import cross_entropy_loss
from acclimate.methods.entropy_filter import EntropyFilter
from acclimate.types import Sample, Step


class EATA(EntropyFilter):
    r"""Efficient anti-forgetting test-time adaptation.

    .. math:: L = \frac1{|K|} \sum_{i \in K} e^{E_0 - H_i} H_i + \beta \sum_j F_j (\theta_j - \theta_j^0)^2

    with K as in ETA and F the mean over source batches of the squared gradient of the cross-entropy with the network's
    own labels. Strong on long streams; on ordered ones it fails like ETA.

    Args:
        network: A trained network with norm layers; it is copied.
        source: Batches of source inputs, (n, ...) each, unlabelled; the paper takes 2000 rows.
        margin: Rows with an entropy below margin * log c are kept; default 0.4.
        redundancy: d, the largest cosine with the mean prediction; default: 0.4 up to 10 classes, 0.1 below 1000, 0.05
            from there, as the published runs have it.
        weight: beta; default 2000, the ImageNet runs'; the CIFAR runs have 1.

    Notes:
        The Fisher information is that of the network whose batch norms follow the batch, as it adapts.

    Reference:
        Niu et al. 2022, Efficient Test-Time Model Adaptation without Forgetting, ICML, https://arxiv.org/abs/2204.02610.

    Example:
        >>> network = nn.Sequential(nn.Linear(8, 4), nn.BatchNorm1d(4), nn.Linear(4, 3))
        >>> method = EATA(network, source=[torch.randn(9, 8)])
        >>> sorted(method(target=Sample(torch.randn(5, 8))).losses)
        ['anchor', 'entropy']
    """

    key = "eata"
    title = "EATA"
    paper = "Niu et al., ICML 2022"
    url = "https://arxiv.org/abs/2204.02610"
    family = "source"

    def __init__(
        self,
        network: nn.Module,
        source: Iterable[Tensor],
        margin: float = 0.4,
        redundancy: float | None = None,
        weight: float = 2000.0,
    ) -> None:
        super().__init__(network, margin, redundancy)
        self.weight = weight
        for i, part in enumerate(self._fisher(source)):
            self.register_buffer(f"fisher{i}", part)

    def _fisher(self, source: Iterable[Tensor]) -> list[Tensor]:
        """Mean over batches of the squared gradient."""
        parameters = self.parameters_of("train")
        total, batches = [torch.zeros_like(p) for p in parameters], 0
        with torch.enable_grad():
            for x in source:
                logits = self.predict(x)
                gradients = torch.autograd.grad(cross_entropy_loss(logits, logits.argmax(1)), parameters)
                torch._foreach_addcmul_(total, gradients, gradients)
                batches += 1
        if not batches:
            raise InputError("source holds no batch; give batches of source inputs, or take eta, which needs none.")
        return [part / batches for part in total]

    def forward(self, target: Sample) -> Step:  # type: ignore[override]
        """The entropy of the kept rows, and the way from the source."""
        step = super().forward(target)
        ways = zip(self.parameters_of("train"), self.source.saved(), strict=True)
        parts = [(getattr(self, f"fisher{i}") * (p - q).square()).sum() for i, (p, q) in enumerate(ways)]
        return Step({**step.losses, "anchor": self.weight * torch.stack(parts).sum()}, step.logits)
