"""Entropy minimisation: certain predictions on the target."""

from __future__ import annotations

from torch import Tensor

from acclimate.losses import entropy_loss
from acclimate.methods.alignment import Alignment, BatchNorm
from acclimate.methods.base import Encoded
from acclimate.nn import Classifier


class EntropyMinimisation(Alignment):
    r"""Minimum entropy regularisation.

    .. math:: L = L_y + \frac{w}{m} \sum_j H(\mathrm{softmax}(z_j))

    over target rows j. Alone it may put every row into one class; add `diversity`, or take `im`.

    Args:
        network: The network to adapt.
        weight: w; default 0.1.
        batch_norm: Default "joint".

    Notes:
        The weight 0.1 is what AFN's and VADA's settings use; the paper leaves it to cross-validation.

    Reference:
        Grandvalet and Bengio 2004, Semi-supervised Learning by Entropy Minimization, NIPS,
        https://papers.nips.cc/paper/2740-semi-supervised-learning-by-entropy-minimization.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from acclimate.nn import Classifier
        >>> from acclimate.types import Sample
        >>> method = EntropyMinimisation(Classifier(nn.Linear(8, 16), nn.Linear(16, 3)))
        >>> source = Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0]))
        >>> step = method(source=source, target=Sample(torch.randn(5, 8)))
        >>> sorted(step.losses)
        ['classification', 'entropy']
    """

    key = "entropy"
    title = "Entropy minimisation"
    paper = "Grandvalet and Bengio, NIPS 2004"
    url = "https://papers.nips.cc/paper/2740-semi-supervised-learning-by-entropy-minimization"
    family = "self-training"

    def __init__(
        self,
        network: Classifier,
        weight: float = 0.1,
        *,
        batch_norm: BatchNorm | None = None,
    ) -> None:
        super().__init__(network, batch_norm=batch_norm)
        self.weight = weight

    def alignment(self, source: Encoded, target: Encoded) -> dict[str, Tensor]:
        """The entropy of the target's predictions."""
        return {"entropy": self.weight * entropy_loss(target.logits)}
