"""Two views of the same rows that should be predicted alike, one of them the reference."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from acclimate.losses._precision import full_precision
from acclimate.losses.mcc import class_confusion


def _sure(logits: Tensor, threshold: float, temperature: float = 1.0) -> Tensor:
    """1 where the largest probability reaches the threshold, else 0, (n,)."""
    return ((logits / temperature).softmax(1).amax(1) >= threshold).to(logits.dtype)


@full_precision
def consistency_loss(
    logits: Float[Tensor, "n c"], reference_logits: Float[Tensor, "n c"], threshold: float = 0.0
) -> Float[Tensor, ""]:
    r"""Squared difference of probabilities, :math:`\frac1n \sum_i [\max q_i \ge t]\, \|p_i - q_i\|^2`.

    Laine & Aila 2017, https://arxiv.org/abs/1610.02242; with the threshold French et al. 2018 (self-ensembling),
    https://arxiv.org/abs/1706.05208.

    Args:
        logits: Of the view that is trained, (n, c).
        reference_logits: Of the other, whose predictions q are constants, (n, c).
        threshold: t: rows whose reference is less sure than this do not count; default 0: all count.

    Returns:
        A scalar in [0, 2], in at least float32.
    """
    reference = reference_logits.detach()
    squares = (logits.softmax(1) - reference.softmax(1)).square().sum(1)
    return (_sure(reference, threshold) * squares).mean()


@full_precision
def pseudo_label_loss(
    logits: Float[Tensor, "n c"], reference_logits: Float[Tensor, "n c"], threshold: float = 0.0
) -> Float[Tensor, ""]:
    r"""Cross-entropy with the reference's labels, :math:`\frac1n \sum_i [\max q_i \ge t]\, (-\log p_i[\arg\max q_i])`.

    Sohn et al. 2020 (FixMatch), https://arxiv.org/abs/2001.07685.

    Args:
        logits: Of the view that is trained, (n, c).
        reference_logits: Of the view that labels it, constants, (n, c).
        threshold: t: rows whose reference is less sure than this do not count; default 0: all count.

    Returns:
        A scalar, >= 0, in at least float32.
    """
    reference = reference_logits.detach()
    return (_sure(reference, threshold) * F.cross_entropy(logits, reference.argmax(1), reduction="none")).mean()


@full_precision
def aligned_pseudo_label_loss(
    logits: Float[Tensor, "m c"],
    reference_logits: Float[Tensor, "m c"],
    source_logits: Float[Tensor, "n c"],
    source_shares: Float[Tensor, " c"],
    target_shares: Float[Tensor, " c"],
    confidence: float = 0.9,
) -> Float[Tensor, ""]:
    r"""Cross-entropy with labels from aligned predictions, where these are about as sure as the source's.

    :math:`\frac1m \sum_j [\max \tilde q_j \ge \tau]\, (-\log p_j[\arg\max \tilde q_j])` with
    :math:`\tilde q_{jk} \propto q_{jk}\, \bar p_k / \bar q_k` and
    :math:`\tau = \frac{t}{n} \sum_i \max_k p^{\mathrm{source}}_{ik}`. Berthelot et al. 2022 (AdaMatch),
    https://arxiv.org/abs/2106.04732.

    Args:
        logits: Of the view that is trained, (m, c).
        reference_logits: Of the view that labels it, whose predictions q are constants, (m, c).
        source_logits: Of source rows, constants, (n, c).
        source_shares: How often each class is predicted there, (c,).
        target_shares: And in the target, (c,).
        confidence: t; default 0.9.

    Returns:
        A scalar, >= 0, in at least float32.
    """
    ratio = (1e-6 + source_shares) / (1e-6 + target_shares)  # as in the authors' code
    aligned = reference_logits.detach().softmax(1) * ratio
    sureness, labels = (aligned / aligned.sum(1, keepdim=True)).max(1)
    threshold = confidence * source_logits.detach().softmax(1).amax(1).mean()
    return ((sureness >= threshold).to(logits) * F.cross_entropy(logits, labels, reduction="none")).mean()


@full_precision
def class_balance_loss(logits: Float[Tensor, "n c"]) -> Float[Tensor, ""]:
    r"""Binary cross-entropy of the mean prediction and the uniform one, the mean over classes.

    :math:`-\frac1c \sum_k \left[\frac1c \log \bar p_k + (1 - \frac1c) \log(1 - \bar p_k)\right]`: least where all
    classes are predicted equally often. French et al. 2018, https://arxiv.org/abs/1706.05208.

    Args:
        logits: Unnormalised scores, (n, c).

    Returns:
        A scalar, > 0, in at least float32.
    """
    n, c = logits.shape
    log_probs = logits.log_softmax(1)
    log_mean = torch.logsumexp(log_probs, 0) - math.log(n)
    # 1 - p_k = the sum over the others: taken in logs, it is not lost where p_k rounds to one.
    others = torch.where(torch.eye(c, dtype=torch.bool, device=logits.device), -torch.inf, log_mean)
    return -(log_mean / c + (1 - 1 / c) * torch.logsumexp(others, 1)).mean()


@full_precision
def confusion_consistency_loss(
    logits: Float[Tensor, "n c"],
    reference_logits: Float[Tensor, "n c"],
    temperature: float = 2.5,
    threshold: float = 0.95,
) -> Float[Tensor, ""]:
    r"""Squared difference of two views' class confusion, :math:`\frac{s}{c} \|C - C_{ref}\|_F^2`.

    C is the confusion of :func:`mcc_loss` over the rows whose reference is sure, and s their share. Where none is, the
    loss is zero, a tensor like any other.

    Args:
        logits: Of the view that is trained, (n, c).
        reference_logits: Of the other, constants, (n, c).
        temperature: T > 0; default 2.5.
        threshold: Least probability, at that temperature, of a sure row; default 0.95.

    Returns:
        A scalar, >= 0, in at least float32.
    """
    reference = reference_logits.detach()
    sure = _sure(reference, threshold, temperature)
    gap = class_confusion(logits, temperature, sure) - class_confusion(reference, temperature, sure)
    return sure.mean() * gap.square().sum() / logits.shape[1]
