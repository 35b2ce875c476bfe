"""Alternating DANN: network and discriminator trained in turns, labels inverted for the network."""

from __future__ import annotations

from torch import Tensor, nn

from acclimate.losses import domain_adversarial_loss
from acclimate.methods.alignment import BatchNorm
from acclimate.methods.base import Encoded
from acclimate.methods.turns import AdversarialTurns
from acclimate.nn import Classifier, reversal_scale


class AlternatingDANN(AdversarialTurns):
    r"""Domain-adversarial training without gradient reversal, as generative adversarial networks are trained.

    .. math:: \text{network: } & L_y + w \lambda \cdot \tfrac12 [\mathrm{BCE}(d(f_s), 0) + \mathrm{BCE}(d(f_t), 1)],
              \quad \lambda = 2 / (1 + e^{-10 p}) - 1 \\
              \text{discriminator: } & \tfrac12 [\mathrm{BCE}(d(f_s), 1) + \mathrm{BCE}(d(f_t), 0)]

    with p the share of training done. Inverted labels give the network a gradient where the discriminator is sure,
    which reversal does not.

    Args:
        network: The network to adapt.
        discriminator: Features (n, d) to one domain logit, (n, 1).
        weight: w of the domain loss; default 1.
        batch_norm: Default "joint".

    Notes:
        DANN's objective and schedule with the two-step optimisation and the inverted labels of Goodfellow et al. 2014,
        https://arxiv.org/abs/1406.2661: in every step the discriminator's turn is first. Both read the same features.

    Reference:
        Ganin et al. 2016, Domain-Adversarial Training of Neural Networks, JMLR, https://arxiv.org/abs/1505.07818.

    Example:
        >>> import torch
        >>> from acclimate.types import Sample
        >>> method = AlternatingDANN.from_network(Classifier(nn.Linear(8, 16), nn.Linear(16, 3)), 3)
        >>> source = Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0]))
        >>> sorted(method(source=source, target=Sample(torch.randn(5, 8)), phase="network").losses)
        ['classification', 'inverted_domain']
    """

    key = "alternating_dann"
    title = "Alternating DANN"
    paper = "Ganin et al., JMLR 2016"
    url = "https://arxiv.org/abs/1505.07818"
    family = "adversarial"

    def __init__(
        self,
        network: Classifier,
        discriminator: nn.Module,
        weight: float = 1.0,
        *,
        batch_norm: BatchNorm | None = None,
    ) -> None:
        super().__init__(network, discriminator, batch_norm=batch_norm)
        self.weight = weight

    def alignment(self, source: Encoded, target: Encoded) -> dict[str, Tensor]:
        """The domain loss with inverted labels."""
        d_source, d_target = self.judged(source, target)
        loss = domain_adversarial_loss(-d_source, -d_target)
        return {"inverted_domain": self.weight * reversal_scale(self.progress) * loss}
