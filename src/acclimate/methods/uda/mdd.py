"""MDD: a second head contradicts the first on the target, as far as the features let it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from acclimate.losses import margin_disparity_loss
from acclimate.methods.alignment import Alignment, BatchNorm
from acclimate.methods.base import Encoded
from acclimate.nn import Classifier, gradient_reversal, own_rows, reset_copy, reversal_scale


class MDD(Alignment):
    r"""Margin disparity discrepancy.

    .. math:: L = L_y + w \left[-\gamma\,\overline{\log p'_s[\hat y_s]} - \overline{\log(1 - p'_t[\hat y_t])}\right],
              \quad p' = \mathrm{softmax}(F'(R_{\eta\lambda} f))

    with the classes :math:`\hat y` that the head predicts. The adversarial head :math:`F'` minimises the bracket, the
    features, behind gradient reversal :math:`R`, maximise it, :math:`\lambda = 2 / (1 + e^{-10 p}) - 1`.

    Args:
        network: The network to adapt. Its head should have a hidden layer, as the paper's.
        adversary: :math:`F'`, features (n, d) to logits (n, c), of the head's shape, with weights of its own.
        weight: w; default 1.
        margin: :math:`\gamma = e^\rho`; default 4.
        reversal: :math:`\eta`, what the reversal ends at; default 0.1.
        batch_norm: Default "joint".

    Notes:
        The authors' code warms the reversal up over the first thousand steps or so, whatever the length of the
        training, and bounds the logarithm's argument; ours follows the progress, and forms no probability.
        The predicted classes carry no gradient, in theirs too.

    Reference:
        Zhang et al. 2019, Bridging Theory and Algorithm for Domain Adaptation, ICML, https://arxiv.org/abs/1904.05801.

    Example:
        >>> from acclimate.types import Sample
        >>> head = nn.Sequential(nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 3))
        >>> method = MDD.from_network(Classifier(nn.Linear(8, 16), head), 3)
        >>> source = Sample(torch.randn(4, 8), torch.tensor([0, 1, 2, 0]))
        >>> step = method(source=source, target=Sample(torch.randn(5, 8)))
        >>> sorted(step.losses)
        ['classification', 'margin_disparity']
    """

    key = "mdd"
    title = "MDD"
    paper = "Zhang et al., ICML 2019"
    url = "https://arxiv.org/abs/1904.05801"
    family = "discrepancy"

    def __init__(
        self,
        network: Classifier,
        adversary: nn.Module,
        weight: float = 1.0,
        margin: float = 4.0,
        *,
        reversal: float = 0.1,
        batch_norm: BatchNorm | None = None,
    ) -> None:
        super().__init__(network, batch_norm=batch_norm)
        self.adversary = adversary
        self.weight = weight
        self.margin = margin
        self.reversal = reversal

    @classmethod
    def parts_for(cls, network: Classifier, num_outputs: int, params: Mapping[str, Any]) -> dict[str, nn.Module]:
        """A second head like the first, drawn anew."""
        return {"adversary": reset_copy(network.head)}

    def alignment(self, source: Encoded, target: Encoded) -> dict[str, Tensor]:
        """What the adversarial head minimises, through reversed gradients."""
        labels = source.logits.argmax(1), target.logits.argmax(1)
        loss = margin_disparity_loss(*self._contradict(source, target), *labels, self.margin)
        return {"margin_disparity": self.weight * loss}

    def _contradict(self, source: Encoded, target: Encoded) -> tuple[Tensor, Tensor]:
        """The adversarial head on this process's rows, since its batch norm joins the processes; then all rows."""
        scale = self.reversal * reversal_scale(self.progress)
        s, t = (gradient_reversal(self._own(e), scale) for e in (source, target))
        groups = [torch.cat([s, t])] if self.batch_norm == "joint" else [s, t]
        logits = torch.cat([self.adversary(rows) for rows in groups])
        on_source, on_target = torch.split(logits, [len(s), len(t)])
        return self.gather(on_source), self.gather(on_target)

    def _own(self, encoded: Encoded) -> Tensor:
        assert encoded.x is not None  # in training it never is
        return own_rows(encoded.features, len(encoded.x), equal=self.equal_shards)
