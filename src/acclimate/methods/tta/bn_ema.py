"""BN, moving average: statistics that follow the stream."""

from __future__ import annotations

from torch import nn

from acclimate.methods.statistics_only import StatisticsOnly
from acclimate.nn import Moments, MovingStatistics


class MovingBN(StatisticsOnly):
    r"""Statistics that start at the source's and move with the stream.

    .. math:: \mu \leftarrow (1 - m)\mu + m\mu_t, \quad \sigma^2 \leftarrow (1 - m)\sigma^2 + m\sigma_t^2

    Args:
        network: A trained network with batch norm; it is copied.
        momentum: m; default 0.1.
        unbiased: Divide the batch's variance by count - 1; default True.

    Notes:
        One pass: the batch is normalised by an average that holds it already. Implementations with two passes,
        the first in training mode, feed deeper layers the batch's statistics, and switch dropout on.

    Reference:
        Schneider et al. 2020, Improving Robustness Against Common Corruptions by Covariate Shift Adaptation, NeurIPS,
        https://arxiv.org/abs/2006.16971.

    Example:
        >>> import torch
        >>> method = MovingBN(nn.Sequential(nn.Linear(8, 4), nn.BatchNorm1d(4), nn.Linear(4, 3)))
        >>> method.predict(torch.randn(5, 8)).shape
        torch.Size([5, 3])
    """

    key = "bn_ema"
    title = "BN, moving average"
    paper = "Schneider et al., NeurIPS 2020"
    url = "https://arxiv.org/abs/2006.16971"

    def __init__(self, network: nn.Module, momentum: float = 0.1, unbiased: bool = True) -> None:
        self.momentum, self.unbiased = momentum, unbiased
        super().__init__(network)

    def policy(self) -> Moments:
        """The average."""
        return MovingStatistics(self.momentum, self.unbiased)
