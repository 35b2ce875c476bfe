"""ATDOC: target rows are labelled by their neighbours in a memory of the target."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from acclimate.losses import cross_entropy_loss, neighbor_votes
from acclimate.methods.alignment import Alignment, BatchNorm
from acclimate.methods.base import Encoded
from acclimate.nn import Classifier, MemoryBank


class ATDOC(Alignment):
    r"""Auxiliary target domain-oriented classifier, by neighbourhood aggregation.

    .. math:: L = L_y + w\, \mathrm{progress}\, \frac{\sum_j a_j\, \mathrm{CE}(z_j, \hat y_j)}{\sum_j a_j}, \qquad
              a_j = \max_k \bar q_{jk}, \quad \hat y_j = \arg\max_k \bar q_{jk}

    where :math:`\bar q_j` is the mean of the sharpened predictions :math:`q \propto p^{1/T}`, each class scaled to the
    same sum over a batch, of the target rows whose features are nearest to those of row j by cosine.

    Args:
        network: The network to adapt.
        bank: The memory, with a slot for each target row where it should be as the paper's; built: 8192 slots.
        weight: w; default 0.2.
        neighbors: How many rows vote; default 5.
        temperature: T; default 0.5.
        batch_norm: Default "separate", the authors' code.

    Notes:
        Rows are remembered by ``Sample.index``. Without one the bank is a ring of the rows that came last, in which a
        row that comes again may find itself. The rows of the batch vote along with the bank, as they are now, so there
        are neighbours from the first step on; the paper starts with random features. What is remembered is what the
        training pass gave, where the authors pass the batch once more in eval mode. With accumulated gradients the last
        batch of a step alone is remembered. The variant by nearest centroids is ``atdoc_nc``.

    Reference:
        Liang et al. 2021, Domain Adaptation with Auxiliary Target Domain-Oriented Classifier, CVPR,
        https://arxiv.org/abs/2007.04171.

    Example:
        >>> from acclimate.types import Sample
        >>> method = ATDOC.from_network(Classifier(nn.Linear(8, 16), nn.Linear(16, 3)), 3)
        >>> source = Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0]))
        >>> target = Sample(torch.randn(5, 8), index=torch.tensor([7, 0, 3, 12, 5]))
        >>> sorted(method(source=source, target=target).losses)
        ['classification', 'neighborhood']
    """

    key = "atdoc"
    title = "ATDOC"
    paper = "Liang et al., CVPR 2021"
    url = "https://arxiv.org/abs/2007.04171"
    family = "self-training"
    default_batch_norm = "separate"

    def __init__(
        self,
        network: Classifier,
        bank: MemoryBank,
        weight: float = 0.2,
        neighbors: int = 5,
        temperature: float = 0.5,
        *,
        batch_norm: BatchNorm | None = None,
    ) -> None:
        super().__init__(network, batch_norm=batch_norm)
        self.bank = bank
        self.weight = weight
        self.neighbors = neighbors
        self.temperature = temperature
        self.seen: tuple[Tensor, Tensor, Tensor] | None = None

    @classmethod
    def parts_for(cls, network: Classifier, num_outputs: int, params: Mapping[str, Any]) -> dict[str, nn.Module]:
        """A memory of the network's features and predictions."""
        return {"bank": MemoryBank(network.num_features, num_outputs)}

    def alignment(self, source: Encoded, target: Encoded) -> dict[str, Tensor]:
        """Cross-entropy with the neighbours' labels, by how sure they are."""
        rows = self.bank.numbers(target.index, len(target.logits))
        self.seen = (rows, F.normalize(target.features.detach()), self._sharpened(target.logits.detach()))
        sureness, labels = self._votes(*self.seen).max(1)
        weights = sureness.clamp_min(torch.finfo(sureness.dtype).tiny)
        loss = cross_entropy_loss(target.logits, labels, weights) * (sureness.sum() > 0)
        return {"neighborhood": self.weight * self.progress * loss}

    def after_step(self) -> None:
        """Remember the batch."""
        if self.seen is not None:
            self.bank.update(*self.seen)
        self.seen = None

    def _sharpened(self, logits: Tensor) -> Tensor:
        log_probs = logits.log_softmax(1) / self.temperature
        return log_probs.softmax(0)  # each class over the rows of the batch

    def _votes(self, rows: Tensor, features: Tensor, probs: Tensor) -> Tensor:
        keys, values = (torch.cat([a, b.to(a)]) for a, b in ((self.bank.features, features), (self.bank.probs, probs)))
        remembered = self.bank.others(rows).expand(len(rows), -1)
        allowed = torch.cat([remembered, rows != rows[:, None]], 1)
        return neighbor_votes(features, keys, values, allowed, self.neighbors)
