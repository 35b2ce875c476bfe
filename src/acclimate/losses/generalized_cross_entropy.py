"""Losses of confident predictions that wrong pseudo-labels or sure rows do not dominate."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor

from acclimate.losses._precision import full_precision


@full_precision
def generalized_cross_entropy_loss(
    logits: Float[Tensor, "n c"], y: Int[Tensor, " n"], exponent: float = 0.8
) -> Float[Tensor, ""]:
    r"""Generalised cross-entropy, :math:`\frac1n\sum_i (1 - p_i[y_i]^q) / q`: cross-entropy for q to 0, MAE for q = 1.

    Zhang & Sabuncu 2018, https://arxiv.org/abs/1805.07836.

    Args:
        logits: Unnormalised scores, (n, c).
        y: Class indices in [0, c), (n,).
        exponent: q in (0, 1]; default 0.8, that of robust pseudo-labels (Rusak et al. 2022).

    Returns:
        A scalar in [0, 1/q], in at least float32.
    """
    log_probs = logits.log_softmax(1).gather(1, y[:, None])
    return -torch.expm1(exponent * log_probs).mean() / exponent


@full_precision
def likelihood_ratios(logits: Float[Tensor, "n c"], ceiling: float = 0.99, floor: float = 1e-5) -> Float[Tensor, " n"]:
    r"""Soft likelihood ratio of each row, :math:`-\sum_c p_c \log(p_c / (1 - p_c) + \epsilon)`.

    Sure rows keep a gradient where that of the entropy vanishes. Marsden et al. 2024 (ROID),
    https://arxiv.org/abs/2306.00650.

    Args:
        logits: Unnormalised scores, (n, c).
        ceiling: Where probabilities are cut off; default 0.99.
        floor: epsilon; default 1e-5.

    Returns:
        (n,) values, in at least float32.
    """
    limited = logits.softmax(1).clamp(0, ceiling)
    return -(limited * torch.log(limited / (1 - limited) + floor)).sum(1)


@full_precision
def symmetric_cross_entropies(logits: Float[Tensor, "n c"], labels: Float[Tensor, "n c"]) -> Float[Tensor, " n"]:
    r"""Symmetric cross-entropy of each row, :math:`-\frac12\sum_c q_c\log p_c - \frac12\sum_c p_c\log q_c`.

    Doebler et al. 2023 (RMT), https://arxiv.org/abs/2211.13081.

    Args:
        logits: Unnormalised scores of the student, p, (n, c).
        labels: Unnormalised scores of the teacher, q, (n, c). Not detached here.

    Returns:
        (n,) values >= 0, in at least float32.
    """
    p, q = logits.log_softmax(1), labels.log_softmax(1)
    return -0.5 * ((q.exp() * p).sum(1) + (p.exp() * q).sum(1))
