"""CC-loss: little class confusion, and the same in two views."""

from __future__ import annotations

import torch
from torch import Tensor

from acclimate.losses import confusion_consistency_loss, cross_entropy_loss, mcc_loss
from acclimate.methods.alignment import BatchNorm, check_batch_norm
from acclimate.methods.base import Encoded, Method, encoded_rows, inputs_of
from acclimate.methods.views import first_view, two_views
from acclimate.nn import Classifier
from acclimate.types import Sample, Step


class CCLoss(Method):
    r"""Class confusion loss: minimum class confusion, consistent between two views.

    .. math:: L = L_y + w \left[\mathrm{MCC}(z_t) + w_c\, \frac{s}{c}\, \|C(\tilde z_t) - C(z_t)\|_F^2\right]

    with logits z of the weak view of target rows and :math:`\tilde z` of the strong one, and the class confusion C of
    the share s of rows whose weak view is predicted with at least probability t.

    Args:
        network: The network to adapt.
        weight: w; default 1.
        weight_consistency: :math:`w_c`; default 1.
        temperature: T; default 2.5.
        threshold: t, at temperature T; default 0.95.
        noise: Target rows that come in one view alone get a strong one by Gaussian noise, with this many times a row's
            root mean square as standard deviation; default 0.3.
        batch_norm: "joint" or "separate"; default "joint".

    Notes:
        The strong view of an image should be a strong augmentation (RandAugment in the authors' code; the sample's
        ``x`` is a tuple of weak and strong): noise is a stand-in for rows that have none. With many classes the authors
        take the threshold 0.7. Where no row is sure the consistency is zero, a tensor like any other.

    Reference:
        Jin et al. 2024, One Fits Many: Class Confusion Loss for Versatile Domain Adaptation, TPAMI,
        https://doi.org/10.1109/TPAMI.2024.3392565.

    Example:
        >>> from torch import nn
        >>> method = CCLoss(Classifier(nn.Linear(8, 16), nn.Linear(16, 3)))
        >>> source = Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0]))
        >>> views = (torch.randn(5, 8), torch.randn(5, 8))
        >>> sorted(method(source=source, target=Sample(views)).losses)
        ['classification', 'confusion', 'confusion_consistency']
    """

    key = "cc_loss"
    title = "CC-Loss"
    paper = "Jin et al., TPAMI 2024"
    url = "https://doi.org/10.1109/TPAMI.2024.3392565"
    family = "self-training"
    passes = 3.0
    takes_terms = True
    views = 2

    def __init__(
        self,
        network: Classifier,
        weight: float = 1.0,
        weight_consistency: float = 1.0,
        temperature: float = 2.5,
        threshold: float = 0.95,
        *,
        noise: float = 0.3,
        batch_norm: BatchNorm = "joint",
    ) -> None:
        super().__init__(network)
        check_batch_norm(batch_norm)
        self.weight = weight
        self.weight_consistency = weight_consistency
        self.temperature = temperature
        self.threshold = threshold
        self.noise = noise
        self.batch_norm: BatchNorm = batch_norm

    def forward(self, source: Sample, target: Sample) -> Step:  # type: ignore[override]
        """The objective on source rows (n, ...) with labels and two views of target rows (m, ...) without."""
        plain, (weak, strong) = first_view(source), two_views(target, "target", self.noise)
        of_source, of_weak, of_strong = self._encode_all(inputs_of(plain, "source"), weak, strong)
        s = self.gather_encoded(encoded_rows(plain, *of_source[:2], "source"))
        t = self.gather_encoded(encoded_rows(target._replace(x=weak), *of_weak[:2], "target"))
        assert s.y is not None  # a source without labels was refused
        losses = {
            "classification": cross_entropy_loss(s.logits, s.y),
            "confusion": self.weight * mcc_loss(t.logits, self.temperature),
            "confusion_consistency": self._consistency(self.gather(of_strong.logits), t.logits),
        }
        return Step({**losses, **self.added_terms(s, t)}, of_weak.logits.detach())

    def _encode_all(self, *inputs: Tensor) -> list[Encoded]:
        if self.batch_norm == "separate":
            return [self.encode(x) for x in inputs]
        features, logits = self.encode(torch.cat(inputs))[:2]
        sizes = [len(x) for x in inputs]
        return [Encoded(*part) for part in zip(torch.split(features, sizes), torch.split(logits, sizes), strict=True)]

    def _consistency(self, strong: Tensor, weak: Tensor) -> Tensor:
        loss = confusion_consistency_loss(strong, weak, self.temperature, self.threshold)
        return self.weight * self.weight_consistency * loss
