"""GVB: bridges take over what keeps the domains apart, and vanish."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from acclimate.losses import bridge_loss, cross_entropy_loss, domain_adversarial_loss, entropy_weights
from acclimate.methods.alignment import BatchNorm, check_batch_norm, encode_domains
from acclimate.methods.base import Encoded, Method
from acclimate.nn import BridgedDiscriminator, Classifier, gradient_reversal, reversal_scale
from acclimate.types import Sample, Step


class GVB(Method):
    r"""Gradually vanishing bridge (and its entropy-weighted form).

    .. math:: L = L_y(z) + w \left[\tfrac12\sum_i a_i \mathrm{BCE}(d_i, 1) + \tfrac12\sum_j a_j \mathrm{BCE}(d_j, 0)
              + \mu\,\overline{|\gamma|} + \mu\,\overline{|\sigma|}\right], \quad z = F(f) - \gamma(f), \quad
              d = D(R_\lambda p) - \sigma(R_\lambda p)

    over source rows i and target rows j, with :math:`p = \mathrm{softmax}(z)`, the bridge :math:`\gamma` of the
    classifier and :math:`\sigma` of the discriminator, and :math:`\lambda = 2 / (1 + e^{-10 p}) - 1` at progress p. Row
    weights a are equal, or, with ``entropy``, certainty weights as in CDAN+E.

    Args:
        network: The network to adapt.
        bridge: :math:`\gamma`, features (n, d) to (n, c).
        discriminator: Probabilities (n, c) to :math:`(D - \sigma, \sigma)`, (n, 1) each.
        weight: w; default 1.
        bridge_weight: :math:`\mu`; default 1.
        entropy: Weigh rows by certainty; default False.
        batch_norm: Default "separate", the authors' code.

    Notes:
        Predictions are bridged ones, as in training. The gradient of :math:`|\sigma|` is reversed on its way to the
        network, too, as in the authors' code. That code always weighs rows, by :math:`e^{-H}` with a reversed gradient
        of its own; here the weights are a switch, :math:`1 + e^{-H}`, and constants.

    Reference:
        Cui et al. 2020, Gradually Vanishing Bridge for Adversarial Domain Adaptation, CVPR,
        https://arxiv.org/abs/2003.13183.

    Example:
        >>> method = GVB.from_network(Classifier(nn.Linear(8, 16), nn.Linear(16, 3)), 3)
        >>> source = Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0]))
        >>> step = method(source=source, target=Sample(torch.randn(5, 8)))
        >>> sorted(step.losses)
        ['bridge', 'bridged_domain', 'classification', 'discriminator_bridge']
    """

    key = "gvb"
    title = "GVB"
    paper = "Cui et al., CVPR 2020"
    url = "https://arxiv.org/abs/2003.13183"
    family = "adversarial"
    takes_terms = True

    def __init__(
        self,
        network: Classifier,
        bridge: nn.Module,
        discriminator: nn.Module,
        weight: float = 1.0,
        bridge_weight: float = 1.0,
        *,
        entropy: bool = False,
        batch_norm: BatchNorm = "separate",
    ) -> None:
        super().__init__(network)
        check_batch_norm(batch_norm)
        self.bridge = bridge
        self.discriminator = discriminator
        self.weight = weight
        self.bridge_weight = bridge_weight
        self.entropy = entropy
        self.batch_norm: BatchNorm = batch_norm

    @classmethod
    def parts_for(cls, network: Classifier, num_outputs: int, params: Mapping[str, Any]) -> dict[str, nn.Module]:
        """A linear bridge, and a discriminator of predictions with one of its own."""
        bridge = nn.Linear(network.num_features, num_outputs)
        return {"bridge": bridge, "discriminator": BridgedDiscriminator(num_outputs)}

    def encode(self, x: Tensor) -> Encoded:
        """Features, and the bridged logits."""
        features = self.network.features(x)
        return Encoded(features, self.network.head(features) - self.bridge(features))

    def forward(self, source: Sample, target: Sample) -> Step:  # type: ignore[override]
        """The objective on source rows (n, ...) with labels and target rows (m, ...) without."""
        plain = encode_domains(self, source, target, self.batch_norm)
        bridges = [self.bridge(e.features) for e in plain]
        local = [e._replace(logits=e.logits - bridge) for e, bridge in zip(plain, bridges, strict=True)]
        s, t = (self.gather_encoded(e) for e in local)
        assert s.y is not None  # a source without labels was refused
        taken = bridge_loss(torch.cat([self.gather(bridge) for bridge in bridges]))
        losses = {"classification": cross_entropy_loss(s.logits, s.y), **self._adversarial(s, t)}
        losses["bridge"] = self.weight * self.bridge_weight * taken
        return Step({**losses, **self.added_terms(s, t)}, local[1].logits.detach())

    def _adversarial(self, source: Encoded, target: Encoded) -> dict[str, Tensor]:
        probs = torch.cat([source.logits, target.logits]).softmax(1)
        domains, bridge = self.discriminator(gradient_reversal(probs, reversal_scale(self.progress)))
        d_source, d_target = torch.split(domains, [len(source.logits), len(target.logits)])
        weights = [entropy_weights(e.logits) if self.entropy else None for e in (source, target)]
        return {
            "bridged_domain": self.weight * domain_adversarial_loss(d_source, d_target, *weights),
            "discriminator_bridge": self.weight * self.bridge_weight * bridge_loss(bridge),
        }
