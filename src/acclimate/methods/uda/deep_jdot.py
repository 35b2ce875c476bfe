"""DeepJDOT: features and labels carried to the target by an exact transport plan."""

from __future__ import annotations

from torch import Tensor

from acclimate.losses import joint_transport_loss
from acclimate.methods.alignment import Alignment, BatchNorm
from acclimate.methods.base import Encoded
from acclimate.nn import Classifier


class DeepJDOT(Alignment):
    r"""Deep joint distribution optimal transport.

    .. math:: L = L_y + w \min_P \sum_{ij} P_{ij} \left( \alpha \|f_i - f_j\|^2 - \lambda \log p_j[y_i] \right)

    over source rows i and target rows j, and plans P whose rows sum to 1/n and columns to 1/m. The plan is a constant
    to the gradient.

    Args:
        network: The network to adapt.
        weight: w; default 1.
        weight_features: :math:`\alpha`; default 0.001.
        weight_labels: :math:`\lambda`; default 0.0001.
        batch_norm: Default "joint".

    Notes:
        The plan is that of the cost minimised, as in the paper; the authors' code solves it with the squared
        difference of label and prediction in place of the cross-entropy, and draws source batches with as many rows
        of each class. The paper's batches have 500 rows: a plan of few rows joins what does not belong together.
        POT solves it, on the CPU: a GPU waits for it.

    Reference:
        Damodaran et al. 2018, DeepJDOT: Deep Joint Distribution Optimal Transport for Unsupervised Domain Adaptation,
        ECCV, https://arxiv.org/abs/1803.10081.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from acclimate.types import Sample
        >>> method = DeepJDOT(Classifier(nn.Linear(8, 16), nn.Linear(16, 3)))
        >>> source = Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0]))
        >>> sorted(method(source=source, target=Sample(torch.randn(5, 8))).losses)
        ['classification', 'transport']
    """

    key = "deep_jdot"
    title = "DeepJDOT"
    paper = "Damodaran et al., ECCV 2018"
    url = "https://arxiv.org/abs/1803.10081"
    family = "discrepancy"

    def __init__(
        self,
        network: Classifier,
        weight: float = 1.0,
        *,
        weight_features: float = 1e-3,
        weight_labels: float = 1e-4,
        batch_norm: BatchNorm | None = None,
    ) -> None:
        super().__init__(network, batch_norm=batch_norm)
        self.weight = weight
        self.weight_features = weight_features
        self.weight_labels = weight_labels

    def alignment(self, source: Encoded, target: Encoded) -> dict[str, Tensor]:
        """The cost of the plan."""
        assert source.y is not None  # a source without labels was refused
        weights = {"weight_features": self.weight_features, "weight_labels": self.weight_labels}
        loss = joint_transport_loss(source.features, target.features, target.logits, source.y, **weights)
        return {"transport": self.weight * loss}
