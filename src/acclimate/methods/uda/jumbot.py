"""JUMBOT: features and labels carried to the target by a transport plan that may leave rows behind."""

from __future__ import annotations

from torch import Tensor

from acclimate.losses import unbalanced_transport_loss
from acclimate.methods.alignment import Alignment, BatchNorm
from acclimate.methods.base import Encoded
from acclimate.nn import Classifier


class JUMBOT(Alignment):
    r"""Joint unbalanced minibatch optimal transport.

    .. math:: L = L_y + w \sum_{ij} P_{ij} C_{ij}, \quad C_{ij} = \eta_1 \|f_i - f_j\|^2 - \eta_2 \log p_j[y_i]

    over source rows i and target rows j, with the plan

    .. math:: P = \arg\min_P \langle C, P \rangle + \epsilon\, \mathrm{KL}(P \| a b^\top)
              + \tau\, [\mathrm{KL}(P 1 \| a) + \mathrm{KL}(P^\top 1 \| b)]

    for equal masses a and b, a constant to the gradient.

    Args:
        network: The network to adapt.
        weight: w; default 1.
        weight_features: :math:`\eta_1`; default 0.01.
        weight_labels: :math:`\eta_2`; default 0.5.
        entropy: :math:`\epsilon`; default 0.01.
        marginal: :math:`\tau`, how much it costs not to carry a row; default 0.5.
        batch_norm: Default "separate", the authors' code.

    Notes:
        The defaults are the paper's for Office-Home; for digits it takes 0.1, 0.1, 0.1 and 1. The plan's entropy is
        relative to :math:`a b^\top`, as in the paper; in the authors' code, of an older POT, it is relative to ones.
        They draw source batches with as many rows of each class; here batches are what the streams deliver.
        POT solves the plan, on the CPU: a GPU waits for it.

    Reference:
        Fatras et al. 2021, Unbalanced Minibatch Optimal Transport; Applications to Domain Adaptation, ICML,
        https://arxiv.org/abs/2103.03606.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from acclimate.types import Sample
        >>> method = JUMBOT(Classifier(nn.Linear(8, 16), nn.Linear(16, 3)))
        >>> source = Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0]))
        >>> sorted(method(source=source, target=Sample(torch.randn(5, 8))).losses)
        ['classification', 'transport']
    """

    key = "jumbot"
    title = "JUMBOT"
    paper = "Fatras et al., ICML 2021"
    url = "https://arxiv.org/abs/2103.03606"
    family = "discrepancy"
    default_batch_norm = "separate"

    def __init__(
        self,
        network: Classifier,
        weight: float = 1.0,
        *,
        weight_features: float = 0.01,
        weight_labels: float = 0.5,
        entropy: float = 0.01,
        marginal: float = 0.5,
        batch_norm: BatchNorm | None = None,
    ) -> None:
        super().__init__(network, batch_norm=batch_norm)
        self.weight = weight
        self.weight_features = weight_features
        self.weight_labels = weight_labels
        self.entropy = entropy
        self.marginal = marginal

    def alignment(self, source: Encoded, target: Encoded) -> dict[str, Tensor]:
        """The cost of the plan."""
        assert source.y is not None  # a source without labels was refused
        loss = unbalanced_transport_loss(
            source.features,
            target.features,
            target.logits,
            source.y,
            weight_features=self.weight_features,
            weight_labels=self.weight_labels,
            entropy=self.entropy,
            marginal=self.marginal,
        )
        return {"transport": self.weight * loss}
