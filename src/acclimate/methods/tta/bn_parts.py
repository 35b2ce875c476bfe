"""BN, in part: the mean or the variance of the batch alone."""

from __future__ import annotations

from torch import nn

from acclimate.methods.statistics_only import StatisticsOnly
from acclimate.nn import Moments, PartStatistics


class PartBN(StatisticsOnly):
    r"""Only the mean, or only the variance, is the batch's.

    .. math:: \mu = \mu_t, \quad \sigma^2 = \sigma_s^2 \quad \text{or} \quad \mu = \mu_s, \quad \sigma^2 = \sigma_t^2

    Args:
        network: A trained network with batch norm; it is copied.
        mean: Take the batch's mean; default True.
        variance: Take the batch's variance; default False.
        unbiased: Divide that variance by count - 1; default True.

    Notes:
        None.

    Reference:
        Schneider et al. 2020, Improving Robustness Against Common Corruptions by Covariate Shift Adaptation, NeurIPS,
        https://arxiv.org/abs/2006.16971.

    Example:
        >>> import torch
        >>> method = PartBN(nn.Sequential(nn.Linear(8, 4), nn.BatchNorm1d(4), nn.Linear(4, 3)))
        >>> method.predict(torch.randn(5, 8)).shape
        torch.Size([5, 3])
    """

    key = "bn_parts"
    title = "BN, in part"
    paper = "Schneider et al., NeurIPS 2020"
    url = "https://arxiv.org/abs/2006.16971"

    def __init__(self, network: nn.Module, mean: bool = True, variance: bool = False, unbiased: bool = True) -> None:
        self.mean, self.variance, self.unbiased = mean, variance, unbiased
        super().__init__(network)

    def policy(self) -> Moments:
        """One of each."""
        return PartStatistics(self.mean, self.variance, self.unbiased)
