"""TTN: a share of the batch's statistics for each channel."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from acclimate.methods.statistics_only import StatisticsOnly
from acclimate.nn import ChannelStatistics, Moments


class TTN(StatisticsOnly):
    r"""Test-time normalisation with a share alpha of the batch in each channel.

    .. math:: \mu = \alpha\mu_t + (1 - \alpha)\mu_s, \quad
        \sigma^2 = \alpha\sigma_t^2 + (1 - \alpha)\sigma_s^2 + \alpha(1 - \alpha)(\mu_t - \mu_s)^2

    Good for small batches and mixed streams where the shares are right; they are learnt on source data beforehand.

    Args:
        network: A trained network with batch norm; it is copied.
        alphas: The shares, (c,) in [0, 1], by the names of the batch norm layers; layers without one keep the source's
            statistics.

    Notes:
        The shares are given. How the paper learns them on the source is not part of this class.

    Reference:
        Lim et al. 2023, TTN: A Domain-Shift Aware Batch Normalization in Test-Time Adaptation, ICLR,
        https://arxiv.org/abs/2302.05155.

    Example:
        >>> import torch
        >>> network = nn.Sequential(nn.Linear(8, 4), nn.BatchNorm1d(4), nn.Linear(4, 3))
        >>> method = TTN(network, alphas={"1": torch.full((4,), 0.3)})
        >>> method.predict(torch.randn(5, 8)).shape
        torch.Size([5, 3])
    """

    key = "ttn"
    title = "TTN"
    paper = "Lim et al., ICLR 2023"
    url = "https://arxiv.org/abs/2302.05155"

    def __init__(self, network: nn.Module, alphas: Mapping[str, Tensor]) -> None:
        self.alphas = dict(alphas)
        super().__init__(network)

    def policy(self) -> Mapping[str, Moments]:
        """One for each layer that has shares."""
        return {name: ChannelStatistics(share) for name, share in self.alphas.items()}
