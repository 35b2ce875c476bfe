"""The supervised losses: cross-entropy, its soft-label form, and squared error for numeric labels."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from acclimate.losses._precision import full_precision


def _weighted_mean(values: Tensor, weights: Tensor | None) -> Tensor:
    return values.mean() if weights is None else (weights * values).sum() / weights.sum()


@full_precision
def cross_entropy_loss(
    logits: Float[Tensor, "n c"],
    y: Int[Tensor, " n"],
    weights: Float[Tensor, " n"] | None = None,
    *,
    label_smoothing: float = 0.0,
) -> Float[Tensor, ""]:
    r"""Cross-entropy, :math:`-\sum_i w_i \log p_i[y_i] / \sum_i w_i`.

    Args:
        logits: Unnormalised scores, (n, c).
        y: Class indices in [0, c), (n,).
        weights: Non-negative row weights, (n,); default: all equal.
        label_smoothing: Mass spread evenly over all classes, in [0, 1); default 0. Szegedy et al. 2016,
            https://arxiv.org/abs/1512.00567.

    Returns:
        A scalar, >= 0, in at least float32.
    """
    if weights is None:
        return F.cross_entropy(logits, y, label_smoothing=label_smoothing)
    return _weighted_mean(F.cross_entropy(logits, y, reduction="none", label_smoothing=label_smoothing), weights)


@full_precision
def soft_cross_entropy_loss(
    logits: Float[Tensor, "n c"], probs: Float[Tensor, "n c"], weights: Float[Tensor, " n"] | None = None
) -> Float[Tensor, ""]:
    r"""Cross-entropy with soft labels, :math:`-\sum_i w_i \sum_c q_{ic} \log p_{ic} / \sum_i w_i`.

    Args:
        logits: Unnormalised scores of the student, (n, c).
        probs: Label distributions, rows sum to one, (n, c). Not detached here.
        weights: Non-negative row weights, (n,); default: all equal.

    Returns:
        A scalar, >= 0, in at least float32.
    """
    return _weighted_mean(-(probs * logits.log_softmax(1)).sum(1), weights)


@full_precision
def regression_loss(
    outputs: Float[Tensor, "n *one"], y: Float[Tensor, " n"], weights: Float[Tensor, " n"] | None = None
) -> Float[Tensor, ""]:
    r"""Mean squared error, :math:`\sum_i w_i (\hat y_i - y_i)^2 / \sum_i w_i`.

    Args:
        outputs: Predicted values, (n,) or (n, 1).
        y: True values, (n,).
        weights: Non-negative row weights, (n,); default: all equal.

    Returns:
        A scalar, >= 0, in at least float32.

    Raises:
        ValueError: If ``outputs`` has more than one value per row, which would broadcast to an (n, n) error.
    """
    if outputs.numel() != y.numel():
        raise ValueError(f"outputs {tuple(outputs.shape)} must hold one value for each label {tuple(y.shape)}")
    return _weighted_mean(torch.square(outputs.reshape(-1) - y), weights)
