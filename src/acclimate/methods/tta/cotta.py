"""CoTTA: a mean teacher, averaged over views where the source is unsure, and weights that fall back at random."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn
from torch.func import functional_call

from acclimate.losses import soft_cross_entropy_loss, symmetric_cross_entropies
from acclimate.methods.base import inputs_of
from acclimate.methods.mean_teacher import MeanTeacher
from acclimate.nn.image_views import changed_view
from acclimate.types import Sample, Step


class CoTTA(MeanTeacher):
    r"""Continual test-time adaptation.

    .. math:: L = -\frac1{2n} \sum_i \sum_c \big(\bar p_{ic} \log p_{ic} + p_{ic} \log \bar p_{ic}\big)

    with the teacher's prediction :math:`\bar p`, the average over views where the source network's mean confidence is
    below the threshold. After each step every weight falls back to the source's with probability r. Predicts with the
    teacher. Good on CIFAR-size streams; destroys vision transformers, and ordered streams.

    Args:
        network: A trained network; it is copied.
        threshold: Mean confidence below which views are averaged; default 0.1, the ImageNet runs' (CIFAR-10 0.92,
            CIFAR-100 0.72).
        source: Batches of source inputs, (n, ...) each: the threshold becomes the 5 % quantile of the source network's
            confidence on them; default: none.
        views: How many; default 32.
        restore: r; default 0.001, the ImageNet runs' (CIFAR 0.01).
        decay: Of the teacher; default 0.999.
        symmetric: The loss above, of the ImageNet runs; else the cross-entropy, twice its first term; default True.
        view: Makes a random view of a batch; default: a small change of place, level and contrast.

    Notes:
        The views are ours. Whether to average them is decided on the host, the one wait of a step: it saves 32 passes.

    Reference:
        Wang et al. 2022, Continual Test-Time Domain Adaptation, CVPR, https://arxiv.org/abs/2203.13591.

    Example:
        >>> method = CoTTA(nn.Sequential(nn.Linear(8, 4), nn.BatchNorm1d(4), nn.Linear(4, 3)))
        >>> sorted(method(target=Sample(torch.randn(5, 8))).losses)
        ['consistency']
    """

    key = "cotta"
    title = "CoTTA"
    paper = "Wang et al., CVPR 2022"
    url = "https://arxiv.org/abs/2203.13591"
    passes = 2.0
    rate = 1e-2
    choice = "all"

    def __init__(
        self,
        network: nn.Module,
        threshold: float = 0.1,
        source: Iterable[Tensor] | None = None,
        views: int = 32,
        restore: float = 0.001,
        decay: float = 0.999,
        symmetric: bool = True,
        view: Callable[[Tensor], Tensor] = changed_view,
    ) -> None:
        super().__init__(network, decay)
        self.threshold = threshold if source is None else self._calibrated(source)
        self.num_views, self.restore, self.symmetric, self.view = views, restore, symmetric, view

    @torch.no_grad()
    def _calibrated(self, source: Iterable[Tensor]) -> float:
        """The 5 % quantile of the confidence on source rows."""
        return float(torch.cat([self._confidence(x) for x in source]).float().quantile(0.05))

    def _confidence(self, x: Tensor) -> Tensor:
        """The source network's, (n,)."""
        saved = dict(zip(self.adapted, self.source.saved(), strict=True))
        return functional_call(self.network, saved, (x,)).softmax(1).amax(1)  # type: ignore[no-any-return]

    @torch.no_grad()
    def _taught(self, x: Tensor) -> Tensor:
        """The teacher's logits of x, or of its views on average."""
        if self.num_views and float(self._confidence(x).mean()) < self.threshold:
            return torch.stack([self.teacher(self.view(x)) for _ in range(self.num_views)]).mean(0)
        return self.teacher(x)  # type: ignore[no-any-return]

    def forward(self, target: Sample) -> Step:  # type: ignore[override]
        """The cross-entropy with the teacher."""
        logits = self.logits_of(target)
        taught = self._taught(inputs_of(target, "target")).float()
        if self.symmetric:
            loss = symmetric_cross_entropies(logits, taught).mean()
        else:
            loss = soft_cross_entropy_loss(logits, taught.softmax(1))
        return Step({"consistency": loss}, taught)

    @torch.no_grad()
    def after_step(self) -> None:
        """Move the teacher; let some weights of the network fall back."""
        super().after_step()
        for now, then in zip(self.source.tensors(), self.source.saved(), strict=True):
            now.copy_(torch.where(torch.rand_like(now) < self.restore, then, now))
