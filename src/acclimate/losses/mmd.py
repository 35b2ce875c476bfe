"""Maximum mean discrepancy with several Gaussian kernels, from one distance matrix."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable

from acclimate.losses._precision import full_precision

Estimator = Literal["biased", "unbiased", "linear"]


def _squared_distances(z: Tensor) -> Tensor:
    squares = z.square().sum(1)
    return torch.addmm(squares[:, None] + squares, z, z.T, alpha=-2).clamp_min_(0).fill_diagonal_(0)


def _next_kernel(kernel: Tensor, distances: Tensor, rate: Tensor, ratio: float) -> None:
    """Overwrite ``kernel`` by exp(-rate * distances); at twice the last rate that is the square of the last kernel."""
    if ratio == 2:
        kernel.mul_(kernel)
    else:
        torch.mul(distances, -rate, out=kernel).exp_()


class _QuadraticMMD(torch.autograd.Function):
    """sum_ij W_ij K_ij and its gradient, holding a handful of (n+m, n+m) matrices however many kernels there are."""

    @staticmethod
    def forward(ctx: Any, z: Tensor, n: int, scale: Tensor, bandwidths: tuple[float, ...], unbiased: bool) -> Tensor:
        rates = [1 / (2 * b * scale) for b in bandwidths]
        ratios = [0.0, *(a / b for a, b in itertools.pairwise(bandwidths))]
        distances = _squared_distances(z)
        kernel, total, slope = torch.empty_like(distances), torch.zeros_like(distances), torch.zeros_like(distances)
        for rate, ratio in zip(rates, ratios, strict=True):
            _next_kernel(kernel, distances, rate, ratio)
            total.add_(kernel)
            slope.addcmul_(kernel, -rate)
        ctx.save_for_backward(_weigh_blocks(slope, n, unbiased), z)
        diagonal = _diagonal_weight(n, len(z) - n, unbiased) * len(bandwidths)
        return _weigh_blocks(total, n, unbiased).sum() - diagonal

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None, None, None]:
        slope, z = ctx.saved_tensors
        return 4 * gradient * (slope.sum(1, keepdim=True) * z - slope @ z), None, None, None, None


def _weigh_blocks(matrix: Tensor, n: int, unbiased: bool) -> Tensor:
    m = len(matrix) - n
    matrix[:n, :n] /= n * (n - unbiased)
    matrix[n:, n:] /= m * (m - unbiased)
    matrix[:n, n:] /= -n * m
    matrix[n:, :n] /= -n * m
    return matrix


def _diagonal_weight(n: int, m: int, unbiased: bool) -> float:
    """What k(x, x) = 1 adds to the sum of one kernel; the unbiased estimate leaves it out."""
    return 1 / (n - 1) + 1 / (m - 1) if unbiased else 0.0


def _linear_mmd(source: Tensor, target: Tensor, scale: Tensor, bandwidths: Sequence[float]) -> Tensor:
    pairs = min(len(source), len(target)) // 2
    (s, s_next), (t, t_next) = ((z[: 2 * pairs : 2], z[1 : 2 * pairs : 2]) for z in (source, target))
    same = torch.stack([(s - s_next).square().sum(1), (t - t_next).square().sum(1)])
    across = torch.stack([(s - t_next).square().sum(1), (s_next - t).square().sum(1)])
    rates = [1 / (2 * b * scale) for b in bandwidths]
    return torch.stack([(-r * same).exp().sum() - (-r * across).exp().sum() for r in rates]).sum() / pairs


def _mean_squared_distance(z: Tensor) -> Tensor:
    """Over all pairs, a row with itself included: twice the total variance, with no matrix of pairs."""
    return 2 * (z - z.mean(0)).square().sum() / len(z)


def median_squared_distance(x: Float[Tensor, "n d"]) -> Float[Tensor, ""]:
    """Median of all n*n squared distances between the rows of x (zeros included), without gradient.

    The "median heuristic" for a kernel's width: ``mmd_loss(..., scale=median_squared_distance(source))``.

    Args:
        x: Rows, (n, d).

    Returns:
        A scalar; the lower of the two middle values where their number is even.
    """
    x = x.detach()
    return _squared_distances(x - x.mean(0)).median()


@full_precision
def mmd_loss(
    source: Float[Tensor, "n d"],
    target: Float[Tensor, "m d"],
    bandwidths: Sequence[float] = (0.125, 0.25, 0.5, 1.0, 2.0),
    *,
    estimator: Estimator = "biased",
    scale: Tensor | float | None = None,
) -> Float[Tensor, ""]:
    r"""Squared maximum mean discrepancy under a sum of Gaussian kernels (MK-MMD).

    :math:`\mathrm{MMD}^2 = \overline{k(s, s')} + \overline{k(t, t')} - 2\,\overline{k(s, t)}` with
    :math:`k(a, b) = \sum_b \exp(-\|a - b\|^2 / (2 b \sigma))` and :math:`\sigma` the mean squared distance
    of the joined batch, without gradient. Gretton et al. 2012, https://jmlr.org/papers/v13/gretton12a.html;
    Long et al. 2015 (DAN), https://arxiv.org/abs/1502.02791. The kernels are summed, not averaged, as the
    authors' code does. Not twice differentiable.

    Args:
        source: Source rows, (n, d).
        target: Target rows, (m, d); m may differ from n.
        bandwidths: b of each kernel, in units of ``scale``; default 2^-3 to 2^1. Powers of two in a row share
            one exponential.
        estimator: "biased" (default: >= 0, zero for equal samples), "unbiased" (its mean is right, so a value
            may well be negative; at least two rows each) or "linear" (consecutive pairs, O(n), noisy; at least two
            rows each, rows beyond an even min(n, m) are left out).
        scale: sigma itself, a positive number; default: the mean squared distance as above.

    Returns:
        A scalar, in at least float32.

    Raises:
        ValueError: On an unknown estimator, or too few rows for it.
    """
    if estimator not in ("biased", "unbiased", "linear"):
        raise ValueError(f"unknown estimator {estimator!r}: take 'biased', 'unbiased' or 'linear'")
    n = len(source)
    if estimator != "biased" and min(n, len(target)) < 2:
        raise ValueError(f"the {estimator} estimate needs at least two rows of each domain; take estimator='biased'")
    z = torch.cat([source, target])
    z = z - z.detach().mean(0)  # distances do not change, their rounding error shrinks
    width = (
        _mean_squared_distance(z.detach()) if scale is None else torch.as_tensor(scale, dtype=z.dtype, device=z.device)
    )
    width = width.clamp_min(torch.finfo(z.dtype).tiny ** 0.5)  # collapsed features: every kernel is one, the loss zero
    widths = tuple(sorted(bandwidths, reverse=True))
    if estimator == "linear":
        return _linear_mmd(z[:n], z[n:], width, widths)
    return _QuadraticMMD.apply(z, n, width, widths, estimator == "unbiased")  # type: ignore[no-any-return]
