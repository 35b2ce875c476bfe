"""ADR: MCD whose two heads are one head under two draws of dropout."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from acclimate.losses import symmetric_divergence_loss
from acclimate.methods.alignment import BatchNorm
from acclimate.methods.disagreement import Disagreement, Heads
from acclimate.nn import Classifier, call_frozen


class ADR(Disagreement):
    r"""Adversarial dropout regularisation.

    One step minimises, one after the other,

    .. math:: \text{all: } & L_y(F) \\
              \text{heads: } & L_y(F) - w\,D_t \\
              \text{backbone, k times: } & w\,D_t

    with :math:`D_t = \frac{1}{2m}\sum_i [KL(p_i \| q_i) + KL(q_i \| p_i)]` of the head's predictions p and q under two
    draws of dropout on target rows. The head is trained to be sensitive to what is dropped, the backbone to place
    target features where it is not.

    Args:
        network: The network to adapt.
        weight: w; default 1.
        dropout: Share of the features dropped in front of the head, beside the dropout that the head may have of its
            own; default 0.5.
        backbone_steps: k; default 4.
        batch_norm: Default "separate": each domain is its own pass.

    Notes:
        The authors drop in the hidden layers of their heads; dropping the head's input serves any head, a linear one
        too. Predictions are without dropout. The first phase reads the source alone.

    Reference:
        Saito et al. 2018, Adversarial Dropout Regularization, ICLR, https://arxiv.org/abs/1711.01575.

    Example:
        >>> from acclimate.nn import MLP
        >>> from acclimate.types import Sample
        >>> method = ADR(Classifier(MLP(8, [16]), nn.Linear(16, 3)))
        >>> source = Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0]))
        >>> sorted(method(source=source, target=Sample(torch.randn(5, 8)), phase="heads").losses)
        ['classification', 'discrepancy']
    """

    key = "adr"
    title = "ADR"
    paper = "Saito et al., ICLR 2018"
    url = "https://arxiv.org/abs/1711.01575"
    family = "discrepancy"

    def __init__(
        self,
        network: Classifier,
        weight: float = 1.0,
        dropout: float = 0.5,
        *,
        backbone_steps: int = 4,
        batch_norm: BatchNorm = "separate",
    ) -> None:
        if not 0 <= dropout < 1:
            raise ValueError(f"dropout must be in [0, 1), not {dropout}")
        super().__init__(network, weight=weight, backbone_steps=backbone_steps, batch_norm=batch_norm)
        self.dropout = dropout

    def heads(self, features: Tensor, *, frozen: bool = False) -> Heads:
        """The head under two draws of dropout."""
        return Heads(*(self._dropped(features, frozen=frozen) for _ in range(2)))

    def supervised_heads(self, features: Tensor) -> tuple[Tensor, ...]:
        """The head under one draw."""
        return (self._dropped(features),)

    def head_parameters(self) -> list[nn.Parameter]:
        """Those of the head."""
        return list(self.network.head.parameters())

    def discrepancy(self, heads: Heads) -> Tensor:
        """The symmetric divergence of the two predictions."""
        return symmetric_divergence_loss(*heads)

    def _dropped(self, features: Tensor, *, frozen: bool = False) -> Tensor:
        noise = torch.rand_like(features, dtype=torch.float32)  # one seed, one mask, in any type
        kept = features * (noise >= self.dropout) / (1 - self.dropout)
        logits: Tensor = call_frozen(self.network.head, kept) if frozen else self.network.head(kept)
        return logits
