"""ROID: certain and diverse rows, consistent under views, averaged with the source, corrected for the prior."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from acclimate.methods.diverse_rows import DiverseRows
from acclimate.nn.image_views import changed_view


class ROID(DiverseRows):
    r"""Universal test-time adaptation by weight ensembling, diversity weighting and prior correction.

    .. math:: L = \frac1n \sum_i w_i \big(\mathrm{SLR}(p_i) + \mathrm{SCE}(p_i', p_i)\big), \quad
        w_i = [d_i \ge \bar d] \, e^{d_i h_i / T}

    with :math:`d_i = 1 - \cos(\bar p, p_i)` and the certainty :math:`h_i = -H_i`, both scaled to [0, 1] in the batch;
    SLR is :func:`acclimate.losses.likelihood_ratios`, SCE the symmetric cross-entropy with a view. Then
    :math:`\theta \leftarrow (1 - s)\theta + s\theta_0`. The one method that is near the best on shuffled, mixed and
    ordered streams alike.

    Args:
        network: A trained network with norm layers; it is copied.
        temperature: T; default 0.333333.
        share: s, the way back to the source after each step; default 0.01.
        view: Makes a random view of a batch; default: a small change of place, level and contrast.

    Notes:
        The view is ours. Only the kept rows pass the network a second time, so that their number is needed on the host:
        one wait a step. The prediction is the logits times the batch's smoothed mean prediction, as in the authors'
        code.

    Reference:
        Marsden et al. 2024, Universal Test-time Adaptation through Weight Ensembling, Diversity Weighting, and Prior
        Correction, WACV, https://arxiv.org/abs/2306.00650.

    Example:
        >>> import torch
        >>> from acclimate.types import Sample
        >>> method = ROID(nn.Sequential(nn.Linear(8, 4), nn.BatchNorm1d(4), nn.Linear(4, 3)))
        >>> sorted(method(target=Sample(torch.randn(32, 8))).losses)
        ['consistency', 'likelihood_ratio']
    """

    key = "roid"
    title = "ROID"
    paper = "Marsden et al., WACV 2024"
    url = "https://arxiv.org/abs/2306.00650"

    def __init__(
        self,
        network: nn.Module,
        temperature: float = 1 / 3,
        share: float = 0.01,
        view: Callable[[Tensor], Tensor] = changed_view,
    ) -> None:
        super().__init__(network, temperature, view)
        self.share = share

    def after_step(self) -> None:
        """Go a little way back to the source."""
        self.source.pull(self.share)
