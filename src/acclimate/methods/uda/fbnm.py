"""FBNM: BNM without a decomposition, by the lengths of the columns of predictions."""

from __future__ import annotations

from torch import Tensor

from acclimate.losses import fast_nuclear_norm_loss
from acclimate.methods.alignment import Alignment, BatchNorm
from acclimate.methods.base import Encoded
from acclimate.nn import Classifier


class FBNM(Alignment):
    r"""Fast batch nuclear-norm maximisation.

    .. math:: L = L_y - \frac{w}{m} \sum_{k \in D} \sqrt{\sum_j p_{jk}^2}, \qquad p = \mathrm{softmax}(z_t)

    over a batch of m target rows and the min(m, c) classes D with the longest columns. Where predictions are sure these
    lengths are the singular values whose sum :class:`BNM` maximises.

    Args:
        network: The network to adapt.
        weight: w; default 1.0.
        batch_norm: Default "separate", the authors' code.

    Notes:
        Divided by m, as in the paper and as BNM is here; the authors' code divides by min(m, c), which makes the same
        weight count m / min(m, c) times as much. The paper's minimisation of the nuclear norm on the source and its
        several batches a step are not here.

    Reference:
        Cui et al. 2021, Fast Batch Nuclear-norm Maximization and Minimization for Robust Domain Adaptation,
        https://arxiv.org/abs/2107.06154.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from acclimate.nn import Classifier
        >>> from acclimate.types import Sample
        >>> method = FBNM(Classifier(nn.Linear(8, 16), nn.Linear(16, 3)))
        >>> source = Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0]))
        >>> step = method(source=source, target=Sample(torch.randn(5, 8)))
        >>> sorted(step.losses)
        ['classification', 'fbnm']
    """

    key = "fbnm"
    title = "FBNM"
    paper = "Cui et al., arXiv 2021"
    url = "https://arxiv.org/abs/2107.06154"
    family = "self-training"
    default_batch_norm = "separate"

    def __init__(
        self,
        network: Classifier,
        weight: float = 1.0,
        *,
        batch_norm: BatchNorm | None = None,
    ) -> None:
        super().__init__(network, batch_norm=batch_norm)
        self.weight = weight

    def alignment(self, source: Encoded, target: Encoded) -> dict[str, Tensor]:
        """The lengths of the columns of the target's predictions."""
        return {"fbnm": self.weight * fast_nuclear_norm_loss(target.logits)}
