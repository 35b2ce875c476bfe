"""GTTA: domains between source and target, made by mixing rows, and labels of sure rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from acclimate.losses import cross_entropy_loss
from acclimate.methods.base import inputs_of
from acclimate.methods.descent import descend
from acclimate.methods.online import OnlineMethod
from acclimate.methods.replay import Replay
from acclimate.types import Sample, Step

FIRST_CONFIDENCE, CONFIDENCE_DECAY = 0.9, 0.9  # of the moving mean


class GTTA(OnlineMethod):
    r"""Gradual test-time adaptation.

    .. math:: L_1 = L_y\big((1 - \lambda) x_s + \lambda x_{t(s)},\, y_s\big), \quad
        L_2 = -\frac1{|K|} \sum_{i \in K} \log p_i[\arg\max q_i], \quad
        K = \{i : \max q_i \ge \sqrt{\bar c}\}

    with the row t(s) of the batch whose prediction is most like that of the source row s, the prediction q from before
    both steps, and the moving mean :math:`\bar c` of its confidence. One step on the first, then one on the second,
    over everything. Predicts with the network between the two.

    Args:
        network: A trained network; it is copied.
        source: Batches (x, y) of labelled source rows, as large as those that come.
        share: lambda; default 1/3 (0.333333).

    Notes:
        Intermediate domains are mixtures, as in the paper's runs on CIFAR; the network that transfers styles, which its
        other runs train besides, is not here. ``forward`` gives both losses at the same weights.

    Reference:
        Marsden et al. 2022, Introducing Intermediate Domains for Effective Self-Training during Test-Time,
        https://arxiv.org/abs/2208.07736.

    Example:
        >>> network = nn.Sequential(nn.Linear(8, 4), nn.BatchNorm1d(4), nn.Linear(4, 3))
        >>> method = GTTA(network, source=[(torch.randn(9, 8), torch.arange(9) % 3)])
        >>> sorted(method(target=Sample(torch.randn(5, 8))).losses)
        ['mixture', 'pseudo_label']
    """

    key = "gtta"
    title = "GTTA"
    paper = "Marsden et al., 2022"
    url = "https://arxiv.org/abs/2208.07736"
    family = "source"
    passes = 2 + 2 / 3
    choice = "all"
    confidence: Tensor

    def __init__(self, network: nn.Module, source: Iterable[Sequence[Tensor]], share: float = 1 / 3) -> None:
        super().__init__(network)
        self.share, self.again = share, Replay(source)
        self.register_buffer("confidence", torch.tensor(FIRST_CONFIDENCE, device=self.device))

    def make_optimizer(self, parameters: list[nn.Parameter]) -> Optimizer:
        """Adam, rate 1e-5."""
        return Adam(parameters, lr=1e-5, fused=True)

    def forward(self, target: Sample) -> Step:  # type: ignore[override]
        """Both losses; the next source batch is used up."""
        x = inputs_of(target, "target")
        logits = self.logits_of(target)
        before = logits.detach()
        losses = {"mixture": self._mixture(x, before), "pseudo_label": self._sure(logits, self._labels(before))}
        return Step(losses, before)

    def adapt(self, x: Tensor, optimizer: Optimizer | None) -> Tensor:
        """A step on the mixture, one on the sure rows; the logits in between."""
        assert optimizer is not None
        with torch.no_grad():
            before = self.logits_of(Sample(x))
            labels = self._labels(before)
        descend(self._mixture(x, before), optimizer)
        logits = self.logits_of(Sample(x))
        worthless = (labels < 0).all() | ~logits.isfinite().all()
        descend(self._sure(logits, labels), optimizer, worthless)
        self.after_step()
        return logits.detach()

    def _mixture(self, x: Tensor, before: Tensor) -> Tensor:
        """Cross-entropy of source rows that have taken a share of the target row they are most like."""
        source, y = (part[: len(x)] for part in self.again.next(self.device))
        with torch.no_grad():
            alike = (self.predict(source).float().softmax(1) @ before.softmax(1).T).argmax(1)
            mixed = torch.lerp(source, x[alike].to(source), self.share)
        return cross_entropy_loss(self.predict(mixed), y)

    @torch.no_grad()
    def _labels(self, logits: Tensor) -> Tensor:
        """The classes of sure rows, -1 for the others, (n,); the moving confidence takes these in."""
        confidences, labels = logits.softmax(1).max(1)
        moved = torch.lerp(confidences.mean(), self.confidence, CONFIDENCE_DECAY)
        self.confidence.copy_(torch.where(moved.isfinite(), moved, self.confidence))
        return torch.where(confidences >= self.confidence.sqrt(), labels, -1)

    @staticmethod
    def _sure(logits: Tensor, labels: Tensor) -> Tensor:
        """Mean cross-entropy over the rows that have a label; 0 where none has."""
        sum_ = F.cross_entropy(logits, labels, ignore_index=-1, reduction="sum")
        return sum_ / (labels >= 0).sum().clamp(min=1)

    @torch.no_grad()
    def reset(self) -> None:
        """The weights, the confidence and the first source batch."""
        super().reset()
        self.confidence.fill_(FIRST_CONFIDENCE)
        self.again.position = 0

    def get_extra_state(self) -> dict[str, Any]:
        """Which source batch is next."""
        return {"position": self.again.position}

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """Which source batch is next."""
        self.again.position = state["position"]
