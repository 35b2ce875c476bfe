"""DeYO: entropy minimisation on rows whose label hangs on the shape of things."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from acclimate.errors import InputError
from acclimate.losses import row_entropies
from acclimate.methods.base import inputs_of
from acclimate.methods.online import OnlineMethod
from acclimate.nn.image_views import shuffled_patches
from acclimate.types import Sample, Step


class DeYO(OnlineMethod):
    r"""Destroy your object: entropy minimisation where shuffling the patches lowers the predicted probability.

    .. math:: L = \frac1{|K|} \sum_{i \in K} \big(e^{E_1 - H_i} + e^{\delta_i}\big) H_i, \quad
        K = \{i : H_i < E_0, \; \delta_i = p_i[\hat y_i] - p_i'[\hat y_i] > \tau\}

    with p' the prediction of the picture cut into pieces that change places; over the norm layers in front of the last
    quarter of the stages. For pictures only, whose classes have a shape; not for textures.

    Args:
        network: A trained network for pictures with norm layers in front of its last stage; it is copied.
        margin: E_0 in units of log c; default 0.5.
        margin_weight: E_1 in units of log c; default 0.4.
        threshold: tau; default 0.2.
        parts: Pieces along each side; default 4.

    Notes:
        Only rows with H below E_0 pass the network a second time, so that their number is needed on the host: one wait
        a step.

    Reference:
        Lee et al. 2024, Entropy is not Enough for Test-Time Adaptation: From the Perspective of Disentangled Factors,
        ICLR, https://arxiv.org/abs/2403.07366.

    Example:
        >>> body = [nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Conv2d(4, 4, 3), nn.BatchNorm2d(4)]
        >>> method = DeYO(nn.Sequential(*body, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3)))
        >>> sorted(method(target=Sample(torch.randn(5, 3, 8, 8))).losses)
        ['entropy']
    """

    key = "deyo"
    title = "DeYO"
    paper = "Lee et al., ICLR 2024"
    url = "https://arxiv.org/abs/2403.07366"
    family = "entropy"
    passes = 4 / 3
    choice = "norms but the last"

    def __init__(
        self,
        network: nn.Module,
        margin: float = 0.5,
        margin_weight: float = 0.4,
        threshold: float = 0.2,
        parts: int = 4,
    ) -> None:
        super().__init__(network)
        self.limit, self.level = (m * math.log(self.num_classes) for m in (margin, margin_weight))
        self.threshold, self.parts = threshold, parts

    def forward(self, target: Sample) -> Step:  # type: ignore[override]
        """The weighted entropy of the kept rows."""
        x, logits = inputs_of(target, "target"), self.logits_of(target)
        if x.ndim != 4:
            raise InputError(f"DeYO shuffles the patches of pictures (n, c, h, w), and was given {tuple(x.shape)}.")
        entropies = row_entropies(logits)
        sure = (entropies.detach() < self.limit).nonzero()[:, 0]
        drops = self._drops(x[sure], logits.detach()[sure])
        kept = sure[drops > self.threshold]
        drops, rows = drops[drops > self.threshold], entropies[kept]
        weights = torch.exp(self.level - rows.detach()) + torch.exp(drops)
        loss = (weights * rows).mean() if len(kept) else 0 * entropies.nan_to_num().sum()
        self.skipped = torch.tensor(not len(kept), device=x.device)
        return Step({"entropy": loss}, logits.detach())

    @torch.no_grad()
    def _drops(self, x: Tensor, logits: Tensor) -> Tensor:
        """How much probability the predicted class loses when the patches of x change places, (n,)."""
        if not len(x):
            return logits.new_zeros(0)
        shuffled = self.predict(shuffled_patches(x, self.parts)).float().softmax(1)
        labels = logits.argmax(1, keepdim=True)
        return (logits.softmax(1).gather(1, labels) - shuffled.gather(1, labels))[:, 0]
