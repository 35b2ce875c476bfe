"""Entropy of predictions: per row (confidence), of their mean (diversity), and weights made from it."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor

from acclimate.losses._precision import full_precision


def _row_entropy(logits: Tensor) -> Tensor:
    log_probs = logits.log_softmax(1)
    return -(log_probs.exp() * log_probs).sum(1)


@full_precision
def row_entropies(logits: Float[Tensor, "n c"]) -> Float[Tensor, " n"]:
    r"""Entropy of each prediction, :math:`-\sum_c p_{ic}\log p_{ic}` (nats).

    Args:
        logits: Unnormalised scores, (n, c).

    Returns:
        (n,) values in [0, log c], in at least float32.
    """
    return _row_entropy(logits)


@full_precision
def entropy_loss(logits: Float[Tensor, "n c"]) -> Float[Tensor, ""]:
    r"""Mean entropy of the predictions, :math:`-\frac1n\sum_i\sum_c p_{ic}\log p_{ic}` (nats).

    Grandvalet & Bengio 2004, https://papers.nips.cc/paper/2740-semi-supervised-learning-by-entropy-minimization.

    Args:
        logits: Unnormalised scores, (n, c).

    Returns:
        A scalar in [0, log c], in at least float32.
    """
    return _row_entropy(logits).mean()


@full_precision
def robust_entropy_loss(logits: Float[Tensor, "n c"], exponent: float = 2.0) -> Float[Tensor, ""]:
    r"""Mean Charbonnier penalty of the entropy, :math:`\frac1n\sum_i (H_i^2 + 10^{-6})^\eta`, H in units of log c.

    Nearly flat where predictions are sure already, so that the unsure rows, not the many easy ones, are moved.
    Yang & Soatto 2020 (FDA), https://arxiv.org/abs/2004.05498.

    Args:
        logits: Unnormalised scores, (n, c) with c > 1.
        exponent: eta > 0; default 2, the paper's.

    Returns:
        A scalar in (0, 1], about, in at least float32.
    """
    share = _row_entropy(logits) / math.log(logits.shape[1])
    return (share.square() + 1e-6).pow(exponent).mean()


@full_precision
def diversity_loss(logits: Float[Tensor, "n c"]) -> Float[Tensor, ""]:
    r"""Negative entropy of the mean prediction, :math:`\sum_c \bar p_c \log \bar p_c`: least when classes are balanced.

    Liang et al. 2020 (SHOT), https://arxiv.org/abs/2002.08546.

    Args:
        logits: Unnormalised scores, (n, c).

    Returns:
        A scalar in [-log c, 0], in at least float32.
    """
    log_mean = torch.logsumexp(logits.log_softmax(1), 0) - torch.log(logits.new_tensor(logits.shape[0]))
    return (log_mean.exp() * log_mean).sum()


@full_precision
def information_maximisation_loss(logits: Float[Tensor, "n c"]) -> Float[Tensor, ""]:
    r"""Negative mutual information of row and prediction, :math:`\frac1n\sum_i H(p_i) - H(\bar p)`.

    Krause et al. 2010, https://papers.nips.cc/paper/4154-discriminative-clustering-by-regularized-information-maximization.

    Args:
        logits: Unnormalised scores, (n, c).

    Returns:
        A scalar in [-log c, 0], in at least float32.
    """
    return entropy_loss(logits) + diversity_loss(logits)


@full_precision
def entropy_weights(logits: Float[Tensor, "n c"]) -> Float[Tensor, " n"]:
    r"""Certainty weights :math:`w_i = 1 + e^{-H(p_i)}`, scaled to mean one, without gradient.

    Long et al. 2018 (CDAN+E), https://arxiv.org/abs/1705.10667. Call it per domain: that is where the paper
    normalises; over both domains at once, the surer domain would take weight from the other.

    Args:
        logits: Unnormalised scores of one domain, (n, c).

    Returns:
        (n,) positive weights with mean one, in at least float32.
    """
    weights = 1 + torch.exp(-_row_entropy(logits.detach()))
    return weights / weights.mean()
