"""DANN: features that a discriminator cannot tell apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from acclimate.losses import cross_entropy_loss, domain_adversarial_loss, entropy_weights
from acclimate.methods.alignment import Alignment, BatchNorm, Criterion
from acclimate.methods.base import Encoded
from acclimate.nn import Classifier, Discriminator, gradient_reversal, reversal_scale


class DANN(Alignment):
    r"""Domain-adversarial training of neural networks.

    .. math:: L = L_y + w \cdot \tfrac12 [\mathrm{BCE}(d(R_\lambda f_s), 1) + \mathrm{BCE}(d(R_\lambda f_t), 0)],
              \quad \lambda = 2 / (1 + e^{-10 p}) - 1

    where :math:`R_\lambda` is the identity forwards and multiplies the gradient by :math:`-\lambda` backwards, and p is
    the share of training done. With ``entropy``, rows count by the certainty :math:`1 + e^{-H}` of their predictions,
    averaged over each domain.

    Args:
        network: The network to adapt.
        discriminator: Features (n, d) to one domain logit, (n, 1).
        weight: w of the domain loss; default 1.
        entropy: Weigh rows by certainty, as CDAN+E does; default False. For classification.
        batch_norm: Default "joint".
        criterion: Supervised loss of (outputs, y); default: cross-entropy.

    Notes:
        The source's label is 1 and the target's 0 (the paper: 0 and 1), which changes nothing but the sign of d.
        Each domain is averaged on its own, so unequal batches weigh the same. ``entropy`` is Long et al. 2018's,
        https://arxiv.org/abs/1705.10667; the certainties carry no gradient.

    Reference:
        Ganin et al. 2016, Domain-Adversarial Training of Neural Networks, JMLR, https://arxiv.org/abs/1505.07818.

    Example:
        >>> from acclimate.nn import Classifier, Discriminator
        >>> from acclimate.types import Sample
        >>> method = DANN(Classifier(nn.Linear(8, 16), nn.Linear(16, 3)), Discriminator(16))
        >>> source = Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0]))
        >>> step = method(source=source, target=Sample(torch.randn(5, 8)))
        >>> sorted(step.losses), step.logits.shape
        (['classification', 'domain'], torch.Size([5, 3]))
    """

    key = "dann"
    title = "DANN"
    paper = "Ganin et al., JMLR 2016"
    url = "https://arxiv.org/abs/1505.07818"
    family = "adversarial"
    tasks = ("classification", "regression")

    def __init__(
        self,
        network: Classifier,
        discriminator: nn.Module,
        weight: float = 1.0,
        *,
        entropy: bool = False,
        batch_norm: BatchNorm | None = None,
        criterion: Criterion = cross_entropy_loss,
    ) -> None:
        super().__init__(network, batch_norm=batch_norm, criterion=criterion)
        self.discriminator = discriminator
        self.weight = weight
        self.entropy = entropy

    @classmethod
    def parts_for(cls, network: Classifier, num_outputs: int, params: Mapping[str, Any]) -> dict[str, nn.Module]:
        """A discriminator of the network's features."""
        return {"discriminator": Discriminator(network.num_features)}

    def alignment(self, source: Encoded, target: Encoded) -> dict[str, Tensor]:
        """The domain loss through reversed gradients."""
        features = torch.cat([source.features, target.features])
        domains = self.discriminator(gradient_reversal(features, reversal_scale(self.progress)))
        d_source, d_target = torch.split(domains, [len(source.logits), len(target.logits)])
        weights = [entropy_weights(e.logits) if self.entropy else None for e in (source, target)]
        return {"domain": self.weight * domain_adversarial_loss(d_source, d_target, *weights)}
