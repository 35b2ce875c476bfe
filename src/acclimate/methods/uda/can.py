"""CAN: classes alike in both domains and unlike each other, with the target's classes from clustering."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from acclimate.errors import InputError
from acclimate.losses import (
    class_means,
    contrastive_discrepancy_loss,
    cross_entropy_loss,
    nearest_centers,
    spherical_kmeans,
)
from acclimate.methods.alignment import BatchNorm
from acclimate.methods.all_rows import encode_all
from acclimate.methods.base import Encoded, Method, encoded_rows, inputs_of
from acclimate.nn import Classifier, DomainBatchNorm, MovingCentroids, reversal_scale, same_everywhere
from acclimate.types import Sample, Step


class CAN(Method):
    r"""Contrastive adaptation network.

    .. math:: L = L_y + w \lambda \left[\mathrm{CDD}(f_s, f_t) + \mathrm{CDD}(p_s, p_t)\right], \quad
              \lambda = 2 / (1 + e^{-10\,\mathrm{progress}}) - 1

    with the contrastive domain discrepancy of features and of predictions, see
    :func:`acclimate.losses.contrastive_discrepancy_loss`. The target's labels are those of the nearest cluster: before
    each epoch spherical k-means on all target rows begins at the means of the source's classes. Each domain has
    statistics, scale and shift of its own in every batch norm, if there is any; predictions take the target's.

    Args:
        network: The network to adapt; its own batch norm becomes the target's.
        centroids: What keeps the clusters' centers.
        weight: w; default 0.3.
        threshold: Target rows further than this from their center, by :math:`(1 - \cos) / 2`, are left out; default 1,
            none, as in the paper for VisDA. For Office-31 it has 0.05.
        min_rows: Clusters of fewer target rows are left out; default 3.

    Notes:
        The paper draws the rows of the discrepancy class by class, and those of the supervised loss apart; here both
        read the same batches, and the classes that both domains have in a batch count: the larger the batches against
        the number of classes, the more pairs there are. There a row keeps its label through an epoch; here it is the
        nearest center's at each step. Before the first clustering the centers are the means of the source's batch. The
        paper has no :math:`\lambda`, and begins with a pretrained network: clusters of one that has learned nothing
        mislead. The authors' code pairs clusters and classes once more after k-means, and ends once nothing changes.

    Reference:
        Kang et al. 2019, Contrastive Adaptation Network for Unsupervised Domain Adaptation, CVPR,
        https://arxiv.org/abs/1901.00976.

    Example:
        >>> method = CAN.from_network(Classifier(nn.Linear(8, 16), nn.Linear(16, 3)), 3)
        >>> source, target = Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0])), Sample(torch.randn(5, 8))
        >>> method.before_epoch({"source": [source], "target": [target]})
        >>> sorted(method(source=source, target=target).losses)
        ['classification', 'contrastive_features', 'contrastive_predictions']
    """

    key = "can"
    title = "CAN"
    paper = "Kang et al., CVPR 2019"
    url = "https://arxiv.org/abs/1901.00976"
    family = "discrepancy"
    takes_terms = True

    def __init__(
        self,
        network: Classifier,
        centroids: MovingCentroids,
        weight: float = 0.3,
        threshold: float = 1.0,
        min_rows: int = 3,
    ) -> None:
        super().__init__(network)
        self.source_norm = _own_batch_norm(network)
        self.centroids = centroids
        self.weight = weight
        self.threshold = threshold
        self.min_rows = min_rows
        self.batch_norm: BatchNorm = "separate"

    @classmethod
    def parts_for(cls, network: Classifier, num_outputs: int, params: Mapping[str, Any]) -> dict[str, nn.Module]:
        """A center for each class."""
        return {"centroids": MovingCentroids(network.num_features, num_outputs)}

    def parameters_of(self, phase: str) -> list[nn.Parameter]:
        """All but the source's scales and shifts of layers that are frozen in the network."""
        if self.source_norm is None:
            return super().parameters_of(phase)
        ours = {id(p) for p in self.source_norm.parameters()}
        others = [p for p in super().parameters_of(phase) if id(p) not in ours]
        return [*others, *self.source_norm.trained(self.network)]

    def encode_source(self, x: Tensor) -> Encoded:
        """Features and logits with the source's batch norm."""
        return self.encode(x) if self.source_norm is None else Encoded(*self.source_norm(self.network, x))

    def before_epoch(self, loaders: Mapping[str, Any]) -> None:
        """Cluster the target."""
        s = encode_all(self, loaders["source"], self.encode_source)
        t = encode_all(self, loaders["target"], self.encode)
        assert s.y is not None
        means, known = class_means(F.normalize(s.features), s.y, s.logits.shape[1])
        labels, centers = spherical_kmeans(t.features, means, known)
        large = torch.bincount(labels, minlength=len(centers)) >= self.min_rows
        centers, large = same_everywhere(centers), same_everywhere(large.to(centers)) > 0
        self.centroids.update(centers, large)

    def forward(self, source: Sample, target: Sample) -> Step:  # type: ignore[override]
        """The objective on source rows (n, ...) with labels and target rows (m, ...) without."""
        xs, xt = inputs_of(source, "source"), inputs_of(target, "target")
        (fs, zs), (ft, zt) = self.encode_source(xs)[:2], self.encode(xt)[:2]
        s = self.gather_encoded(encoded_rows(source, fs, zs, "source"))
        t = self.gather_encoded(encoded_rows(target, ft, zt, "target"))
        assert s.y is not None  # a source without labels was refused
        losses = {"classification": cross_entropy_loss(s.logits, s.y), **self._contrast(s, s.y, t)}
        return Step({**losses, **self.added_terms(s, t)}, zt.detach())

    def _contrast(self, s: Encoded, y: Tensor, t: Encoded) -> dict[str, Tensor]:
        c, clustered = s.logits.shape[1], self.centroids.known.any()
        means, present = class_means(F.normalize(s.features.detach()), y, c)
        centers = torch.where(clustered, self.centroids.centroids.to(means), means)
        allowed = torch.where(clustered, self.centroids.known, present)
        labels = nearest_centers(t.features, centers, allowed, self.threshold)
        pairs = {"features": (s.features, t.features), "predictions": (s.logits.softmax(1), t.logits.softmax(1))}
        discrepancies = {name: contrastive_discrepancy_loss(a, b, y, labels, c) for name, (a, b) in pairs.items()}
        scale = self.weight * reversal_scale(self.progress)
        return {f"contrastive_{name}": scale * loss for name, loss in discrepancies.items()}


def _own_batch_norm(network: Classifier) -> DomainBatchNorm | None:
    try:
        return DomainBatchNorm(network, affine=True)
    except InputError:  # there is none
        return None
