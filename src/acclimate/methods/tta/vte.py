"""VTE: the mean of the surest views, without training."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from acclimate.errors import InputError
from acclimate.losses import row_entropies
from acclimate.methods.online import OnlineMethod
from acclimate.nn.image_views import changed_view


class VTE(OnlineMethod):
    r"""Vision-text-space ensemble.

    .. math:: z(x) = h\Big(\frac1{|S|} \sum_{k \in S} f(a_k(x))\Big)
        = \frac1{|S|} \sum_{k \in S} h\big(f(a_k(x))\big)

    over the views S of a row, the row itself among them, with the least entropy; f gives an image's features, and the
    head h is made of the class names' texts (`acclimate.nn.zero_shot_head`), the mean over their prompts. Since h is
    linear, the mean of features and that of logits are the same. For CLIP-like networks; any other works too. Nothing
    is trained, nothing carried on.

    Args:
        network: A network whose head is linear in unit features, or plainly linear; it is copied.
        views: Of each row, itself included; default 64.
        share: Of them that are averaged; default 0.1.
        view: Makes a random view of each row of a batch; default: a small change of place, level and contrast.

    Notes:
        The views are ours, not random crops.

    Reference:
        Doebler et al. 2024, A Lost Opportunity for Vision-Language Models: A Comparative Study of Online Test-Time
        Adaptation for Vision-Language Models, https://arxiv.org/abs/2405.14977.

    Example:
        >>> method = VTE(nn.Sequential(nn.Linear(8, 4), nn.Linear(4, 3)), views=20)
        >>> method.adapt(torch.randn(2, 8), None).shape
        torch.Size([2, 3])
    """

    key = "vte"
    title = "VTE"
    paper = "Doebler et al., CVPR workshops 2024"
    url = "https://arxiv.org/abs/2405.14977"
    family = "output"
    passes = 64 / 3
    choice = "none"
    statistics = None

    def __init__(
        self,
        network: nn.Module,
        views: int = 64,
        share: float = 0.1,
        view: Callable[[Tensor], Tensor] = changed_view,
    ) -> None:
        super().__init__(network)
        if int(views * share) < 1 or share > 1:
            raise InputError(f"views={views} and share={share} leave no view to average; give more of them.")
        self.num_views, self.kept, self.view = views, int(views * share), view

    @torch.no_grad()
    def adapt(self, x: Tensor, optimizer: Optimizer | None) -> Tensor:
        """Predict row by row, so that memory does not grow with the batch."""
        return torch.cat([self._mean(row) for row in x.split(1)])  # type: ignore[no-untyped-call]

    def _mean(self, row: Tensor) -> Tensor:
        """Of the logits of one row's surest views, (1, c)."""
        views = torch.cat([row, self.view(row.repeat_interleave(self.num_views - 1, 0))])
        logits = self.predict(views).float()
        surest = row_entropies(logits).topk(self.kept, largest=False).indices
        return logits[surest].mean(0, keepdim=True)
