"""WDGRL: features whose Wasserstein distance, as a critic sees it, is small."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from acclimate.losses import critic_difference_loss, gradient_penalty_loss
from acclimate.methods.alignment import BatchNorm
from acclimate.methods.base import Encoded
from acclimate.methods.turns import AdversarialTurns
from acclimate.nn import Classifier, Critic, same_everywhere
from acclimate.types import Sample, Step


class WDGRL(AdversarialTurns):
    r"""Wasserstein distance guided representation learning.

    One step minimises, one after the other,

    .. math:: \text{critic, k times: } & -W + \gamma\, \overline{(\|\nabla_h d(h)\| - 1)^2} \\
              \text{network: } & L_y + w\,W

    with the critic's mean difference :math:`W = \overline{d(f_s)} - \overline{d(f_t)}`. The penalty's rows h are the
    features of both domains and a random point between each pair of them. Phase "discriminator" trains the critic.

    Args:
        network: The network to adapt.
        discriminator: The critic, features (n, d) to one score, (n, 1).
        weight: w; default 1.
        penalty: :math:`\gamma`; default 10.
        critic_steps: k; default 5.
        batch_norm: Default "joint".

    Notes:
        The paper chooses w per task; its code has 1 for reviews and 0.01 for digits. Both trained by Adam at 0.0001
        there. The critic's last layer has no bias, which would get no gradient. Of unequal batches the first rows form
        pairs. All turns of a step read the same features: the code runs the network anew for each, on the same rows.

    Reference:
        Shen et al. 2018, Wasserstein Distance Guided Representation Learning for Domain Adaptation, AAAI,
        https://arxiv.org/abs/1707.01217.

    Example:
        >>> from acclimate.types import Sample
        >>> method = WDGRL.from_network(Classifier(nn.Linear(8, 16), nn.Linear(16, 3)), 3)
        >>> source = Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0]))
        >>> sorted(method(source=source, target=Sample(torch.randn(5, 8)), phase="network").losses)
        ['classification', 'wasserstein']
    """

    key = "wdgrl"
    title = "WDGRL"
    paper = "Shen et al., AAAI 2018"
    url = "https://arxiv.org/abs/1707.01217"
    family = "adversarial"

    def __init__(
        self,
        network: Classifier,
        discriminator: nn.Module,
        weight: float = 1.0,
        penalty: float = 10.0,
        *,
        critic_steps: int = 5,
        batch_norm: BatchNorm | None = None,
    ) -> None:
        super().__init__(network, discriminator, batch_norm=batch_norm)
        self.weight = weight
        self.penalty = penalty
        self.critic_steps = critic_steps

    @classmethod
    def parts_for(cls, network: Classifier, num_outputs: int, params: Mapping[str, Any]) -> dict[str, nn.Module]:
        """A critic of the network's features."""
        return {"discriminator": Critic(network.num_features)}

    @property
    def sequence(self) -> tuple[str, ...]:
        """The critic ``critic_steps`` times, then the network."""
        return ("discriminator",) * self.critic_steps + ("network",)

    def alignment(self, source: Encoded, target: Encoded) -> dict[str, Tensor]:
        """The critic's mean difference."""
        return {"wasserstein": self.weight * critic_difference_loss(*self.judged(source, target))}

    def _train_discriminator(self, source: Sample, target: Sample) -> Step:
        local_source, local_target = self._first_pass(source, target)
        fs, ft = (self.gather(local.features.detach()) for local in (local_source, local_target))
        d_source, d_target = torch.split(self.discriminator(torch.cat([fs, ft])), [len(fs), len(ft)])
        penalty = self.penalty * gradient_penalty_loss(self._slopes(torch.cat([fs, ft, _between(fs, ft)])))
        losses = {"discrimination": -critic_difference_loss(d_source, d_target), "discrimination_penalty": penalty}
        return Step(losses, local_target.logits.detach())

    def _slopes(self, features: Tensor) -> Tensor:
        """The gradient of each row's score by the row, (n, d), itself with a gradient."""
        gradient: Tensor = torch.func.grad(lambda rows: self.discriminator(rows).sum())(features)
        return gradient


def _between(a: Tensor, b: Tensor) -> Tensor:
    """A random point on the line between each pair of rows."""
    pairs = min(len(a), len(b))
    share = same_everywhere(torch.rand((pairs, 1), dtype=a.dtype, device=a.device))
    return torch.lerp(b[:pairs], a[:pairs], share)
