"""DSBN: batch norm for each domain, and labels that the target gives itself."""

from __future__ import annotations

from torch import Tensor, nn

from acclimate.losses import cross_entropy_loss
from acclimate.methods.alignment import BatchNorm
from acclimate.methods.base import Encoded, Method, encoded_rows, inputs_of
from acclimate.nn import Classifier, DomainBatchNorm, FrozenCopy, reversal_scale
from acclimate.types import Sample, Step


class DSBN(Method):
    r"""Domain-specific batch normalisation, with self-training on the target.

    .. math:: L = L_y + w\, \mathrm{CE}(z_t, \hat y), \qquad
              \hat y = \arg\max_k \left[(1 - \lambda)\, p^{\mathrm{teacher}}_k + \lambda\, p_k\right]

    where each domain has statistics, scale and shift of its own in every batch norm, and
    :math:`\lambda = 2 / (1 + e^{-10\,\mathrm{progress}}) - 1`. Predictions take the target's.

    Two stages, as in the paper: train any method with domain-specific batch norm ("dsbn+mstn" in the paper), then
    ``DSBN(second_network, teacher=first.network)``. One stage: without a teacher the labels are the network's
    own, and their loss is multiplied by :math:`\lambda`, so that it counts once they are worth something.

    Args:
        network: The network to adapt, with batch norm in it. It is not converted: its own batch norm becomes the
            target's, and :meth:`encode_source` takes the source's.
        teacher: A network trained in the first stage, which is copied; default None, one stage.
        weight: w; default 1.

    Notes:
        The paper's first stage is MSTN or CPUA; here it is any method that adds terms, and its self-training on top.

    Reference:
        Chang et al. 2019, Domain-Specific Batch Normalization for Unsupervised Domain Adaptation, CVPR,
        https://arxiv.org/abs/1906.03950.

    Example:
        >>> import torch
        >>> from acclimate.nn import MLP
        >>> method = DSBN(Classifier(MLP(8, [16]), nn.Linear(16, 3)))
        >>> source = Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0]))
        >>> sorted(method(source=source, target=Sample(torch.randn(5, 8))).losses)
        ['classification', 'pseudo_label']
    """

    key = "dsbn"
    title = "DSBN"
    paper = "Chang et al., CVPR 2019"
    url = "https://arxiv.org/abs/1906.03950"
    family = "discrepancy"
    takes_terms = True

    def __init__(self, network: Classifier, teacher: nn.Module | None = None, weight: float = 1.0) -> None:
        super().__init__(network)
        self.source_norm = DomainBatchNorm(network, affine=True)
        self.teacher = None if teacher is None else FrozenCopy(teacher)
        self.weight = weight
        self.batch_norm: BatchNorm = "separate"
        if teacher is not None:
            self.passes = 7 / 3  # type: ignore[misc]  # the teacher's forward pass

    def parameters_of(self, phase: str) -> list[nn.Parameter]:
        """All but the source's scales and shifts of layers that are frozen in the network."""
        ours = {id(p) for p in self.source_norm.parameters()}
        others = [p for p in super().parameters_of(phase) if id(p) not in ours]
        return [*others, *self.source_norm.trained(self.network)]

    def encode_source(self, x: Tensor) -> Encoded:
        """Features and logits with the source's batch norm."""
        return Encoded(*self.source_norm(self.network, x))

    def forward(self, source: Sample, target: Sample) -> Step:  # type: ignore[override]
        """The objective on source rows (n, ...) with labels and target rows (m, ...) without."""
        xs, xt = inputs_of(source, "source"), inputs_of(target, "target")
        (fs, zs), (ft, zt) = self.encode_source(xs)[:2], self.encode(xt)[:2]
        s = self.gather_encoded(encoded_rows(source, fs, zs, "source"))
        t = self.gather_encoded(encoded_rows(target, ft, zt, "target"))
        assert s.y is not None  # a source without labels was refused
        losses = {
            "classification": cross_entropy_loss(s.logits, s.y),
            "pseudo_label": self._self_training(xt, t.logits),
        }
        return Step({**losses, **self.added_terms(s, t)}, zt.detach())

    def _self_training(self, x: Tensor, logits: Tensor) -> Tensor:
        share, own = reversal_scale(self.progress), logits.detach().softmax(1)
        if self.teacher is None:
            return self.weight * share * cross_entropy_loss(logits, own.argmax(1))
        mixed = (1 - share) * self.gather(self.teacher(x)).softmax(1) + share * own
        return self.weight * cross_entropy_loss(logits, mixed.argmax(1))
