"""BN: normalise with the statistics of the batch."""

from __future__ import annotations

from acclimate.methods.statistics_only import StatisticsOnly
from acclimate.nn import BatchStatistics, Moments


class BN(StatisticsOnly):
    r"""The batch's own statistics in every batch norm.

    .. math:: \mu = \mu_t, \quad \sigma^2 = \sigma_t^2 \text{ (biased)}

    Helps against corruptions in large mixed batches; fails where batches are small or hold few classes.

    Args:
        network: A trained network with batch norm; it is copied.

    Notes:
        The running statistics of training are left alone, so a reset has nothing to undo.

    Reference:
        Nado et al. 2020, Evaluating Prediction-Time Batch Normalization for Robustness under Covariate Shift,
        https://arxiv.org/abs/2006.10963.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> method = BN(nn.Sequential(nn.Linear(8, 4), nn.BatchNorm1d(4), nn.Linear(4, 3)))
        >>> method.predict(torch.randn(5, 8)).shape
        torch.Size([5, 3])
    """

    key = "bn"
    title = "BN (batch statistics)"
    paper = "Nado et al., arXiv 2020"
    url = "https://arxiv.org/abs/2006.10963"

    def policy(self) -> Moments:
        """Those of the batch."""
        return BatchStatistics()
