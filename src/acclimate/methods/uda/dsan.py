"""DSAN: equal distributions within each class."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from acclimate.losses import local_mmd_loss
from acclimate.methods.alignment import Alignment, BatchNorm
from acclimate.methods.base import Encoded
from acclimate.nn import Classifier, reversal_scale


class DSAN(Alignment):
    r"""Deep subdomain adaptation network: local maximum mean discrepancy.

    .. math:: L = L_y + w\, \lambda\, \frac1{|K|} \sum_{k \in K} \Big\| \sum_i w_{ik}\, \phi(f_i)
              - \sum_j v_{jk}\, \phi(f_j) \Big\|^2, \quad \lambda = 2 / (1 + e^{-10\,\mathrm{progress}}) - 1

    over source rows i weighted by their labels and target rows j by their predictions, within each class k that the
    batch has in both domains.

    Args:
        network: The network to adapt.
        weight: w; default 0.5.
        bandwidths: b of each kernel; default 2^-3 to 2^1.
        batch_norm: Default "separate".

    Notes:
        The features in front of the head are aligned. The mean squared distance that scales the kernels counts a row
        with itself; the authors' code does not.

    Reference:
        Zhu et al. 2020, Deep Subdomain Adaptation Network for Image Classification, TNNLS,
        https://arxiv.org/abs/2106.09388.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from acclimate.types import Sample
        >>> method = DSAN(Classifier(nn.Linear(8, 16), nn.Linear(16, 3)))
        >>> source = Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0]))
        >>> sorted(method(source=source, target=Sample(torch.randn(5, 8))).losses)
        ['classification', 'local_mmd']
    """

    key = "dsan"
    title = "DSAN"
    paper = "Zhu et al., TNNLS 2020"
    url = "https://arxiv.org/abs/2106.09388"
    family = "discrepancy"
    default_batch_norm = "separate"

    def __init__(
        self,
        network: Classifier,
        weight: float = 0.5,
        bandwidths: Sequence[float] = (0.125, 0.25, 0.5, 1.0, 2.0),
        *,
        batch_norm: BatchNorm | None = None,
    ) -> None:
        super().__init__(network, batch_norm=batch_norm)
        self.weight = weight
        self.bandwidths = tuple(bandwidths)

    def alignment(self, source: Encoded, target: Encoded) -> dict[str, Tensor]:
        """The discrepancy within classes."""
        assert source.y is not None  # a source without labels was refused
        loss = local_mmd_loss(source.features, target.features, source.y, target.logits, self.bandwidths)
        return {"local_mmd": self.weight * reversal_scale(self.progress) * loss}
