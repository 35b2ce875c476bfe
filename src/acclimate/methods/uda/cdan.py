"""CDAN: a discriminator conditioned on the predictions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from acclimate.losses import domain_adversarial_loss, entropy_weights
from acclimate.methods.alignment import Alignment, BatchNorm
from acclimate.methods.base import Encoded
from acclimate.nn import Classifier, Discriminator, gradient_reversal, multilinear_map, reversal_scale


class CDAN(Alignment):
    r"""Conditional adversarial domain adaptation (and CDAN+E).

    .. math:: L = L_y + w \cdot \tfrac12 \left[\sum_i a_i \mathrm{BCE}(d(R_\lambda\, g_i \otimes f_i), 1)
              + \sum_j a_j \mathrm{BCE}(d(R_\lambda\, g_j \otimes f_j), 0)\right],
              \quad \lambda = 2 / (1 + e^{-10 p}) - 1

    over source rows i and target rows j, with predictions g = softmax(logits) and, in CDAN+E, certainty weights
    :math:`a \propto 1 + e^{-H(g)}` that sum to one in each domain (plain CDAN: equal weights).

    Args:
        network: The network to adapt.
        discriminator: Joint map (n, width) to one domain logit, (n, 1).
        joint_map: Features (n, d) and predictions (n, c) to (n, width).
        weight: w of the domain loss; default 1.
        entropy: CDAN+E: weigh rows by certainty; default False.
        batch_norm: Default "joint".

    Notes:
        The predictions in the map, and the certainty weights, carry no gradient. The authors' code detaches the first
        too; it lets the second through, reversed, which the formula does not ask for.
        :meth:`from_network` takes the random map where d * c > 4096, as the paper does.

    Reference:
        Long et al. 2018, Conditional Adversarial Domain Adaptation, NeurIPS, https://arxiv.org/abs/1705.10667.

    Example:
        >>> from acclimate.nn import Classifier
        >>> from acclimate.types import Sample
        >>> method = CDAN.from_network(Classifier(nn.Linear(8, 16), nn.Linear(16, 3)), 3, entropy=True)
        >>> source = Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0]))
        >>> step = method(source=source, target=Sample(torch.randn(5, 8)))
        >>> sorted(step.losses)
        ['classification', 'conditional_domain']
    """

    key = "cdan"
    title = "CDAN"
    paper = "Long et al., NeurIPS 2018"
    url = "https://arxiv.org/abs/1705.10667"
    family = "adversarial"

    def __init__(
        self,
        network: Classifier,
        discriminator: nn.Module,
        joint_map: nn.Module,
        weight: float = 1.0,
        *,
        entropy: bool = False,
        batch_norm: BatchNorm | None = None,
    ) -> None:
        super().__init__(network, batch_norm=batch_norm)
        self.discriminator = discriminator
        self.joint_map = joint_map
        self.weight = weight
        self.entropy = entropy

    @classmethod
    def parts_for(cls, network: Classifier, num_outputs: int, params: Mapping[str, Any]) -> dict[str, nn.Module]:
        """The outer product, or its random sketch where it would be too wide, and a discriminator of it."""
        joint_map = params.get("joint_map") or multilinear_map(network.num_features, num_outputs)
        return {"discriminator": Discriminator(joint_map.width), "joint_map": joint_map}

    def alignment(self, source: Encoded, target: Encoded) -> dict[str, Tensor]:
        """The domain loss of features and predictions together, through reversed gradients."""
        features = torch.cat([source.features, target.features])
        logits = torch.cat([source.logits, target.logits])
        joint = self.joint_map(features, logits.detach().softmax(1))
        domains = self.discriminator(gradient_reversal(joint, reversal_scale(self.progress)))
        d_source, d_target = torch.split(domains, [len(source.logits), len(target.logits)])
        weights = [entropy_weights(e.logits) if self.entropy else None for e in (source, target)]
        return {"conditional_domain": self.weight * domain_adversarial_loss(d_source, d_target, *weights)}
