"""MEMO: each row by itself, until its views agree."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from acclimate.losses import diversity_loss
from acclimate.methods.base import inputs_of
from acclimate.methods.descent import descend, forget
from acclimate.methods.online import OnlineMethod
from acclimate.nn import MixedStatistics
from acclimate.nn.image_views import changed_view
from acclimate.types import Sample, Step


class MEMO(OnlineMethod):
    r"""Marginal entropy minimisation with one test point.

    .. math:: L = H\Big(\frac1v \sum_k p(a_k(x))\Big)

    over the views a_k(x) of one row. The network is reset for every row, adapted with one step, and predicts that row.
    Needs no batch, only time: v views forward and backward for each row.

    Args:
        network: A trained network; it is copied.
        views: v; default 32.
        view: Makes a random view of each row of a batch; default: a small change of place, level and contrast.

    Notes:
        The views are ours, not AugMix. Batch norms take a tenth of the statistics of the views, the rest of the source.

    Reference:
        Zhang et al. 2022, MEMO: Test Time Robustness via Adaptation and Augmentation, NeurIPS,
        https://arxiv.org/abs/2110.09506.

    Example:
        >>> method = MEMO(nn.Sequential(nn.Linear(8, 4), nn.Linear(4, 3)), views=4)
        >>> sorted(method(target=Sample(torch.randn(1, 8))).losses)
        ['marginal_entropy']
    """

    key = "memo"
    title = "MEMO"
    paper = "Zhang et al., NeurIPS 2022"
    url = "https://arxiv.org/abs/2110.09506"
    family = "entropy"
    passes = 32 + 1 / 3
    choice = "all"
    statistics = MixedStatistics(0.1)

    def __init__(self, network: nn.Module, views: int = 32, view: Callable[[Tensor], Tensor] = changed_view) -> None:
        super().__init__(network)
        self.num_views, self.view = views, view

    def forward(self, target: Sample) -> Step:  # type: ignore[override]
        """The entropy of the mean prediction over all views of all rows given, which are to be one."""
        x = inputs_of(target, "target")
        logits = self.predict(self.view(x.repeat_interleave(self.num_views, 0))).float()
        mean = logits.detach().log_softmax(1).logsumexp(0, keepdim=True)
        return Step({"marginal_entropy": -diversity_loss(logits)}, mean.expand(len(x), -1))

    def adapt(self, x: Tensor, optimizer: Optimizer | None) -> Tensor:
        """Adapt to each row and predict it."""
        assert optimizer is not None
        logits = []
        for row in x.split(1):  # type: ignore[no-untyped-call]
            self.source.restore()
            forget(optimizer)
            descend(self(target=Sample(row)).total, optimizer)
            with torch.no_grad():
                logits.append(self.predict(row))
        self.source.restore()  # nothing is carried from row to row, nor from batch to batch
        return torch.cat(logits)
