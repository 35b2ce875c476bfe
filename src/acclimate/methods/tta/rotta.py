"""RoTTA: a mean teacher, statistics that follow the stream, and a memory balanced over classes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from acclimate.errors import InputError
from acclimate.losses import row_entropies
from acclimate.methods.base import inputs_of
from acclimate.methods.descent import descend
from acclimate.methods.mean_teacher import MeanTeacher
from acclimate.nn import MovingStatistics, held_statistics
from acclimate.nn.balanced_memory import BalancedMemory, Kept
from acclimate.nn.image_views import changed_view
from acclimate.types import Sample, Step


class RoTTA(MeanTeacher):
    r"""Robust test-time adaptation in dynamic scenarios.

    .. math:: L = -\frac1m \sum_j w_j \sum_c \bar p_{jc} \log p_{jc}, \quad w_j = \frac{e^{-a_j}}{1 + e^{-a_j}}

    over a memory of rows of age a (in units of its size), with the teacher's prediction of a row and the network's of a
    view of it, once in ``every`` rows. Batch norms follow the stream slowly. Predicts with the teacher. For ordered
    streams; slow to adapt to others.

    Args:
        network: A trained network with norm layers; it is copied.
        capacity: Rows in memory; default 64.
        every: Rows between updates; default 64.
        decay: Of the teacher; default 0.999.
        view: Makes a random view of a batch; default: a small change of place, level and contrast.

    Notes:
        The view is ours. The memory's bookkeeping is on the host: one wait a batch. Works in float32 and by autocast.

    Reference:
        Yuan et al. 2023, Robust Test-Time Adaptation in Dynamic Scenarios, CVPR, https://arxiv.org/abs/2303.13899.

    Example:
        >>> method = RoTTA(nn.Sequential(nn.Linear(8, 4), nn.BatchNorm1d(4), nn.Linear(4, 3)))
        >>> sorted(method(target=Sample(torch.randn(5, 8))).losses)
        ['consistency']
    """

    key = "rotta"
    title = "RoTTA"
    paper = "Yuan et al., CVPR 2023"
    url = "https://arxiv.org/abs/2303.13899"
    passes = 5 / 3
    statistics = MovingStatistics(0.05, unbiased=False, differentiable=True)

    def __init__(
        self,
        network: nn.Module,
        capacity: int = 64,
        every: int = 64,
        decay: float = 0.999,
        view: Callable[[Tensor], Tensor] = changed_view,
    ) -> None:
        super().__init__(network, decay)
        if capacity < 1 or every < 1:
            raise InputError(f"capacity and every must be at least 1, not {capacity} and {every}.")
        self.memory, self.every, self.view = BalancedMemory(capacity, self.num_classes), every, view
        self.rows_seen = 0

    def make_optimizer(self, parameters: list[nn.Parameter]) -> Optimizer:
        """Adam, rate 0.001."""
        return Adam(parameters, lr=1e-3, fused=True)

    def forward(self, target: Sample) -> Step:  # type: ignore[override]
        """The objective on rows that are all new."""
        x = inputs_of(target, "target")
        return self._objective(x, torch.zeros(len(x)))

    def _objective(self, x: Tensor, ages: Tensor) -> Step:
        with torch.no_grad():
            taught = self.teacher(x).float()
        logits = self.predict(self.view(x)).float()
        weights = torch.sigmoid(-ages.to(logits))  # e^-a / (1 + e^-a)
        losses = -(taught.softmax(1) * logits.log_softmax(1)).sum(1)
        return Step({"consistency": (weights * losses).mean()}, taught)

    def adapt(self, x: Tensor, optimizer: Optimizer | None) -> Tensor:
        """Predict with the teacher; remember the rows, and learn from memory whenever it is time."""
        assert optimizer is not None
        with torch.no_grad(), held_statistics(self.teacher):
            logits: Tensor = self.teacher(x).float()
        labels = logits.argmax(1).tolist()
        uncertainties = (row_entropies(logits) / math.log(self.num_classes)).tolist()
        for row, label, uncertainty in zip(x, labels, uncertainties, strict=True):
            if math.isfinite(uncertainty):
                self.memory.add(row.clone(), label, uncertainty)
            self.rows_seen += 1
            if self.rows_seen % self.every == 0 and self.memory.kept:
                descend(self._objective(self.memory.rows(), self.memory.ages()).total, optimizer)
                self.after_step()
        return logits

    def reset(self) -> None:
        """Forget the rows too."""
        super().reset()
        self.memory.kept, self.rows_seen = [], 0

    def get_extra_state(self) -> dict[str, Any]:
        """The memory."""
        kept = [(item.row, item.label, item.uncertainty, item.age) for item in self.memory.kept]
        return {"rows_seen": self.rows_seen, "kept": kept}

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """The memory."""
        self.rows_seen, self.memory.kept = state["rows_seen"], [Kept(*item) for item in state["kept"]]
