"""ATDOC-NC: target rows are labelled by the nearest of the target's moving class centers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from acclimate.losses import class_means, cross_entropy_loss, nearest_centers
from acclimate.methods.alignment import Alignment, BatchNorm
from acclimate.methods.base import Encoded
from acclimate.nn import Classifier, MovingCentroids


class ATDOCNC(Alignment):
    r"""Auxiliary target domain-oriented classifier, by the nearest centroid; ATDOC is its form by neighbours.

    .. math:: L = L_y + \frac{w\, \mathrm{progress}}{m} \sum_j \mathrm{CE}(z_j, \hat y_j), \qquad
              \hat y_j = \arg\max_k \cos(f_j, C_k)

    where the center :math:`C_k` moves by a tenth of the way towards the mean of the target rows in each batch that the
    network takes for class k.

    Args:
        network: The network to adapt.
        centroids: The target's moving centers; built: with a decay of 0.9, the authors'.
        weight: w; default 0.2, as for ATDOC.
        batch_norm: Default "separate", the authors' code.

    Notes:
        The batch that is labelled counts in the centers: there they are those of the step before, and of random rows at
        the start. A class that the batch lacks keeps its center, and is no label before it has had a row; there its
        center shrinks, which does not turn it. The means are of what the training pass gave, where the authors pass the
        batch once more in eval mode. With accumulated gradients the last batch of a step alone moves the centers.

    Reference:
        Liang et al. 2021, Domain Adaptation with Auxiliary Target Domain-Oriented Classifier, CVPR,
        https://arxiv.org/abs/2007.04171.

    Example:
        >>> import torch
        >>> from acclimate.types import Sample
        >>> method = ATDOCNC.from_network(Classifier(nn.Linear(8, 16), nn.Linear(16, 3)), 3)
        >>> source = Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0]))
        >>> sorted(method(source=source, target=Sample(torch.randn(5, 8))).losses)
        ['classification', 'nearest_centroid']
    """

    key = "atdoc_nc"
    title = "ATDOC-NC"
    paper = "Liang et al., CVPR 2021"
    url = "https://arxiv.org/abs/2007.04171"
    family = "self-training"
    default_batch_norm = "separate"

    def __init__(
        self,
        network: Classifier,
        centroids: MovingCentroids,
        weight: float = 0.2,
        *,
        batch_norm: BatchNorm | None = None,
    ) -> None:
        super().__init__(network, batch_norm=batch_norm)
        self.centroids = centroids
        self.weight = weight
        self.moved: tuple[Tensor, Tensor] | None = None

    @classmethod
    def parts_for(cls, network: Classifier, num_outputs: int, params: Mapping[str, Any]) -> dict[str, nn.Module]:
        """A center for each class."""
        return {"centroids": MovingCentroids(network.num_features, num_outputs, decay=0.9)}

    def alignment(self, source: Encoded, target: Encoded) -> dict[str, Tensor]:
        """Cross-entropy with the labels of the nearest centers."""
        predicted = target.logits.argmax(1)
        means, present = class_means(target.features.detach(), predicted, target.logits.shape[1])
        self.moved = self.centroids(means, present)
        loss = cross_entropy_loss(target.logits, nearest_centers(target.features, *self.moved))
        return {"nearest_centroid": self.weight * self.progress * loss}

    def after_step(self) -> None:
        """Move the centers."""
        if self.moved is not None:
            self.centroids.update(*self.moved)
        self.moved = None
