"""Which mean and variance a batch norm normalises with: the source's, the batch's, or something between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, cast

import torch
from torch import Tensor
from torch.nn.modules.batchnorm import _BatchNorm

from acclimate.nn.gather import world_size
from acclimate.nn.sync_batch_norm import _moments


class StatisticsLayer(_BatchNorm):
    """What a policy reads of a batch norm, and where it keeps statistics of its own.

    Attributes:
        synchronised: Whether a batch's moments are those of all processes.
        held: Whether moving statistics stand still.
        moving_mean: The policy's own mean, (c,), where it is stateful; ``moving_variance`` likewise.
        batches: How many batches these have seen.
    """

    synchronised: bool
    held: bool
    moving_mean: Tensor
    moving_variance: Tensor
    batches: Tensor

    @property
    def source(self) -> tuple[Tensor, Tensor]:
        """The running mean and variance of training."""
        return cast(Tensor, self.running_mean), cast(Tensor, self.running_var)

    def batch_moments(self, x: Tensor, *, unbiased: bool) -> tuple[Tensor, Tensor]:
        """Mean and variance per channel of (n, c, ...), over all processes where the layer was synchronised.

        A single value has the unbiased variance 0, not a missing one.
        """
        x = x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
        if self.synchronised and world_size() > 1:
            count, mean, variance = _moments(x)
            return mean, variance * (count / (count - 1).clamp_min(1)) if unbiased else variance
        variance, mean = torch.var_mean(x, [0, *range(2, x.ndim)], correction=0)
        values = x.numel() // x.shape[1]
        return mean, variance * (values / max(values - 1, 1)) if unbiased else variance

    @torch.no_grad()
    def remember(self, mean: Tensor, variance: Tensor) -> None:
        """Keep these as the policy's own statistics; a channel with a missing value stays as it was."""
        sound = mean.isfinite() & variance.isfinite()
        self.moving_mean.copy_(torch.where(sound, mean, self.moving_mean))
        self.moving_variance.copy_(torch.where(sound, variance, self.moving_variance))
        self.batches.add_(1)


