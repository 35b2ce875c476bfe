"""Co-Tuning: the pretrained head is taught along, through how source and target classes relate."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from acclimate.losses import soft_cross_entropy_loss
from acclimate.methods.base import Encoded
from acclimate.methods.supervised import Supervised
from acclimate.nn import Classifier


class CoTuning(Supervised):
    r"""Co-tuning of the new head and the pretrained one.

    .. math:: L = L_y + w\, \frac1n \sum_i \mathrm{CE}\left(p(y_s \mid y_t = y_i),\, q(x_i)\right)

    with :math:`q` what the source head says and the category relationship :math:`p(y_s \mid y_t)`.

    Args:
        network: The network to fine-tune, with its pretrained weights.
        source_head: The pretrained head, from features (n, b) of the backbone to the source's classes; it is trained
            along. Built: a copy of the network's bottleneck and head, right where that is the pretrained one.
        weight: w; default 2.3.
        relationship: p(y_s | y_t), (c, c_s), rows sum to one: :func:`acclimate.nn.class_relationship` of the source
            head's logits on the labelled rows, calibrated there. Default: all source classes alike until
            ``before_epoch`` is called the first time, which measures the mean prediction per target class ("direct").

    Notes:
        Calibration takes one temperature, from labelled rows of the source (:func:`acclimate.nn.fitted_temperature`);
        where there are none it is 1, as in most codes. What ``before_epoch`` measures is in eval mode.

    Reference:
        You et al. 2020, Co-Tuning for Transfer Learning, NeurIPS,
        https://papers.nips.cc/paper/2020/hash/c8067ad1937f728f51288b3eb986afaa-Abstract.html.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from acclimate.nn import Classifier
        >>> from acclimate.types import Sample
        >>> method = CoTuning.from_network(Classifier(nn.Linear(8, 16), nn.Linear(16, 3)), 3)
        >>> step = method(labeled=Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0])))
        >>> sorted(step.losses)
        ['classification', 'source_classes']
    """

    key = "co_tuning"
    title = "Co-Tuning"
    paper = "You et al., NeurIPS 2020"
    url = "https://papers.nips.cc/paper/2020/hash/c8067ad1937f728f51288b3eb986afaa-Abstract.html"
    family = "self-training"

    relationship: Tensor
    measured: Tensor

    def __init__(
        self,
        network: Classifier,
        source_head: nn.Module,
        weight: float = 2.3,
        relationship: Tensor | None = None,
    ) -> None:
        super().__init__(network)
        self.source_head = source_head
        self.weight = weight
        known = relationship is not None
        start = relationship if known else torch.ones(_outputs(network.head), _outputs(source_head))
        assert start is not None
        self.register_buffer("relationship", start / start.sum(1, keepdim=True))
        self.register_buffer("measured", torch.tensor(known))
        self.scores: Tensor | None = None

    @classmethod
    def parts_for(cls, network: Classifier, num_outputs: int, params: Mapping[str, Any]) -> dict[str, nn.Module]:
        """A source head like the network's."""
        return {"source_head": copy.deepcopy(nn.Sequential(network.bottleneck, network.head))}

    @torch.no_grad()
    def before_epoch(self, loaders: Mapping[str, Any]) -> None:
        """Before the first epoch, the relationship of the classes, unless it was given."""
        if bool(self.measured):
            return
        sums = torch.zeros_like(self.relationship)
        modes = {module: module.training for module in self.modules()}
        self.eval()
        for sample in loaders["labeled"]:
            probs = self.source_head(self.network.backbone(sample.x.to(sums))).softmax(1)
            sums.index_add_(0, sample.y.to(sums.device), probs.to(sums))
        for module, training in modes.items():
            module.training = training
        absent = sums.sum(1, keepdim=True) == 0  # a class without rows says nothing of the source's
        self.relationship.copy_(torch.where(absent, torch.ones_like(sums), sums))
        self.relationship.div_(self.relationship.sum(1, keepdim=True))
        self.measured.fill_(True)

    def network_pass(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Features and logits, and on the way what the source head says."""
        pooled = self.network.backbone(x)
        self.scores = self.source_head(pooled)
        features = self.network.bottleneck(pooled)
        return features, self.network.head(features)

    def terms(self, labeled: Encoded) -> dict[str, Tensor]:
        """Cross-entropy of the source head with the labels' source classes."""
        assert self.scores is not None
        assert labeled.y is not None
        scores, self.scores = self.scores, None
        loss = soft_cross_entropy_loss(self.gather(scores), self.relationship[labeled.y])
        return {"source_classes": self.weight * loss}


def _outputs(head: nn.Module) -> int:
    widths = [module.out_features for module in head.modules() if isinstance(module, nn.Linear)]
    if not widths:
        raise ValueError("the head has no Linear layer to read the number of classes from: give relationship")
    return widths[-1]
