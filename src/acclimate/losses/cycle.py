"""Cycle self-training: what the target's labels teach must hold in the source; and Tsallis entropy."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from acclimate.losses._precision import full_precision
from acclimate.losses.entropy import entropy_weights


@full_precision
def cycle_loss(
    source: Float[Tensor, "n d"],
    target: Float[Tensor, "m d"],
    y: Int[Tensor, " n"],
    target_labels: Int[Tensor, " m"],
    num_classes: int,
    ridge: float = 1e-3,
) -> Float[Tensor, ""]:
    r"""Mean squared error on the source of the linear head that ridge regression fits to the target's labels.

    :math:`\frac1{nc} \|F_s (F_t^T F_t + \rho I)^{-1} F_t^T Y_t - Y_s\|_F^2` with features of length one and centred
    one-hot labels; the gradient reaches both domains' features, through the fit too. Liu et al. 2021 (CST),
    https://arxiv.org/abs/2103.03571.

    Args:
        source: Features, (n, d).
        target: Features, (m, d).
        y: Source labels, (n,).
        target_labels: What the target is taken for, (m,).
        num_classes: c.
        ridge: rho > 0; default 1e-3.

    Returns:
        A scalar, >= 0, in at least float32.
    """
    wanted, given = (F.one_hot(labels, num_classes).to(source) - 1 / num_classes for labels in (y, target_labels))
    predicted = F.normalize(source) @ _ridge_head(F.normalize(target), given, ridge)
    return (predicted - wanted).square().mean()


def _ridge_head(x: Tensor, labels: Tensor, ridge: float) -> Tensor:
    """(x'x + ridge)^-1 x' labels, through the smaller Gram matrix, in float64: its condition is up to n / ridge."""
    a, b = x.double(), labels.double()
    primal = x.shape[1] <= x.shape[0]
    gram = a.T @ a if primal else a @ a.T
    factor = torch.linalg.cholesky_ex(gram + ridge * torch.eye(len(gram), dtype=a.dtype, device=a.device)).L
    head = torch.cholesky_solve(a.T @ b, factor) if primal else a.T @ torch.cholesky_solve(b, factor)
    return head.to(x)


@full_precision
def tsallis_entropy_loss(
    logits: Float[Tensor, "n c"],
    alpha: Float[Tensor, ""] | float = 1.9,
    temperature: float = 1.0,
    *,
    balanced: bool = False,
) -> Float[Tensor, ""]:
    r"""Mean Tsallis entropy of the predictions, :math:`\frac1n \sum_i \frac{1 - \sum_k p_{ik}^\alpha}{\alpha - 1}`.

    Shannon's at alpha = 1, Gini's impurity at 2: the larger, the less it forces rows that are not sure. Liu et al. 2021
    (CST), https://arxiv.org/abs/2103.03571.

    Args:
        logits: Unnormalised scores, (n, c).
        alpha: >= 1; default 1.9.
        temperature: T > 0, :math:`p = \mathrm{softmax}(z / T)`; default 1.
        balanced: The form of the authors' code: rows count by how sure they are, and each class counts alike,
            :math:`\frac1c \sum_k \sum_i w_i p_{ik} \phi(p_{ik}) / \sum_i w_i p_{ik}` with
            :math:`\phi(p) = (1 - p^{\alpha - 1}) / (\alpha - 1)`. At alpha = 2 that is :func:`mcc_loss`.

    Returns:
        A scalar, >= 0, in at least float32.
    """
    log_probs, least = (logits / temperature).log_softmax(1), torch.finfo(logits.dtype).eps
    excess = (alpha - 1).clamp(min=least) if isinstance(alpha, Tensor) else max(alpha - 1, least)
    p, surprise = log_probs.exp(), -torch.expm1(excess * log_probs) / excess
    if not balanced:
        return (p * surprise).sum(1).mean()
    shares = entropy_weights(logits / temperature)[:, None] * p
    return ((shares * surprise).sum(0) / shares.sum(0).clamp_min(torch.finfo(p.dtype).tiny)).mean()
