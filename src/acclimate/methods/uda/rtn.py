"""RTN: the source's classifier is the target's plus a residual, and fused layers are aligned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from acclimate.losses import cross_entropy_loss, entropy_loss, mmd_loss
from acclimate.methods.alignment import BatchNorm, check_batch_norm, encode_domains
from acclimate.methods.base import Encoded, Method
from acclimate.nn import Classifier, multilinear_map
from acclimate.types import Sample, Step


class RTN(Method):
    r"""Residual transfer network.

    .. math:: L = L_y\big(z_s + \Delta(z_s)\big) + w\left[\mathrm{MMD}^2(f_s \otimes z_s, f_t \otimes z_t) + w_H\,
              \tfrac1m \sum_j H(\mathrm{softmax}(z_j))\right]

    with features f, logits z of the target's classifier and a residual :math:`\Delta` that adds up to the source's.
    Predictions take the target's classifier.

    Args:
        network: The network to adapt; its head is the target's classifier.
        residual: :math:`\Delta`, logits (n, c) to (n, c).
        fusion: Features (n, d) and logits (n, c) to rows that are aligned.
        weight: w; default 0.3.
        weight_entropy: :math:`w_H`; default 1.
        bandwidths: Of the kernels; default 2^-3 to 2^1.
        batch_norm: "joint" or "separate"; default "joint".

    Notes:
        The estimate of the discrepancy is the biased quadratic one; the paper takes the linear-time one. Outer products
        of more than 4096 columns are sketched by random projections. The paper fuses two fully connected layers and the
        classifier; these are the features in front of the head and its logits.

    Reference:
        Long et al. 2016, Unsupervised Domain Adaptation with Residual Transfer Networks, NIPS,
        https://arxiv.org/abs/1602.04433.

    Example:
        >>> import torch
        >>> method = RTN.from_network(Classifier(nn.Linear(8, 16), nn.Linear(16, 3)), 3)
        >>> source = Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0]))
        >>> sorted(method(source=source, target=Sample(torch.randn(5, 8))).losses)
        ['classification', 'fusion_mmd', 'target_entropy']
    """

    key = "rtn"
    title = "RTN"
    paper = "Long et al., NIPS 2016"
    url = "https://arxiv.org/abs/1602.04433"
    family = "discrepancy"
    takes_terms = True

    def __init__(
        self,
        network: Classifier,
        residual: nn.Module,
        fusion: nn.Module,
        weight: float = 0.3,
        weight_entropy: float = 1.0,
        bandwidths: Sequence[float] = (0.125, 0.25, 0.5, 1.0, 2.0),
        *,
        batch_norm: BatchNorm = "joint",
    ) -> None:
        super().__init__(network)
        check_batch_norm(batch_norm)
        self.residual = residual
        self.fusion = fusion
        self.weight = weight
        self.weight_entropy = weight_entropy
        self.bandwidths = tuple(bandwidths)
        self.batch_norm: BatchNorm = batch_norm

    @classmethod
    def parts_for(cls, network: Classifier, num_outputs: int, params: Mapping[str, Any]) -> dict[str, nn.Module]:
        """Two layers as wide as there are classes, and the outer product."""
        c = num_outputs
        residual = nn.Sequential(nn.Linear(c, c), nn.ReLU(), nn.Linear(c, c))
        return {"residual": residual, "fusion": multilinear_map(network.num_features, c)}

    def forward(self, source: Sample, target: Sample) -> Step:  # type: ignore[override]
        """The objective on source rows (n, ...) with labels and target rows (m, ...) without."""
        local_source, local_target = encode_domains(self, source, target, self.batch_norm)
        s, t = self.gather_encoded(local_source), self.gather_encoded(local_target)
        assert s.y is not None  # a source without labels was refused
        losses = {
            "classification": cross_entropy_loss(s.logits + self.residual(s.logits), s.y),
            "fusion_mmd": self.weight * mmd_loss(self._fused(s), self._fused(t), self.bandwidths),
            "target_entropy": self.weight * self.weight_entropy * entropy_loss(t.logits),
        }
        return Step({**losses, **self.added_terms(s, t)}, local_target.logits.detach())

    def _fused(self, rows: Encoded) -> Tensor:
        fused: Tensor = self.fusion(rows.features, rows.logits)
        return fused
