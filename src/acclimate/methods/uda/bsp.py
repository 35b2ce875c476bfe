"""BSP: no direction of the features may dominate."""

from __future__ import annotations

from torch import Tensor

from acclimate.losses import batch_spectral_loss
from acclimate.methods.alignment import Alignment, BatchNorm
from acclimate.methods.base import Encoded
from acclimate.nn import Classifier


class BSP(Alignment):
    r"""Batch spectral penalisation, to be added to an adversarial method.

    .. math:: L = L_y + w \sum_{i \le k} \left[\sigma_i^2(f_s) + \sigma_i^2(f_t)\right]

    with the singular values of each domain's features. The paper's methods are `dann+bsp` and `cdan+bsp`.

    Args:
        network: The network to adapt.
        weight: w; default 0.0001.
        k: How many singular values; default 1.
        batch_norm: Default "joint".

    Notes:
        The singular values come from the smaller Gram matrix, in float64.

    Reference:
        Chen et al. 2019, Transferability vs. Discriminability: Batch Spectral Penalization for Adversarial Domain
        Adaptation, ICML, https://proceedings.mlr.press/v97/chen19i.html.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from acclimate.nn import Classifier
        >>> from acclimate.types import Sample
        >>> method = BSP(Classifier(nn.Linear(8, 16), nn.Linear(16, 3)))
        >>> source = Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0]))
        >>> step = method(source=source, target=Sample(torch.randn(5, 8)))
        >>> sorted(step.losses)
        ['classification', 'spectral']
    """

    key = "bsp"
    title = "BSP"
    paper = "Chen et al., ICML 2019"
    url = "https://proceedings.mlr.press/v97/chen19i.html"
    family = "adversarial"

    def __init__(
        self,
        network: Classifier,
        weight: float = 1e-4,
        k: int = 1,
        *,
        batch_norm: BatchNorm | None = None,
    ) -> None:
        super().__init__(network, batch_norm=batch_norm)
        self.weight = weight
        self.k = k

    def alignment(self, source: Encoded, target: Encoded) -> dict[str, Tensor]:
        """The largest singular values of both domains."""
        penalty = batch_spectral_loss(source.features, self.k) + batch_spectral_loss(target.features, self.k)
        return {"spectral": self.weight * penalty}
