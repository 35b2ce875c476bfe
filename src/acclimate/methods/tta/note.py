"""NOTE: statistics that see each row by itself, and less entropy on a memory balanced over predicted classes."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from acclimate.errors import InputError
from acclimate.losses import entropy_loss
from acclimate.methods.base import inputs_of
from acclimate.methods.descent import descend
from acclimate.methods.online import OnlineMethod
from acclimate.nn import InstanceStatistics, Moments, held_statistics
from acclimate.nn.balanced_reservoir import BalancedReservoir
from acclimate.types import Sample, Step


class NOTE(OnlineMethod):
    r"""Non-i.i.d. test-time adaptation.

    .. math:: L = -\frac1m \sum_j \sum_c p_{jc} \log p_{jc}

    over a memory that holds as many rows of one predicted class as of another, once in ``every`` rows. Batch norms have
    slow moving statistics, and a row's own where it lies further from these than chance allows
    (`acclimate.nn.InstanceStatistics`). Each row is predicted by itself, so that neither the batch nor the
    order of the stream matters to its prediction.

    Args:
        network: A trained network with norm layers; it is copied.
        capacity: Rows in memory; default 64.
        every: Rows between updates; default 64.
        width: How many standard errors off a row's own statistics count; default 4.
        momentum: Of the moving statistics; default 0.01.
        temperature: That divides the logits in the entropy; default 1.

    Notes:
        The paper trains the source network with these batch norms; here they take the place of ordinary ones. The
        memory's bookkeeping is on the host: one wait a batch.

    Reference:
        Gong et al. 2022, NOTE: Robust Continual Test-time Adaptation Against Temporal Correlation, NeurIPS,
        https://arxiv.org/abs/2208.05117.

    Example:
        >>> method = NOTE(nn.Sequential(nn.Conv1d(1, 4, 3), nn.BatchNorm1d(4), nn.Flatten(), nn.Linear(24, 3)))
        >>> sorted(method(target=Sample(torch.randn(5, 1, 8))).losses)
        ['entropy']
    """

    key = "note"
    title = "NOTE"
    paper = "Gong et al., NeurIPS 2022"
    url = "https://arxiv.org/abs/2208.05117"
    family = "entropy"
    passes = 1 + 1 / 3

    def __init__(
        self,
        network: nn.Module,
        capacity: int = 64,
        every: int = 64,
        width: float = 4.0,
        momentum: float = 0.01,
        temperature: float = 1.0,
    ) -> None:
        self.moments = InstanceStatistics(width, momentum)
        super().__init__(network)
        if capacity < 1 or every < 1:
            raise InputError(f"capacity and every must be at least 1, not {capacity} and {every}.")
        self.memory, self.every, self.temperature = BalancedReservoir(capacity, self.num_classes), every, temperature
        self.rows_seen = 0

    def policy(self) -> Moments:
        """Instance-aware statistics."""
        return self.moments

    def make_optimizer(self, parameters: list[nn.Parameter]) -> Optimizer:
        """Adam, rate 1e-4."""
        return Adam(parameters, lr=1e-4, fused=True)

    def forward(self, target: Sample) -> Step:  # type: ignore[override]
        """The objective on a batch of rows, which the moving statistics take in."""
        logits = self.predict(inputs_of(target, "target")).float()
        return Step({"entropy": entropy_loss(logits / self.temperature)}, logits.detach())

    def adapt(self, x: Tensor, optimizer: Optimizer | None) -> Tensor:
        """Predict and remember the rows, and learn from memory whenever it is time."""
        assert optimizer is not None
        found = []
        while len(x):
            now, x = x.tensor_split([self.every - self.rows_seen % self.every])
            found.append(self._predicted(now))
            self.rows_seen += len(now)
            if self.rows_seen % self.every == 0 and len(self.memory):
                descend(self(target=Sample(self.memory.rows())).total, optimizer)
        return torch.cat(found)

    @torch.no_grad()
    def _predicted(self, x: Tensor) -> Tensor:
        with held_statistics(self.network):
            logits = self.predict(x).float()
        sound = logits.isfinite().all(1).tolist()
        for row, label, is_sound in zip(x, logits.argmax(1).tolist(), sound, strict=True):
            if is_sound:
                self.memory.add(row.clone(), label)
        return logits

    def reset(self) -> None:
        """Forget the rows too."""
        super().reset()
        self.memory.forget()
        self.rows_seen = 0

    def get_extra_state(self) -> dict[str, Any]:
        """The memory."""
        return {"rows_seen": self.rows_seen, "kept": self.memory.kept, "seen": self.memory.seen}

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """The memory."""
        self.rows_seen, self.memory.seen = state["rows_seen"], list(state["seen"])
        self.memory.kept = [list(rows) for rows in state["kept"]]
