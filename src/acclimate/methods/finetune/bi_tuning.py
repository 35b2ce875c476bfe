"""Bi-Tuning: contrast between classes for the classifier and for the features."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from acclimate.losses import class_contrast_loss
from acclimate.methods.base import Encoded
from acclimate.methods.supervised import Supervised
from acclimate.nn import EMA, Classifier, ClassQueue
from acclimate.nn.untracked import call_untracked


class BiTuning(Supervised):
    r"""Contrastive fine-tuning of classifier and projector.

    .. math:: L = L_y - w\, \frac1n \sum_i \frac{1}{|P_i|} \sum_{k \in P_i} \left[
              \log \frac{e^{\hat z_{y_i}(k) / T}}{\sum_{l} e^{\hat z_{y_i}(l) / T}}
              + \log \frac{e^{u_i \cdot v_k / T}}{\sum_l e^{u_i \cdot v_l / T}}\right]

    where keys k come from a slowly following copy of the network, the batch's own and a queue of each class's last;
    :math:`P_i` are those of row i's class. The first term asks the class's classifier weight to score the class's keys
    highest (scores :math:`\hat z` of normalised features), the second that projections u, v of one class be close.

    Args:
        network: The network to fine-tune.
        follower: The copy, :class:`acclimate.nn.EMA` of network and projector; built, with decay 0.999.
        projector: From features (n, d) to projections; built: one linear layer to 128.
        queue: The last keys, features and projections beside one another; built: 40 of each class.
        weight: w; default 1.
        temperature: T; default 0.07.

    Notes:
        Keys are of the same view as the rows; the authors' of a second one. All rows at once: the per-sample form
        has the same value. All keys of the batch are there for every row; in the authors' library the row's own alone,
        and for the classifier the row's own features in its place, while its weights, normalised there with their bias,
        take no gradient from that term. A head that is no single linear layer scores normalised features like others.
        Keys are computed in training mode, as the authors'.

    Reference:
        Zhong et al. 2020, Bi-tuning of Pre-trained Representations, https://arxiv.org/abs/2011.06182; in print as
        Bi-tuning: Efficient Transfer from Pre-trained Models, ECML PKDD 2023.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from acclimate.nn import Classifier
        >>> from acclimate.types import Sample
        >>> method = BiTuning.from_network(Classifier(nn.Linear(8, 16), nn.Linear(16, 3)), 3)
        >>> step = method(labeled=Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0])))
        >>> sorted(step.losses)
        ['classes', 'classification', 'projections']
    """

    key = "bi_tuning"
    title = "Bi-Tuning"
    paper = "Zhong et al., ECML PKDD 2023"
    url = "https://arxiv.org/abs/2011.06182"
    family = "self-training"
    passes = 4 / 3

    def __init__(
        self,
        network: Classifier,
        follower: EMA,
        projector: nn.Module,
        queue: ClassQueue,
        weight: float = 1.0,
        temperature: float = 0.07,
    ) -> None:
        super().__init__(network)
        self.follower = follower
        self.projector = projector
        self.queue = queue
        self.weight = weight
        self.temperature = temperature
        self.keys: Tensor | None = None
        self.seen: tuple[Tensor, Tensor] | None = None

    @classmethod
    def parts_for(cls, network: Classifier, num_outputs: int, params: Mapping[str, Any]) -> dict[str, nn.Module]:
        """A projector, the copy of network and projector, and a queue."""
        projector = params.get("projector")
        if projector is None:
            projector = nn.Linear(network.num_features, PROJECTION, bias=False)
        probe = projector(torch.zeros(2, network.num_features, dtype=next(projector.parameters()).dtype))
        return {
            "projector": projector,
            "follower": EMA(nn.ModuleList([network, projector])),
            "queue": ClassQueue(num_outputs, network.num_features + probe.shape[1], KEYS),
        }

    def network_pass(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Features and logits, and on the way the keys."""
        network, projector = cast("tuple[Classifier, nn.Module]", tuple(cast("nn.ModuleList", self.follower.module)))
        with torch.no_grad():
            features = network.features(x)
            self.keys = _joined(features, projector(features))
        own = self.network.features(x)
        return own, self.network.head(own)

    def terms(self, labeled: Encoded) -> dict[str, Tensor]:
        """Both contrasts with the batch's keys and the queue."""
        assert self.keys is not None
        assert labeled.y is not None
        batch, self.keys = self.gather(self.keys), None
        self.seen = batch, labeled.y
        keys, positive, valid = self._keys(batch, labeled.y)
        features, projections = keys[:, : labeled.features.shape[1]], keys[:, labeled.features.shape[1] :]
        scores = call_untracked(self.network.head, features).T[labeled.y]  # keys are no batch of the head's norm layers
        near = F.normalize(self.projector(labeled.features)) @ projections.T
        return {
            "classes": self.weight * class_contrast_loss(scores / self.temperature, positive, valid),
            "projections": self.weight * class_contrast_loss(near / self.temperature, positive, valid),
        }

    def after_step(self) -> None:
        """The copy follows; the batch's keys enter the queue."""
        self.follower.update(nn.ModuleList([self.network, self.projector]))
        if self.seen is not None:
            self.queue.add(*self.seen)
        self.seen = None

    def _keys(self, batch: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """All keys (k, d + q), which of them are of row i's class and which places hold one, (n, k)."""
        classes, size = self.queue.filled.shape
        keys = torch.cat([batch, self.queue.rows.flatten(0, 1).to(batch)])
        labels = torch.cat([y, torch.arange(classes, device=y.device).repeat_interleave(size)])
        there = torch.cat([torch.ones_like(y, dtype=torch.bool), self.queue.filled.flatten()])
        return keys, y[:, None] == labels, there.expand(len(y), -1)


PROJECTION, KEYS = 128, 40


def _joined(features: Tensor, projections: Tensor) -> Tensor:
    return torch.cat([F.normalize(features), F.normalize(projections)], 1)