class Moments:
    """Says what to normalise with.

    Attributes:
        needs_source: Whether the layer must hold running statistics.
        stateful: Whether the layer remembers statistics of the policy's own, which start at the source's.
        differentiable: Whether a gradient flows through the batch's statistics.
        per_row: Whether each row has statistics of its own, (n, c) instead of (c,).
    """

    needs_source: ClassVar[bool] = True
    stateful: ClassVar[bool] = False
    differentiable: bool = False
    per_row: ClassVar[bool] = False

    def __call__(self, layer: StatisticsLayer, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and variance, (c,) each, for the input (n, c, ...) of ``layer``."""
        raise NotImplementedError


@dataclass(frozen=True)
class SourceStatistics(Moments):
    """The running statistics of training, whatever mode the network is in."""

    def __call__(self, layer: StatisticsLayer, x: Tensor) -> tuple[Tensor, Tensor]:
        """The running mean and variance."""
        return layer.source


@dataclass(frozen=True)
class BatchStatistics(Moments):
    """The batch's own mean and biased variance, as batch norm in training mode takes them; running ones stay."""

    needs_source = False
    differentiable = True

    def __call__(self, layer: StatisticsLayer, x: Tensor) -> tuple[Tensor, Tensor]:
        """The mean and biased variance of x."""
        return layer.batch_moments(x, unbiased=False)


@dataclass(frozen=True)
class MixedStatistics(Moments):
    r"""A fixed share of the batch's: :math:`\mu = (1 - \alpha)\mu_s + \alpha\mu_t`, the variance likewise.

    Schneider et al. 2020, https://arxiv.org/abs/2006.16971.

    Args:
        share: alpha in [0, 1]; 0 is the source, 1 the batch.
        unbiased: Divide the batch's variance by count - 1; default on, as the paper's code does. The running variance
            of PyTorch is unbiased as well.
    """

    share: float
    unbiased: bool = True

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise ValueError(f"share must be in [0, 1], not {self.share}")

    def __call__(self, layer: StatisticsLayer, x: Tensor) -> tuple[Tensor, Tensor]:
        """The mixture."""
        mean, variance = layer.batch_moments(x, unbiased=self.unbiased)
        source_mean, source_variance = layer.source
        return torch.lerp(source_mean, mean, self.share), torch.lerp(source_variance, variance, self.share)


@dataclass(frozen=True)
class PriorStatistics(Moments):
    r"""The source counts as N rows beside the n of the batch: :math:`\alpha = n / (N + n)` of :class:`MixedStatistics`.

    n is the number of rows that came in, so that a last, smaller batch trusts the source more.

    Args:
        prior: N >= 0; default 16.
        unbiased: As there; default on. With ``prior=0`` the result therefore is not quite :class:`BatchStatistics`.
    """

    prior: float = 16.0
    unbiased: bool = True

    def __post_init__(self) -> None:
        if self.prior < 0:
            raise ValueError(f"prior must be at least 0 rows, not {self.prior}")

    def __call__(self, layer: StatisticsLayer, x: Tensor) -> tuple[Tensor, Tensor]:
        """The mixture for this many rows."""
        return MixedStatistics(len(x) / (self.prior + len(x)), self.unbiased)(layer, x)


@dataclass(frozen=True)
class PartStatistics(Moments):
    """Only the mean, or only the variance, is the batch's; the other stays the source's.

    Args:
        mean: Take the batch's mean.
        variance: Take the batch's variance.
        unbiased: Divide that variance by count - 1; default on.
    """

    mean: bool = True
    variance: bool = False
    unbiased: bool = True

    def __call__(self, layer: StatisticsLayer, x: Tensor) -> tuple[Tensor, Tensor]:
        """One of each."""
        mean, variance = layer.batch_moments(x, unbiased=self.unbiased)
        source_mean, source_variance = layer.source
        return mean if self.mean else source_mean, variance if self.variance else source_variance


@dataclass(frozen=True)
class ChannelStatistics(Moments):
    r"""A share per channel, and the spread between the two means counts as variance (TTN).

    .. math:: \sigma^2 = \alpha\sigma_t^2 + (1 - \alpha)\sigma_s^2 + \alpha(1 - \alpha)(\mu_t - \mu_s)^2

    Lim et al. 2023, https://arxiv.org/abs/2302.05155. The batch's variance is the biased one.

    Args:
        alphas: The batch's share in each channel, (c,), in [0, 1].
    """

    alphas: Tensor

    differentiable = True

    def __call__(self, layer: StatisticsLayer, x: Tensor) -> tuple[Tensor, Tensor]:
        """The mixture of the two distributions, moment by moment."""
        mean, variance = layer.batch_moments(x, unbiased=False)
        source_mean, source_variance = layer.source
        alphas = self.alphas.to(mean)
        between = alphas * (1 - alphas) * (mean - source_mean).square()
        return torch.lerp(source_mean, mean, alphas), torch.lerp(source_variance, variance, alphas) + between


@dataclass(frozen=True)
class MovingStatistics(Moments):
    r"""An exponential average over batches: :math:`\mu \leftarrow (1 - m)\mu + m\mu_t`, started at the source.

    The batch that is normalised is in it already.

    Args:
        momentum: m in [0, 1]; default 0.1.
        unbiased: Divide the batch's variance by count - 1; default on.
        differentiable: Let the gradient through the newest batch's share; default off.
    """

    momentum: float = 0.1
    unbiased: bool = True
    differentiable: bool = False

    stateful = True

    def __post_init__(self) -> None:
        if not 0 <= self.momentum <= 1:
            raise ValueError(f"momentum must be in [0, 1], not {self.momentum}")

    def __call__(self, layer: StatisticsLayer, x: Tensor) -> tuple[Tensor, Tensor]:
        """The average, moved by this batch unless the layer is held."""
        if layer.held:
            return layer.moving_mean, layer.moving_variance
        mean, variance = layer.batch_moments(x, unbiased=self.unbiased)
        mean = torch.lerp(layer.moving_mean.clone(), mean, self.momentum)
        variance = torch.lerp(layer.moving_variance.clone(), variance, self.momentum)
        layer.remember(mean, variance)
        return mean, variance


@dataclass(frozen=True)
class CumulativeStatistics(Moments):
    """The mean, over all batches seen, of the batches' means and variances; the source's are forgotten.

    The batch that is normalised is in it already.

    Args:
        unbiased: Divide the batches' variances by count - 1; default on.
    """

    unbiased: bool = True

    stateful = True

    def __call__(self, layer: StatisticsLayer, x: Tensor) -> tuple[Tensor, Tensor]:
        """The average, with this batch unless the layer is held."""
        if layer.held:
            return layer.moving_mean, layer.moving_variance
        mean, variance = layer.batch_moments(x, unbiased=self.unbiased)
        weight = 1 / (layer.batches + 1).to(mean)
        mean = torch.lerp(layer.moving_mean, mean, weight)
        variance = torch.lerp(layer.moving_variance, variance, weight)
        layer.remember(mean, variance)
        return mean, variance


@dataclass(frozen=True)
class InstanceStatistics(Moments):
    r"""Moving statistics, and a row's own where it lies further off than chance allows (IABN).

    .. math:: \mu = \mu_b + \psi(\mu_i - \mu_b;\, k \sqrt{\sigma_b^2 / L}), \quad
        \sigma^2 = \big[\sigma_b^2 + \psi(\sigma_i^2 - \sigma_b^2;\, k \sigma_b^2 \sqrt{2 / (L - 1)})\big]_+

    with the soft threshold :math:`\psi(a; t) = \mathrm{sign}(a) [|a| - t]_+` over the L positions of a channel; held,
    the statistics b are the moving ones, else the batch's, which these then follow. Gong et al. 2022,
    https://arxiv.org/abs/2208.05117. Variances are unbiased. Rows without positions (n, c) have the statistics b.

    Args:
        width: k >= 0; default 4. 0 is instance normalisation.
        momentum: Of the moving statistics; default 0.01.
    """

    width: float = 4.0
    momentum: float = 0.01
    differentiable: bool = True

    stateful = True
    per_row = True

    def __post_init__(self) -> None:
        if self.width < 0 or not 0 <= self.momentum <= 1:
            raise ValueError(f"width must be at least 0 and momentum in [0, 1], not {self.width} and {self.momentum}")

    def __call__(self, layer: StatisticsLayer, x: Tensor) -> tuple[Tensor, Tensor]:
        """Of each row, (n, c); moved by this batch unless the layer is held."""
        mean, variance = self._of_many(layer, x)
        count = x[0, 0].numel()
        if count == 1:
            return mean.expand(len(x), -1), variance.expand(len(x), -1)
        own_variance, own_mean = torch.var_mean(x.flatten(2).to(mean), 2)
        spread = variance + layer.eps
        mean = mean + _beyond(own_mean - mean, self.width * (spread / count).sqrt())
        return mean, (
            variance + _beyond(own_variance - variance, self.width * spread * (2 / (count - 1)) ** 0.5)
        ).relu()

    def _of_many(self, layer: StatisticsLayer, x: Tensor) -> tuple[Tensor, Tensor]:
        if layer.held:
            return layer.moving_mean, layer.moving_variance
        mean, variance = layer.batch_moments(x, unbiased=True)
        kept = (layer.moving_mean, layer.moving_variance)
        layer.remember(*(torch.lerp(old, new, self.momentum) for old, new in zip(kept, (mean, variance), strict=True)))
        return mean, variance


def _beyond(value: Tensor, threshold: Tensor) -> Tensor:
    """How far a value lies beyond plus or minus the threshold; 0 within."""
    return (value - threshold).relu() - (-value - threshold).relu()
