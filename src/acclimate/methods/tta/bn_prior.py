"""BN with prior: the source counts as N rows."""

from __future__ import annotations

from torch import nn

from acclimate.methods.statistics_only import StatisticsOnly
from acclimate.nn import Moments, PriorStatistics


class PriorBN(StatisticsOnly):
    r"""The source's statistics count as N rows beside the n of the batch.

    .. math:: \mu = \lambda\mu_s + (1 - \lambda)\mu_t, \quad \sigma^2 = \lambda\sigma_s^2 + (1 - \lambda)\sigma_t^2,
        \quad \lambda = N / (N + n)

    Args:
        network: A trained network with batch norm; it is copied.
        prior: N; default 16.
        unbiased: Divide the batch's variance by count - 1; default True, as the paper's code does.

    Notes:
        None.

    Reference:
        Schneider et al. 2020, Improving Robustness Against Common Corruptions by Covariate Shift Adaptation, NeurIPS,
        https://arxiv.org/abs/2006.16971.

    Example:
        >>> import torch
        >>> method = PriorBN(nn.Sequential(nn.Linear(8, 4), nn.BatchNorm1d(4), nn.Linear(4, 3)))
        >>> method.predict(torch.randn(5, 8)).shape
        torch.Size([5, 3])
    """

    key = "bn_prior"
    title = "BN with prior"
    paper = "Schneider et al., NeurIPS 2020"
    url = "https://arxiv.org/abs/2006.16971"

    def __init__(self, network: nn.Module, prior: float = 16.0, unbiased: bool = True) -> None:
        self.prior, self.unbiased = prior, unbiased
        super().__init__(network)

    def policy(self) -> Moments:
        """The mixture for the rows at hand."""
        return PriorStatistics(self.prior, self.unbiased)
