"""Self-ensembling: a teacher averaged over training tells the target's rows, where it is sure."""

from __future__ import annotations

import torch
from torch import Tensor

from acclimate.losses import class_balance_loss, consistency_loss, cross_entropy_loss
from acclimate.methods.alignment import BatchNorm, check_batch_norm, encode_domains
from acclimate.methods.base import Encoded, Method
from acclimate.methods.views import first_view, noisy, two_views
from acclimate.nn import EMA, Classifier
from acclimate.types import Sample, Step


class SelfEnsembling(Method):
    r"""Self-ensembling by a mean teacher.

    .. math:: L = L_y + w \left[\frac1{mc} \sum_j s_j \|p_j - q_j\|^2 + w_b\, \bar s\, c\, B(\bar p)\right]

    with the student's predictions p of one view, the teacher's q of another, :math:`s_j = [\max q_j \ge t]`, and the
    binary cross-entropy B of the mean prediction and the uniform one. The teacher's weights are an exponential moving
    average of the student's. Predictions are the teacher's.

    Args:
        network: The network to adapt, the student.
        weight: w; default 3.
        weight_balance: :math:`w_b`; default 0.005.
        threshold: t; default 0.968.
        decay: Of the average; default 0.99.
        noise: Target rows that come in one view alone are made two by Gaussian noise, with this many times a row's root
            mean square as standard deviation; default 0.1.
        batch_norm: "joint" or "separate"; default "separate", as in the paper.

    Notes:
        Two views of an image should be two augmentations (the sample's ``x`` a tuple of them); the noise alone is the
        least of the paper's. Theirs are alike; of a weak and a strong one the teacher sees the weak, of which it is
        surer and more often right. The threshold is the paper's 0.96837722. The teacher passes the target alone, in
        training mode; its running statistics are drawn towards the student's as its weights are, as in the authors'
        code. TLlib sums the squares over classes, where the authors average.

    Reference:
        French et al. 2018, Self-ensembling for Visual Domain Adaptation, ICLR, https://arxiv.org/abs/1706.05208.

    Example:
        >>> from torch import nn
        >>> method = SelfEnsembling(Classifier(nn.Linear(8, 16), nn.Linear(16, 3)))
        >>> source = Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0]))
        >>> views = (torch.randn(5, 8), torch.randn(5, 8))
        >>> sorted(method(source=source, target=Sample(views)).losses)
        ['class_balance', 'classification', 'consistency']
    """

    key = "self_ensembling"
    title = "Self-ensembling"
    paper = "French et al., ICLR 2018"
    url = "https://arxiv.org/abs/1706.05208"
    family = "self-training"
    passes = 7 / 3
    takes_terms = True
    views = 2

    def __init__(
        self,
        network: Classifier,
        weight: float = 3.0,
        weight_balance: float = 0.005,
        threshold: float = 0.968,
        *,
        decay: float = 0.99,
        noise: float = 0.1,
        batch_norm: BatchNorm = "separate",
    ) -> None:
        super().__init__(network)
        check_batch_norm(batch_norm)
        self.teacher = EMA(network, decay)
        self.weight = weight
        self.weight_balance = weight_balance
        self.threshold = threshold
        self.noise = noise
        self.batch_norm: BatchNorm = batch_norm

    def encode(self, x: Tensor) -> Encoded:
        """What the teacher makes of it."""
        teacher = self.teacher.module
        assert isinstance(teacher, Classifier)
        features = teacher.features(x)
        return Encoded(features, teacher.head(features))

    def after_step(self) -> None:
        """Move the teacher towards the student."""
        self.teacher.update(self.network)

    def forward(self, source: Sample, target: Sample) -> Step:  # type: ignore[override]
        """The objective on source rows (n, ...) with labels and two views of target rows (m, ...) without."""
        weak, student = two_views(target, "target", self.noise)
        weak = weak if isinstance(target.x, tuple) else noisy(weak, self.noise)
        own = encode_domains(self, first_view(source), target._replace(x=student), self.batch_norm)
        s, t = map(self.gather_encoded, own)
        with torch.no_grad():
            reference = self.encode(weak).logits
        assert s.y is not None  # a source without labels was refused
        losses = {"classification": cross_entropy_loss(s.logits, s.y), **self._agreement(t, self.gather(reference))}
        return Step({**losses, **self.added_terms(s, t)}, reference)

    def _agreement(self, student: Encoded, reference: Tensor) -> dict[str, Tensor]:
        c = reference.shape[1]
        share = (reference.softmax(1).amax(1) >= self.threshold).to(reference.dtype).mean()
        balance = self.weight_balance * share * c * class_balance_loss(student.logits)
        consistency = consistency_loss(student.logits, reference, self.threshold) / c
        return {"consistency": self.weight * consistency, "class_balance": self.weight * balance}
