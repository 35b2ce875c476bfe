"""BN, mixed: a fixed share of the batch's statistics."""

from __future__ import annotations

from torch import nn

from acclimate.methods.statistics_only import StatisticsOnly
from acclimate.nn import MixedStatistics, Moments


class MixedBN(StatisticsOnly):
    r"""A fixed share of the batch's statistics, the rest the source's; works with a single row.

    .. math:: \mu = (1 - \alpha)\mu_s + \alpha\mu_t, \quad \sigma^2 = (1 - \alpha)\sigma_s^2 + \alpha\sigma_t^2

    Args:
        network: A trained network with batch norm; it is copied.
        share: alpha; default 0.1.
        unbiased: Divide the batch's variance by count - 1; default True.

    Notes:
        None.

    Reference:
        Schneider et al. 2020, Improving Robustness Against Common Corruptions by Covariate Shift Adaptation, NeurIPS,
        https://arxiv.org/abs/2006.16971.

    Example:
        >>> import torch
        >>> method = MixedBN(nn.Sequential(nn.Linear(8, 4), nn.BatchNorm1d(4), nn.Linear(4, 3)))
        >>> method.predict(torch.randn(5, 8)).shape
        torch.Size([5, 3])
    """

    key = "bn_mixed"
    title = "BN, mixed"
    paper = "Schneider et al., NeurIPS 2020"
    url = "https://arxiv.org/abs/2006.16971"

    def __init__(self, network: nn.Module, share: float = 0.1, unbiased: bool = True) -> None:
        self.share, self.unbiased = share, unbiased
        super().__init__(network)

    def policy(self) -> Moments:
        """The mixture."""
        return MixedStatistics(self.share, self.unbiased)
