"""MSTN: domains that cannot be told apart, and the same centroid for each class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from acclimate.losses import centroid_loss, class_means, domain_adversarial_loss
from acclimate.methods.alignment import Alignment, BatchNorm
from acclimate.methods.base import Encoded
from acclimate.nn import Classifier, Discriminator, MovingCentroids, gradient_reversal, reversal_scale


class MSTN(Alignment):
    r"""Moving semantic transfer network.

    .. math:: L = L_y + w \left[L_d(R_\lambda f) + w_c\, \frac{\lambda}{|K| d} \sum_{k \in K} \|C^s_k - C^t_k\|^2
              \right], \quad \lambda = 2 / (1 + e^{-10\,\mathrm{progress}}) - 1

    with DANN's domain loss :math:`L_d` through reversed gradients and moving centroids C of each class, those of the
    target by its predictions.

    Args:
        network: The network to adapt.
        discriminator: Features (n, d) to one domain logit, (n, 1).
        source_centroids: The source's moving centroids.
        target_centroids: The target's.
        weight: w; default 1.
        weight_centroids: :math:`w_c`; default 1.
        batch_norm: Default "separate".

    Notes:
        The centroids' distance is a mean over classes and features, as in the authors' code; the paper's formula is a
        sum. There, a class that the batch lacks pulls its centroid towards zero; here it stays where it is, and
        counts once both domains have had it.

    Reference:
        Xie et al. 2018, Learning Semantic Representations for Unsupervised Domain Adaptation, ICML,
        https://proceedings.mlr.press/v80/xie18c.html.

    Example:
        >>> from acclimate.types import Sample
        >>> method = MSTN.from_network(Classifier(nn.Linear(8, 16), nn.Linear(16, 3)), 3)
        >>> source = Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0]))
        >>> sorted(method(source=source, target=Sample(torch.randn(5, 8))).losses)
        ['centroids', 'classification', 'domain']
    """

    key = "mstn"
    title = "MSTN"
    paper = "Xie et al., ICML 2018"
    url = "https://proceedings.mlr.press/v80/xie18c.html"
    family = "discrepancy"
    default_batch_norm = "separate"

    def __init__(
        self,
        network: Classifier,
        discriminator: nn.Module,
        source_centroids: MovingCentroids,
        target_centroids: MovingCentroids,
        weight: float = 1.0,
        weight_centroids: float = 1.0,
        *,
        batch_norm: BatchNorm | None = None,
    ) -> None:
        super().__init__(network, batch_norm=batch_norm)
        self.discriminator = discriminator
        self.source_centroids = source_centroids
        self.target_centroids = target_centroids
        self.weight = weight
        self.weight_centroids = weight_centroids
        self.moved: tuple[Tensor, ...] | None = None

    @classmethod
    def parts_for(cls, network: Classifier, num_outputs: int, params: Mapping[str, Any]) -> dict[str, nn.Module]:
        """A discriminator of the network's features, and a centroid for each class and domain."""
        centroids = [MovingCentroids(network.num_features, num_outputs) for _ in range(2)]
        parts = {"source_centroids": centroids[0], "target_centroids": centroids[1]}
        return {"discriminator": Discriminator(network.num_features), **parts}

    def alignment(self, source: Encoded, target: Encoded) -> dict[str, Tensor]:
        """The domain loss through reversed gradients, and the distance of the centroids."""
        scale = reversal_scale(self.progress)
        domains = self.discriminator(gradient_reversal(torch.cat([source.features, target.features]), scale))
        d_source, d_target = torch.split(domains, [len(source.logits), len(target.logits)])
        centroids = self.weight * self.weight_centroids * scale * self._distance(source, target)
        return {"domain": self.weight * domain_adversarial_loss(d_source, d_target), "centroids": centroids}

    def after_step(self) -> None:
        """Move the centroids."""
        if self.moved is not None:
            self.source_centroids.update(*self.moved[:2])
            self.target_centroids.update(*self.moved[2:])
        self.moved = None

    def _distance(self, source: Encoded, target: Encoded) -> Tensor:
        assert source.y is not None  # a source without labels was refused
        c = target.logits.shape[1]
        cs, known_s = self.source_centroids(*class_means(source.features, source.y, c))
        ct, known_t = self.target_centroids(*class_means(target.features, target.logits.argmax(1), c))
        self.moved = (cs.detach(), known_s, ct.detach(), known_t)
        return centroid_loss(cs, ct, known_s & known_t)
