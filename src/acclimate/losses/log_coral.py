"""Correlation alignment along the geodesics of covariance matrices."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable

from acclimate.losses._precision import full_precision

Scalar = Callable[[Tensor, float], Tensor]  # of the eigenvalues, elementwise, and the ridge


class _SymmetricFunction(torch.autograd.Function):
    """f of a symmetric matrix; its gradient by divided differences, which equal eigenvalues do not upset."""

    @staticmethod
    def forward(ctx: Any, matrix: Tensor, function: Scalar, derivative: Scalar, ridge: float) -> Tensor:
        values, vectors = torch.linalg.eigh(matrix)
        values = values.clamp(min=0)  # all are of a matrix without negative ones
        ctx.save_for_backward(values, vectors)
        ctx.function, ctx.derivative, ctx.ridge = function, derivative, ridge
        result: Tensor = (vectors * function(values, ridge)) @ vectors.T
        return result

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        values, vectors = ctx.saved_tensors
        gaps, means = values[:, None] - values, (values[:, None] + values) / 2
        near = gaps.abs() <= 1e-5 * (means + ctx.ridge)
        images = ctx.function(values, ctx.ridge)
        slopes = (images[:, None] - images) / torch.where(near, 1.0, gaps)
        slopes = torch.where(near, ctx.derivative(means, ctx.ridge), slopes)
        return vectors @ (slopes * (vectors.T @ gradient @ vectors)) @ vectors.T, None, None, None


def _log(values: Tensor, ridge: float) -> Tensor:
    return (values + ridge).log()


def _log_slope(values: Tensor, ridge: float) -> Tensor:
    return 1 / (values + ridge)


def _log_share(values: Tensor, ridge: float) -> Tensor:
    """[log(v + ridge) - log(ridge)] / v, also at 0."""
    v = values / ridge
    return torch.where(v > 0, torch.log1p(v) / torch.where(v > 0, v, 1.0), 1.0) / ridge


def _log_share_slope(values: Tensor, ridge: float) -> Tensor:
    v = values / ridge
    small = v < 1e-3  # where the difference below would cancel
    series = -1 / 2 + v * (2 / 3 - v * (3 / 4 - v * (4 / 5)))
    safe = torch.where(small, 1.0, v)
    return torch.where(small, series, (1 / (1 + safe) - torch.log1p(safe) / safe) / safe) / ridge**2


def _by_covariance(s: Tensor, t: Tensor, ridge: float) -> Tensor:
    logs, logt = (_SymmetricFunction.apply(z.T @ z, _log, _log_slope, ridge) for z in (s, t))
    squared: Tensor = (logs - logt).square().sum()
    return squared


def _by_gram(s: Tensor, t: Tensor, ridge: float) -> Tensor:
    """The same by matrices of (n, n): log(Z'Z + eI) = log(e) I + Z'g(ZZ')Z with g(v) = [log(v + e) - log(e)] / v."""
    gs, gt = (_SymmetricFunction.apply(z @ z.T, _log_share, _log_share_slope, ridge) for z in (s, t))
    between = s @ t.T
    squared = _square_trace(gs @ (s @ s.T)) + _square_trace(gt @ (t @ t.T))
    result: Tensor = squared - 2 * ((gs @ between @ gt) * between).sum()
    return result


def _square_trace(a: Tensor) -> Tensor:
    return (a * a.T).sum()


def _scaled_deviations(x: Tensor) -> Tensor:
    x = x.double()  # a logarithm sees the smallest eigenvalues, which float32 does not resolve
    return (x - x.mean(0)) / math.sqrt(len(x) - 1)


@full_precision
def log_coral_loss(
    source: Float[Tensor, "n d"], target: Float[Tensor, "m d"], ridge: float = 1e-3
) -> Float[Tensor, ""]:
    r"""Log-Euclidean distance of covariances, :math:`\|\log(C_s + \epsilon I) - \log(C_t + \epsilon I)\|_F^2 / 4d^2`.

    Morerio et al. 2018 (MECA), https://openreview.net/forum?id=rJWechg0Z. Unbiased covariances. A batch smaller than d
    has a singular covariance, hence :math:`\epsilon`; there the same number comes from Gram matrices, so that no (d, d)
    matrix is made. Not twice differentiable.

    Args:
        source: Source features, (n, d), n >= 2.
        target: Target features, (m, d), m >= 2.
        ridge: :math:`\epsilon`; default 1e-3.

    Returns:
        A scalar, >= 0 up to rounding, zero where the covariances agree, in at least float32.

    Raises:
        ValueError: If a domain has a single row.
    """
    if min(len(source), len(target)) < 2:
        raise ValueError("log_coral_loss needs at least two rows of each domain: a single row has no covariance")
    d = source.shape[1]
    distance = _by_gram if max(len(source), len(target)) < d else _by_covariance
    squared = distance(_scaled_deviations(source), _scaled_deviations(target), ridge)
    return (squared / (4 * d**2)).to(source.dtype)
