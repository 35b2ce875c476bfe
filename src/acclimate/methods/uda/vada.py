"""VADA: domain-adversarial training with smooth predictions on both domains and certain ones on the target."""

from __future__ import annotations

from torch import nn

from acclimate.methods.alignment import BatchNorm
from acclimate.methods.virtual_turns import VirtualTurns
from acclimate.nn import Classifier


class VADA(VirtualTurns):
    r"""Virtual adversarial domain adaptation.

    .. math:: \text{network: } & L_y + w_d \cdot \tfrac12 [\mathrm{BCE}(d(f_s), 0) + \mathrm{BCE}(d(f_t), 1)]
              + w_s V(x_s) + w_t [V(x_t) + H(p(x_t))] \\
              \text{discriminator: } & \tfrac12 [\mathrm{BCE}(d(f_s), 1) + \mathrm{BCE}(d(f_t), 0)]

    with the entropy H and the virtual adversarial :math:`V(x) = \mathrm{KL}(p(x) \| p(x + r))`, where r is the change
    of norm :math:`\epsilon` that moves p(x) most, by one power iteration.

    Args:
        network: The network to adapt.
        discriminator: Features (n, d) to one domain logit, (n, 1).
        weight_domain: w_d; default 0.01.
        weight_source: w_s; default 1.
        weight_target: w_t; default 0.01.
        radius: The norm of r; default: the authors' 3.5 for RGB images at 32 pixels (3072 values), for other rows in
            proportion to the square root of the number of their values.
        step: Norm of the random vector at which r is found, as a share of the radius; default 0.001.
        batch_norm: Default "separate", the authors' code.

    Notes:
        Weights, radius and the alternating updates with inverted labels are those of the authors' code. It takes a
        vector of norm 1e-6 to find r, of which float32 keeps nothing but noise. It draws new rows for the
        discriminator's turn; here both turns see the same. Its Polyak average, decay 0.998, is ``fit(..., ema=0.998)``;
        its Adam (rate 0.001, betas 0.5 and 0.999) is ``fit(..., optimizer=...)``.
        None of the further passes changes running statistics.

    Reference:
        Shu et al. 2018, A DIRT-T Approach to Unsupervised Domain Adaptation, ICLR, https://arxiv.org/abs/1802.08735.

    Example:
        >>> import torch
        >>> from acclimate.types import Sample
        >>> method = VADA.from_network(Classifier(nn.Linear(8, 16), nn.Linear(16, 3)), 3)
        >>> source = Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0]))
        >>> sorted(method(source=source, target=Sample(torch.randn(5, 8)), phase="network").losses)
        ['classification', 'inverted_domain', 'source_smoothness', 'target_entropy', 'target_smoothness']
    """

    key = "vada"
    title = "VADA"
    paper = "Shu et al., ICLR 2018"
    url = "https://arxiv.org/abs/1802.08735"
    family = "adversarial"

    def __init__(
        self,
        network: Classifier,
        discriminator: nn.Module,
        weight_domain: float = 0.01,
        weight_source: float = 1.0,
        weight_target: float = 0.01,
        *,
        radius: float | None = None,
        step: float = 1e-3,
        batch_norm: BatchNorm | None = None,
    ) -> None:
        weights = (weight_domain, weight_source, weight_target)
        super().__init__(network, discriminator, *weights, radius=radius, step=step, batch_norm=batch_norm)
