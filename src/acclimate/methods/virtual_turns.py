"""Adversarial turns with smooth and certain predictions: what VADA trains, and DIRT-T before it refines."""

from __future__ import annotations

from torch import Tensor, nn

from acclimate.losses import domain_adversarial_loss, entropy_loss
from acclimate.methods.alignment import BatchNorm
from acclimate.methods.base import Encoded
from acclimate.methods.smoothness import smoothness_losses
from acclimate.methods.turns import AdversarialTurns
from acclimate.nn import Classifier


class VirtualTurns(AdversarialTurns):
    """The terms of VADA.

    Args:
        network: The network to adapt.
        discriminator: Features (n, d) to one domain logit, (n, 1).
        weight_domain: Of the domain loss with inverted labels.
        weight_source: Of the source's smoothness.
        weight_target: Of the target's smoothness and entropy.
        radius: Norm of the perturbations.
        step: Where their direction is taken, as a share of the radius.
        batch_norm: "joint" or "separate".
    """

    passes = 20 / 3  # three passes more of both domains in the network's turn, the first without a gradient
    default_batch_norm: BatchNorm = "separate"  # type: ignore[misc]

    def __init__(
        self,
        network: Classifier,
        discriminator: nn.Module,
        weight_domain: float,
        weight_source: float,
        weight_target: float,
        *,
        radius: float | None,
        step: float,
        batch_norm: BatchNorm | None,
    ) -> None:
        super().__init__(network, discriminator, batch_norm=batch_norm)
        self.weight_domain = weight_domain
        self.weight_source = weight_source
        self.weight_target = weight_target
        self.radius = radius
        self.step = step

    def alignment(self, source: Encoded, target: Encoded) -> dict[str, Tensor]:
        """Inverted domain loss, smoothness on both domains, entropy on the target."""
        d_source, d_target = self.judged(source, target)
        on_source, on_target = smoothness_losses(self, [source.x, target.x], self.batch_norm, self.radius, self.step)
        return {
            "inverted_domain": self.weight_domain * domain_adversarial_loss(-d_source, -d_target),
            "source_smoothness": self.weight_source * on_source,
            "target_smoothness": self.weight_target * on_target,
            "target_entropy": self.weight_target * entropy_loss(target.logits),
        }
