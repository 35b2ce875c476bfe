"""LwF: the old head goes on saying what it said."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from acclimate.losses import cross_entropy_loss, distillation_loss
from acclimate.methods.alignment import Criterion
from acclimate.methods.base import Encoded
from acclimate.methods.supervised import Supervised
from acclimate.nn import Classifier, FrozenCopy


class LwF(Supervised):
    r"""Learning without forgetting.

    .. math:: L = L_y + w\, T^2\, \mathrm{KL}\left(q_0^T \,\|\, q^T\right)

    with :math:`q` the source head's predictions on the rows, softened by T, and :math:`q_0` those of before training.

    Args:
        network: The network to fine-tune, with its pretrained weights.
        source_head: The pretrained head, from features (n, b) of the backbone to the source's classes; it is trained
            along. Built: a copy of the network's bottleneck and head, right where that is the pretrained one.
        start: The frozen network that gave :math:`q_0`, from rows to logits; built from the backbone and source head.
        weight: w; default 4/9, which is 0.444444.
        temperature: T; default 3.
        criterion: Supervised loss of (outputs, y); default: cross-entropy.

    Notes:
        The pretrained network runs beside the one that is trained, on the same rows in the same view: recorded once,
        its predictions would be those of other crops than the ones that are learned from. The paper's term has no
        T squared, which keeps it in size as T changes (Hinton et al. 2015), weight 1 and T = 2: w = 1/4 here. The
        default is that of TLlib, whose published results were reached with 4 at T = 3 without the factor.

    Reference:
        Li & Hoiem 2016, Learning without Forgetting, ECCV, https://arxiv.org/abs/1606.09282.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from acclimate.nn import Classifier
        >>> from acclimate.types import Sample
        >>> method = LwF.from_network(Classifier(nn.Linear(8, 16), nn.Linear(16, 3)), 3)
        >>> step = method(labeled=Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0])))
        >>> sorted(step.losses)
        ['classification', 'old_task']
    """

    key = "lwf"
    title = "LwF"
    paper = "Li & Hoiem, ECCV 2016"
    url = "https://arxiv.org/abs/1606.09282"
    family = "self-training"
    tasks = ("classification", "regression")
    passes = 4 / 3

    def __init__(
        self,
        network: Classifier,
        source_head: nn.Module,
        start: nn.Module,
        weight: float = 4 / 9,
        temperature: float = 3.0,
        *,
        criterion: Criterion = cross_entropy_loss,
    ) -> None:
        super().__init__(network, criterion=criterion)
        self.source_head = source_head
        self.start = start
        self.weight = weight
        self.temperature = temperature
        self.scores: tuple[Tensor, Tensor] | None = None

    @classmethod
    def parts_for(cls, network: Classifier, num_outputs: int, params: Mapping[str, Any]) -> dict[str, nn.Module]:
        """The source head, and the pretrained network that ends in it."""
        head = params.get("source_head")
        head = copy.deepcopy(nn.Sequential(network.bottleneck, network.head)) if head is None else head
        return {"source_head": head, "start": FrozenCopy(Classifier(network.backbone, head, num_features=1))}

    def network_pass(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Features and logits, and on the way what the source head says now and said before."""
        pooled = self.network.backbone(x)
        self.scores = self.source_head(pooled), self.start(x)
        features = self.network.bottleneck(pooled)
        return features, self.network.head(features)

    def terms(self, labeled: Encoded) -> dict[str, Tensor]:
        """How far the source head's predictions have moved."""
        assert self.scores is not None
        (now, before), self.scores = self.scores, None
        loss = distillation_loss(self.gather(now), self.gather(before), self.temperature)
        return {"old_task": self.weight * loss}
