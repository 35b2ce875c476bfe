"""CMF: ROID's objective, and a source that moves along as a Kalman filter's hidden state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from acclimate.methods.diverse_rows import DiverseRows
from acclimate.nn.image_views import changed_view


class CMF(DiverseRows):
    r"""Continual momentum filtering.

    .. math:: h \leftarrow \alpha h + (1 - \alpha)\theta_0, \; v \leftarrow \alpha^2 v + q, \;
        \beta = \frac{1 - q}{v + 1 - q}, \; h \leftarrow \beta h + (1 - \beta)\theta, \; v \leftarrow \beta v, \;
        \theta \leftarrow \gamma\theta + (1 - \gamma) h

    after each step on ROID's objective, with the parameters :math:`\theta` and the hidden source h, which starts at
    :math:`\theta_0`. A little better than ROID on long streams; fails like it.

    Args:
        network: A trained network with norm layers; it is copied.
        alpha: How much of h is kept; default 0.99.
        gamma: How much of theta is kept; default 0.99.
        noise: q for 38400 trained parameters, in proportion for others; default 0.005.
        temperature: Of the weights; default 0.333333.
        view: Makes a random view of a batch; default: a small change of place, level and contrast.

    Notes:
        beta is kept in [0.89, 1], and taken as 1 above 0.9999, as in the authors' code. The view is ours.

    Reference:
        Lee & Chang 2024, Continual Momentum Filtering on Parameter Space for Online Test-time Adaptation, ICLR,
        https://openreview.net/forum?id=BllUWdpIOA.

    Example:
        >>> from acclimate.types import Sample
        >>> method = CMF(nn.Sequential(nn.Linear(8, 4), nn.BatchNorm1d(4), nn.Linear(4, 3)))
        >>> sorted(method(target=Sample(torch.randn(32, 8))).losses)
        ['consistency', 'likelihood_ratio']
    """

    key = "cmf"
    title = "CMF"
    paper = "Lee & Chang, ICLR 2024"
    url = "https://openreview.net/forum?id=BllUWdpIOA"

    def __init__(
        self,
        network: nn.Module,
        alpha: float = 0.99,
        gamma: float = 0.99,
        noise: float = 0.005,
        temperature: float = 1 / 3,
        view: Callable[[Tensor], Tensor] = changed_view,
    ) -> None:
        super().__init__(network, temperature, view)
        self.alpha, self.gamma = alpha, gamma
        self.noise = noise * sum(p.numel() for p in self.adapted.values()) / 38400
        self.variance = 0.0
        for i, start in enumerate(self.source.saved()):
            self.register_buffer(f"hidden{i}", start.clone())

    @torch.no_grad()
    def after_step(self) -> None:
        """Move the hidden source, then the parameters towards it. The gains do not depend on data."""
        hidden = [getattr(self, f"hidden{i}") for i in range(len(self.adapted))]
        torch._foreach_lerp_(hidden, self.source.saved(), 1 - self.alpha)
        self.variance = self.alpha**2 * self.variance + self.noise
        beta = max((1 - self.noise) / (self.variance + 1 - self.noise), 0.89)
        beta = 1.0 if beta > 0.9999 else beta
        torch._foreach_lerp_(hidden, self.source.tensors(), 1 - beta)
        self.variance *= beta
        torch._foreach_lerp_(self.source.tensors(), hidden, 1 - self.gamma)

    def reset(self) -> None:
        """Forget the variance too."""
        super().reset()
        self.variance = 0.0

    def get_extra_state(self) -> dict[str, Any]:
        """The variance."""
        return {"variance": self.variance}

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """The variance."""
        self.variance = state["variance"]
