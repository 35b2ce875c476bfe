"""Associative domain adaptation: walks to the target and back end in the class they began in."""

from __future__ import annotations

from torch import Tensor

from acclimate.losses import association_loss
from acclimate.methods.alignment import Alignment, BatchNorm
from acclimate.methods.base import Encoded
from acclimate.nn import Classifier


class Associative(Alignment):
    r"""Associative domain adaptation.

    .. math:: L = L_y + w \left[ H(T, P_{st} P_{ts}) + v\, H(U, \overline{P_{st}}) \right]

    where :math:`P_{st}` and :math:`P_{ts}` are the probabilities of stepping from a source row to a target row and back
    (softmax of inner products of features), T is even over rows of the class the walk began in, U over target rows.

    Args:
        network: The network to adapt.
        weight: w; default 1.
        visit_weight: v, for visiting all target rows; default 0.1. Lower it where the target's classes are not
            balanced.
        batch_norm: Default "separate".

    Notes:
        The source's batch must hold several rows of a class for the walk to say anything. The paper switches the term
        on after some hundred steps of source training; here it is there from the start.

    Reference:
        Haeusser et al. 2017, Associative Domain Adaptation, ICCV, https://arxiv.org/abs/1708.00938.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from acclimate.nn import Classifier
        >>> from acclimate.types import Sample
        >>> method = Associative(Classifier(nn.Linear(8, 16), nn.Linear(16, 3)))
        >>> source = Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0]))
        >>> step = method(source=source, target=Sample(torch.randn(5, 8)))
        >>> sorted(step.losses)
        ['association', 'classification']
    """

    key = "associative"
    title = "Associative"
    paper = "Haeusser et al., ICCV 2017"
    url = "https://arxiv.org/abs/1708.00938"
    family = "discrepancy"
    default_batch_norm = "separate"

    def __init__(
        self,
        network: Classifier,
        weight: float = 1.0,
        visit_weight: float = 0.1,
        *,
        batch_norm: BatchNorm | None = None,
    ) -> None:
        super().__init__(network, batch_norm=batch_norm)
        self.weight = weight
        self.visit_weight = visit_weight

    def alignment(self, source: Encoded, target: Encoded) -> dict[str, Tensor]:
        """The loss of the walk and of the visits."""
        assert source.y is not None
        loss = association_loss(source.features, target.features, source.y, self.visit_weight)
        return {"association": self.weight * loss}
