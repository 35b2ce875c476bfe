"""DALN: the classifier itself tells the domains apart, by how certain and varied its predictions are."""

from __future__ import annotations

import torch
from torch import Tensor

from acclimate.losses import nuclear_wasserstein_loss
from acclimate.methods.alignment import Alignment, BatchNorm
from acclimate.methods.base import Encoded
from acclimate.nn import Classifier, call_untracked, gradient_reversal, own_rows, reversal_scale


class DALN(Alignment):
    r"""Discriminator-free adversarial learning network.

    .. math:: L = L_y - w \left( \tfrac1n \|p(R_\lambda f_s)\|_* - \tfrac1m \|p(R_\lambda f_t)\|_* \right),
              \quad \lambda = 2 / (1 + e^{-10\,\mathrm{progress}}) - 1

    with the nuclear norm of the predictions p, and :math:`R_\lambda` the identity forwards, which multiplies the
    gradient by :math:`-\lambda` backwards: the head drives the norms of the two domains apart, the features bring them
    together.

    Args:
        network: The network to adapt.
        weight: w; default 1.
        batch_norm: Default "joint".

    Notes:
        The authors' reversal grows as :math:`2 / (1 + e^{-k/1000}) - 1` at step k; here the share of training takes the
        place of steps. The head runs once more, which leaves the running statistics of a batch norm in it alone. The
        norm of n rows grows as :math:`\sqrt n`: give both domains equal batches, as the authors do.

    Reference:
        Chen et al. 2022, Reusing the Task-specific Classifier as a Discriminator: Discriminator-free Adversarial Domain
        Adaptation, CVPR, https://arxiv.org/abs/2204.03838.

    Example:
        >>> from torch import nn
        >>> from acclimate.types import Sample
        >>> method = DALN(Classifier(nn.Linear(8, 16), nn.Linear(16, 3)))
        >>> source = Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0]))
        >>> sorted(method(source=source, target=Sample(torch.randn(5, 8))).losses)
        ['classification', 'nuclear_wasserstein']
    """

    key = "daln"
    title = "DALN"
    paper = "Chen et al., CVPR 2022"
    url = "https://arxiv.org/abs/2204.03838"
    family = "adversarial"

    def __init__(self, network: Classifier, weight: float = 1.0, *, batch_norm: BatchNorm | None = None) -> None:
        super().__init__(network, batch_norm=batch_norm)
        self.weight = weight

    def alignment(self, source: Encoded, target: Encoded) -> dict[str, Tensor]:
        """What the head minimises, through reversed gradients: how much more the source's norm is, negative."""
        return {"nuclear_wasserstein": -self.weight * nuclear_wasserstein_loss(*self._judged(source, target))}

    def _judged(self, source: Encoded, target: Encoded) -> tuple[Tensor, Tensor]:
        """The head on this process's rows, since its batch norm joins the processes; then all rows."""
        scale = reversal_scale(self.progress)
        s, t = (gradient_reversal(self._own(e), scale) for e in (source, target))
        groups = [torch.cat([s, t])] if self.batch_norm == "joint" else [s, t]
        logits = torch.cat([call_untracked(self.network.head, rows) for rows in groups])
        on_source, on_target = torch.split(logits, [len(s), len(t)])
        return self.gather(on_source), self.gather(on_target)

    def _own(self, encoded: Encoded) -> Tensor:
        assert encoded.x is not None  # in training it never is
        return own_rows(encoded.features, len(encoded.x), equal=self.equal_shards)
