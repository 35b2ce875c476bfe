"""MADA: a discriminator for each class, which sees rows as far as they are predicted to be of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from acclimate.losses import class_domain_loss
from acclimate.methods.alignment import Alignment, BatchNorm
from acclimate.methods.base import Encoded
from acclimate.nn import ClassDiscriminators, Classifier, gradient_reversal, reversal_scale


class MADA(Alignment):
    r"""Multi-adversarial domain adaptation.

    .. math:: L = L_y + w \sum_k \tfrac12 \left[ \mathrm{BCE}(d_k(R_\lambda\, p_{ik} f_i), 1)
              + \mathrm{BCE}(d_k(R_\lambda\, p_{jk} f_j), 0) \right],
              \quad \lambda = 2 / (1 + e^{-10\,\mathrm{progress}}) - 1

    averaged over source rows i and over target rows j, with the prediction p of class k, and :math:`R_\lambda` the
    identity forwards, which multiplies the gradient by :math:`-\lambda` backwards.

    Args:
        network: The network to adapt.
        discriminators: Features weighed by each class, (n, c, d), to domain logits, (n, c).
        weight: w; default 1.
        batch_norm: Default "joint".

    Notes:
        The sum over classes is the paper's; the authors' code multiplies it by 0.1. As in both, the reversed gradient
        goes through the predictions, too. Each domain is averaged on its own, so unequal batches weigh the same.
        The discriminators have the widths of the authors' code, 1024 twice: 1.3 million parameters a class on 256
        features.

    Reference:
        Pei et al. 2018, Multi-Adversarial Domain Adaptation, AAAI, https://arxiv.org/abs/1809.02176.

    Example:
        >>> from acclimate.types import Sample
        >>> method = MADA.from_network(Classifier(nn.Linear(8, 16), nn.Linear(16, 3)), 3)
        >>> source = Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0]))
        >>> sorted(method(source=source, target=Sample(torch.randn(5, 8))).losses)
        ['class_domain', 'classification']
    """

    key = "mada"
    title = "MADA"
    paper = "Pei et al., AAAI 2018"
    url = "https://arxiv.org/abs/1809.02176"
    family = "adversarial"

    def __init__(
        self,
        network: Classifier,
        discriminators: nn.Module,
        weight: float = 1.0,
        *,
        batch_norm: BatchNorm | None = None,
    ) -> None:
        super().__init__(network, batch_norm=batch_norm)
        self.discriminators = discriminators
        self.weight = weight

    @classmethod
    def parts_for(cls, network: Classifier, num_outputs: int, params: Mapping[str, Any]) -> dict[str, nn.Module]:
        """A discriminator of the network's features for each class."""
        return {"discriminators": ClassDiscriminators(network.num_features, num_outputs)}

    def alignment(self, source: Encoded, target: Encoded) -> dict[str, Tensor]:
        """The domain loss of every class through reversed gradients."""
        features = torch.cat([source.features, target.features])
        probs = torch.cat([source.logits, target.logits]).softmax(1)
        weighed = gradient_reversal(probs[:, :, None] * features[:, None], reversal_scale(self.progress))
        domains = self.discriminators(weighed)
        d_source, d_target = torch.split(domains, [len(source.logits), len(target.logits)])
        return {"class_domain": self.weight * class_domain_loss(d_source, d_target)}
