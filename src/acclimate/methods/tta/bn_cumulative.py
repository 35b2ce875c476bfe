"""BN, cumulative: the mean of all batches' statistics."""

from __future__ import annotations

from torch import nn

from acclimate.methods.statistics_only import StatisticsOnly
from acclimate.nn import CumulativeStatistics, Moments


class CumulativeBN(StatisticsOnly):
    r"""The mean of the statistics of all batches seen, the present one among them.

    .. math:: \mu_k = \frac1k \sum_{j \le k} \mu_{t,j}, \quad \sigma_k^2 = \frac1k \sum_{j \le k} \sigma_{t,j}^2

    Args:
        network: A trained network with batch norm; it is copied.
        unbiased: Divide the batches' variances by count - 1; default True.

    Notes:
        One pass: in an implementation with two, deeper layers see the batch's statistics while these are counted.

    Reference:
        Schneider et al. 2020, Improving Robustness Against Common Corruptions by Covariate Shift Adaptation, NeurIPS,
        https://arxiv.org/abs/2006.16971.

    Example:
        >>> import torch
        >>> method = CumulativeBN(nn.Sequential(nn.Linear(8, 4), nn.BatchNorm1d(4), nn.Linear(4, 3)))
        >>> method.predict(torch.randn(5, 8)).shape
        torch.Size([5, 3])
    """

    key = "bn_cumulative"
    title = "BN, cumulative"
    paper = "Schneider et al., NeurIPS 2020"
    url = "https://arxiv.org/abs/2006.16971"

    def __init__(self, network: nn.Module, unbiased: bool = True) -> None:
        self.unbiased = unbiased
        super().__init__(network)

    def policy(self) -> Moments:
        """The mean so far."""
        return CumulativeStatistics(self.unbiased)
