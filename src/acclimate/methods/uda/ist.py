"""IST: neighbourhoods that say nothing of the domain."""

from __future__ import annotations

from torch import Tensor

from acclimate.losses import domain_information_loss
from acclimate.methods.alignment import Alignment, BatchNorm
from acclimate.methods.base import Encoded
from acclimate.nn import Classifier


class IST(Alignment):
    r"""Minimum mutual information of a row's neighbourhood and its domain (the paper's I_st).

    .. math:: L = L_y + w \left[H(\bar q) - \frac1N \sum_i H(q_i)\right]

    where :math:`q_i` is the share of each domain among the soft neighbours of row i, by cosine similarity of features.

    Args:
        network: The network to adapt.
        weight: w; default 1.0.
        temperature: Of the neighbourhoods' softmax; default 1.
        batch_norm: Default "joint".

    Notes:
        The paper measures distance in a learnt metric; here it is the network's features. Unequal batches are mixed by
        their sizes, so that zero means mixed like the batch.

    Reference:
        Shi and Sha 2012, Information-Theoretical Learning of Discriminative Clusters for Unsupervised Domain
        Adaptation, ICML, https://arxiv.org/abs/1206.6438.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from acclimate.nn import Classifier
        >>> from acclimate.types import Sample
        >>> method = IST(Classifier(nn.Linear(8, 16), nn.Linear(16, 3)))
        >>> source = Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0]))
        >>> step = method(source=source, target=Sample(torch.randn(5, 8)))
        >>> sorted(step.losses)
        ['classification', 'domain_information']
    """

    key = "ist"
    title = "IST"
    paper = "Shi and Sha, ICML 2012"
    url = "https://arxiv.org/abs/1206.6438"
    family = "self-training"

    def __init__(
        self,
        network: Classifier,
        weight: float = 1.0,
        temperature: float = 1.0,
        *,
        batch_norm: BatchNorm | None = None,
    ) -> None:
        super().__init__(network, batch_norm=batch_norm)
        self.weight = weight
        self.temperature = temperature

    def alignment(self, source: Encoded, target: Encoded) -> dict[str, Tensor]:
        """The mutual information of neighbourhoods and domains."""
        information = domain_information_loss(source.features, target.features, self.temperature)
        return {"domain_information": self.weight * information}
