"""SDAT: CDAN at parameters where a small change raises the supervised loss most."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from acclimate.losses import cross_entropy_loss, domain_adversarial_loss, entropy_weights
from acclimate.methods.alignment import BatchNorm, check_batch_norm
from acclimate.methods.base import Encoded, Method
from acclimate.methods.sharpness import encode_domains_with, sharpest_parameters
from acclimate.nn import Classifier, Discriminator, gradient_reversal, multilinear_map, reversal_scale
from acclimate.types import Sample, Step


class SDAT(Method):
    r"""Smooth domain adversarial training, on CDAN.

    .. math:: L = L_y(\theta + \epsilon) + w\, L_d(\theta + \epsilon), \qquad
              \epsilon = \rho\, g / \|g\|, \quad g = \nabla_\theta L_y(\theta)

    with the network's parameters :math:`\theta`, the conditional domain loss :math:`L_d` of CDAN and :math:`\epsilon` a
    constant: the network settles where the supervised loss is flat. The domain loss has no part in the choice of
    :math:`\epsilon`, since it hurts where it is made smooth too.

    Args:
        network: The network to adapt.
        discriminator: Joint map (n, width) to one domain logit, (n, 1). Its parameters are not moved.
        joint_map: Features (n, d) and predictions (n, c) to (n, width).
        weight: w; default 1. With 0, the terms of a combination (``Combined(SDAT(...), DANN(...))``) take its place.
        radius: :math:`\rho`; default 0.02.
        entropy: Weigh rows by certainty, as in CDAN+E; default False.
        batch_norm: "joint" or "separate"; default "joint", the authors' code.

    Notes:
        The paper writes :math:`L_d(\theta)`; the authors' code, and this, take one backward pass of all terms at
        :math:`\theta + \epsilon`. With MCC, their better form, its loss takes part in g; of ``sdat+mcc`` here the
        supervised loss alone does. Terms of a combination that pass rows through the network once more do so
        without :math:`\epsilon`. Running statistics learn of the second pass alone, in the authors' code of both.
        The radius is the one of all published runs; the code's own default is 0.05.
        Its cost is twice CDAN's (joint batch norm), or one and a half times (separate).

    Reference:
        Rangwani et al. 2022, A Closer Look at Smoothness in Domain Adversarial Training, ICML,
        https://arxiv.org/abs/2206.08213.

    Example:
        >>> method = SDAT.from_network(Classifier(nn.Linear(8, 16), nn.Linear(16, 3)), 3)
        >>> source = Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0]))
        >>> sorted(method(source=source, target=Sample(torch.randn(5, 8))).losses)
        ['classification', 'smooth_domain']
    """

    key = "sdat"
    title = "SDAT"
    paper = "Rangwani et al., ICML 2022"
    url = "https://arxiv.org/abs/2206.08213"
    family = "adversarial"
    passes = 4.0
    takes_terms = True

    def __init__(
        self,
        network: Classifier,
        discriminator: nn.Module,
        joint_map: nn.Module,
        weight: float = 1.0,
        radius: float = 0.02,
        *,
        entropy: bool = False,
        batch_norm: BatchNorm = "joint",
    ) -> None:
        super().__init__(network)
        check_batch_norm(batch_norm)
        self.discriminator = discriminator
        self.joint_map = joint_map
        self.weight = weight
        self.radius = radius
        self.entropy = entropy
        self.batch_norm: BatchNorm = batch_norm
        if batch_norm == "separate":
            self.passes = 3.0  # type: ignore[misc]  # the gradient needs the source alone

    @classmethod
    def parts_for(cls, network: Classifier, num_outputs: int, params: Mapping[str, Any]) -> dict[str, nn.Module]:
        """The outer product, or its random sketch where it would be too wide, and a discriminator of it."""
        joint_map = params.get("joint_map") or multilinear_map(network.num_features, num_outputs)
        return {"discriminator": Discriminator(joint_map.width), "joint_map": joint_map}

    def forward(self, source: Sample, target: Sample) -> Step:  # type: ignore[override]
        """The objective on source rows (n, ...) with labels and target rows (m, ...) without."""
        moved = sharpest_parameters(self, source, target, self.batch_norm, self.radius)
        local_source, local_target = encode_domains_with(self, moved, source, target, self.batch_norm)
        s, t = self.gather_encoded(local_source), self.gather_encoded(local_target)
        assert s.y is not None  # a source without labels was refused
        losses = {"classification": cross_entropy_loss(s.logits, s.y), "smooth_domain": self._domain_loss(s, t)}
        return Step({**losses, **self.added_terms(s, t)}, local_target.logits.detach())

    def _domain_loss(self, source: Encoded, target: Encoded) -> Tensor:
        """CDAN's, of features and predictions together, through reversed gradients."""
        features, logits = (torch.cat(parts) for parts in zip(source[:2], target[:2], strict=True))
        joint = self.joint_map(features, logits.detach().softmax(1))
        domains = self.discriminator(gradient_reversal(joint, reversal_scale(self.progress)))
        d_source, d_target = torch.split(domains, [len(source.logits), len(target.logits)])
        weights = [entropy_weights(e.logits) if self.entropy else None for e in (source, target)]
        return self.weight * domain_adversarial_loss(d_source, d_target, *weights)
