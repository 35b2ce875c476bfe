"""BSS: the directions that transfer badly are those in which features vary least."""

from __future__ import annotations

from torch import Tensor

from acclimate.losses import cross_entropy_loss, spectral_shrinkage_loss
from acclimate.methods.alignment import Criterion
from acclimate.methods.base import Encoded
from acclimate.methods.supervised import Supervised
from acclimate.nn import Classifier


class BSS(Supervised):
    r"""Batch spectral shrinkage against negative transfer.

    .. math:: L = L_y + w \sum_{i \le k} \sigma_{-i}^2(F)

    with the smallest singular values of the batch's features F.

    Args:
        network: The network to fine-tune.
        weight: w; default 0.001.
        k: How many singular values; default 1.
        criterion: Supervised loss of (outputs, y); default: cross-entropy.

    Notes:
        The singular values come from the smaller Gram matrix, in float64.

    Reference:
        Chen et al. 2019, Catastrophic Forgetting Meets Negative Transfer: Batch Spectral Shrinkage for Safe Transfer
        Learning, NeurIPS,
        https://papers.nips.cc/paper/2019/hash/c6bff625bdb0393992c9d4db0c6bbe45-Abstract.html.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from acclimate.nn import Classifier
        >>> from acclimate.types import Sample
        >>> method = BSS(Classifier(nn.Linear(8, 16), nn.Linear(16, 3)))
        >>> step = method(labeled=Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0])))
        >>> sorted(step.losses)
        ['classification', 'shrinkage']
    """

    key = "bss"
    title = "BSS"
    paper = "Chen et al., NeurIPS 2019"
    url = "https://papers.nips.cc/paper/2019/hash/c6bff625bdb0393992c9d4db0c6bbe45-Abstract.html"
    family = "self-training"
    tasks = ("classification", "regression")

    def __init__(
        self, network: Classifier, weight: float = 1e-3, k: int = 1, *, criterion: Criterion = cross_entropy_loss
    ) -> None:
        super().__init__(network, criterion=criterion)
        self.weight = weight
        self.k = k

    def terms(self, labeled: Encoded) -> dict[str, Tensor]:
        """The smallest singular values."""
        return {"shrinkage": self.weight * spectral_shrinkage_loss(labeled.features, self.k)}
