"""RDumb: ETA that starts anew now and then."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from torch.optim import Optimizer

from acclimate.errors import InputError
from acclimate.methods.descent import forget
from acclimate.methods.entropy_filter import EntropyFilter


class RDumb(EntropyFilter):
    r"""A simple approach that questions continual test-time adaptation: ETA, reset every so many batches.

    .. math:: L = \frac1{|K|} \sum_{i \in K} e^{E_0 - H_i} H_i, \quad
        K = \{i : H_i < E_0, \; |\cos(\bar p, p_i)| < d\}

    Cannot collapse for long; forgets what was good too.

    Args:
        network: A trained network with norm layers; it is copied.
        margin: Rows with an entropy below margin * log c are kept; default 0.4.
        redundancy: d, the largest cosine with the mean prediction; default: 0.4 up to 10 classes, 0.1 below 1000, 0.05
            from there.
        every: Batches between resets; default 1000.

    Notes:
        None.

    Reference:
        Press et al. 2023, RDumb: A Simple Approach that Questions Our Progress in Continual Test-Time Adaptation,
        NeurIPS, https://arxiv.org/abs/2306.05401.

    Example:
        >>> import torch
        >>> from acclimate.types import Sample
        >>> method = RDumb(nn.Sequential(nn.Linear(8, 4), nn.BatchNorm1d(4), nn.Linear(4, 3)))
        >>> sorted(method(target=Sample(torch.randn(5, 8))).losses)
        ['entropy']
    """

    key = "rdumb"
    title = "RDumb"
    paper = "Press et al., NeurIPS 2023"
    url = "https://arxiv.org/abs/2306.05401"

    def __init__(
        self, network: nn.Module, margin: float = 0.4, redundancy: float | None = None, every: int = 1000
    ) -> None:
        super().__init__(network, margin, redundancy)
        if every < 1:
            raise InputError(f"every must be at least 1 batch, not {every}.")
        self.every, self.batches = every, 0

    def adapt(self, x: Tensor, optimizer: Optimizer | None) -> Tensor:
        """One update; all is reset before the one that follows ``every`` of them."""
        if self.batches == self.every:
            self.reset()
            self.mean_probs.zero_()
            self.started.zero_()
            if optimizer is not None:
                forget(optimizer)
        self.batches += 1
        return super().adapt(x, optimizer)

    def reset(self) -> None:
        """Count anew."""
        super().reset()
        self.batches = 0

    def get_extra_state(self) -> dict[str, Any]:
        """The count."""
        return {"batches": self.batches}

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """The count."""
        self.batches = state["batches"]
