"""SymNets: two heads under one softmax say class and domain at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from acclimate.losses import cross_entropy_loss, head_domain_loss, joint_category_loss, joint_entropy_loss
from acclimate.methods.alignment import BatchNorm, check_batch_norm, domain_features
from acclimate.methods.base import Method, encoded_rows, labels_of
from acclimate.nn import Classifier, call_untracked, reset_copy, reversal_scale
from acclimate.types import Sample, Step


class SymNets(Method):
    r"""Domain-symmetric networks.

    .. math:: \text{heads: } & L_y(F_s) + L_y(F_t) + w\left[-\overline{\log \textstyle\sum_k p_k(x_s)}
              - \overline{\log \textstyle\sum_k p_{k+c}(x_t)}\right] \\
              \text{backbone: } & -\tfrac12\overline{\log p_y(x_s) + \log p_{y+c}(x_s)} + w\lambda
              \left[-\tfrac12\overline{\log \textstyle\sum_k p_k(x_t) + \log \textstyle\sum_k p_{k+c}(x_t)}
              + \overline{H(q(x_t))}\right]

    with :math:`p = \mathrm{softmax}([F_s(f), F_t(f)])` over 2c classes, :math:`q_k = p_k + p_{k+c}` and
    :math:`\lambda = 2 / (1 + e^{-10 p}) - 1` at progress p. The heads learn to tell the domains apart, the backbone
    that they cannot.

    Args:
        network: The network to adapt; its head is :math:`F_t`, which predicts.
        source_head: :math:`F_s`, of the same shape, with weights of its own.
        weight: w; default 1.
        batch_norm: Default "separate", the authors' code.

    Notes:
        Both objectives come from one pass of the backbone, as in the authors' code; the heads run once for theirs and
        once, as constants, for the backbone's.

    Reference:
        Zhang et al. 2019, Domain-Symmetric Networks for Adversarial Domain Adaptation, CVPR,
        https://arxiv.org/abs/1904.04663.

    Example:
        >>> method = SymNets.from_network(Classifier(nn.Linear(8, 16), nn.Linear(16, 3)), 3)
        >>> source = Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0]))
        >>> step = method(source=source, target=Sample(torch.randn(5, 8)))
        >>> sorted(step.losses)[:3]
        ['classification', 'classification_backbone', 'classification_source_head']
    """

    key = "symnets"
    title = "SymNets"
    paper = "Zhang et al., CVPR 2019"
    url = "https://arxiv.org/abs/1904.04663"
    family = "adversarial"
    takes_terms = True

    def __init__(
        self,
        network: Classifier,
        source_head: nn.Module,
        weight: float = 1.0,
        *,
        batch_norm: BatchNorm = "separate",
    ) -> None:
        super().__init__(network)
        check_batch_norm(batch_norm)
        self.source_head = source_head
        self.weight = weight
        self.batch_norm: BatchNorm = batch_norm

    @classmethod
    def parts_for(cls, network: Classifier, num_outputs: int, params: Mapping[str, Any]) -> dict[str, nn.Module]:
        """A second head like the first, drawn anew."""
        return {"source_head": reset_copy(network.head)}

    def forward(self, source: Sample, target: Sample) -> Step:  # type: ignore[override]
        """Both objectives on source rows (n, ...) with labels and target rows (m, ...) without."""
        fs, ft = domain_features(self, source, target, self.batch_norm)
        y = self.gather(labels_of(source, "source"))
        of_heads, logits = self._teach_heads(fs.detach(), ft.detach(), y)
        losses = {**of_heads, **self._teach_backbone(fs, ft, y), **self._added(source, target, fs, ft)}
        return Step(losses, logits.detach())

    def _teach_heads(self, fs: Tensor, ft: Tensor, y: Tensor) -> tuple[dict[str, Tensor], Tensor]:
        """What the heads minimise, and the logits of this process's target rows."""
        (zs, own), (os, ot) = (self._logits(head, fs, ft) for head in (self.network.head, self.source_head))
        zs, zt, os, ot = (self.gather(z) for z in (zs, own, os, ot))
        losses = {
            "classification": cross_entropy_loss(zs, y),
            "classification_source_head": cross_entropy_loss(os, y),
            "head_domain": self.weight * (head_domain_loss(os, zs) + head_domain_loss(zt, ot)),
        }
        return losses, own

    def _teach_backbone(self, fs: Tensor, ft: Tensor, y: Tensor) -> dict[str, Tensor]:
        (zs, zt), (os, ot) = (self._logits(head, fs, ft, frozen=True) for head in (self.network.head, self.source_head))
        zs, zt, os, ot = (self.gather(z) for z in (zs, zt, os, ot))
        scale = self.weight * reversal_scale(self.progress)
        return {
            "classification_backbone": joint_category_loss(zs, os, y),
            "head_confusion": scale * (head_domain_loss(zt, ot) + head_domain_loss(ot, zt)) / 2,
            "joint_entropy": scale * joint_entropy_loss(zt, ot),
        }

    def _logits(self, head: nn.Module, fs: Tensor, ft: Tensor, *, frozen: bool = False) -> list[Tensor]:
        """A head on both domains as the backbone ran; frozen, it leaves its running statistics alone as well."""
        groups = [torch.cat([fs, ft])] if self.batch_norm == "joint" else [fs, ft]
        logits = torch.cat([call_untracked(head, rows, frozen=True) if frozen else head(rows) for rows in groups])
        return list(torch.split(logits, [len(fs), len(ft)]))

    def _added(self, source: Sample, target: Sample, fs: Tensor, ft: Tensor) -> dict[str, Tensor]:
        if not self.added:
            return {}
        zs, zt = (call_untracked(self.network.head, rows) for rows in (fs, ft))
        s, t = encoded_rows(source, fs, zs, "source"), encoded_rows(target, ft, zt, "target")
        return self.added_terms(self.gather_encoded(s), self.gather_encoded(t))
