"""Correlation alignment: the distance between two covariance matrices."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor

from acclimate.losses._precision import full_precision


def _scaled_deviations(x: Tensor) -> Tensor:
    """Z with Z'Z the unbiased covariance of x. (``torch.cov`` would break a compiled graph.)"""
    return (x - x.mean(0)) / math.sqrt(len(x) - 1)


def _difference_by_gram(source: Tensor, target: Tensor) -> Tensor:
    """||S'S - T'T||^2 = sum_ij s_i s_j (z_i.z_j)^2 with signs s: (n+m)^2 numbers instead of d^2."""
    gram = torch.cat([source, target]) @ torch.cat([source, -target]).T
    return (gram * gram.T).sum()


@full_precision
def coral_loss(source: Float[Tensor, "n d"], target: Float[Tensor, "m d"]) -> Float[Tensor, ""]:
    r"""Squared distance between the covariances of two domains, :math:`\|C_s - C_t\|_F^2 / 4d^2`.

    Sun & Saenko 2016, https://arxiv.org/abs/1607.01719. Unbiased covariances. Where the batch is smaller than d,
    the same number comes from the Gram matrix, so that no (d, d) matrix is made.

    Args:
        source: Source rows, (n, d), n >= 2.
        target: Target rows, (m, d), m >= 2.

    Returns:
        A scalar, >= 0 up to rounding, zero where the covariances agree, in at least float32.

    Raises:
        ValueError: If a domain has a single row, which has no covariance.
    """
    if min(len(source), len(target)) < 2:
        raise ValueError("coral_loss needs at least two rows of each domain: a single row has no covariance")
    d = source.shape[1]
    s, t = _scaled_deviations(source), _scaled_deviations(target)
    squared = _difference_by_gram(s, t) if len(s) + len(t) < d else (s.T @ s - t.T @ t).square().sum()
    return squared / (4 * d**2)
