"""The domain-adversarial loss, from logits."""

from __future__ import annotations

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from acclimate.losses._precision import full_precision


def _log_loss(logits: Tensor, weights: Tensor | None) -> Tensor:
    """Binary cross-entropy against label 1; against label 0 it is that of the negated logits."""
    losses = -F.logsigmoid(logits.reshape(len(logits)))
    return losses.mean() if weights is None else (weights * losses).sum() / weights.sum()


@full_precision
def domain_adversarial_loss(
    source_logits: Float[Tensor, "n *one"],
    target_logits: Float[Tensor, "m *one"],
    source_weights: Float[Tensor, " n"] | None = None,
    target_weights: Float[Tensor, " m"] | None = None,
) -> Float[Tensor, ""]:
    r"""How well a discriminator tells the domains apart, :math:`\frac12[\mathrm{BCE}(d_s, 1) + \mathrm{BCE}(d_t, 0)]`.

    Each domain is averaged on its own, so unequal batches weigh the same. Gradient reversal makes it adversarial:
    :func:`acclimate.nn.gradient_reversal`. Ganin et al. 2016, https://arxiv.org/abs/1505.07818.

    Args:
        source_logits: Discriminator outputs on source rows (label 1), (n,) or (n, 1).
        target_logits: Discriminator outputs on target rows (label 0), (m,) or (m, 1).
        source_weights: Non-negative row weights, (n,); default: all equal.
        target_weights: Non-negative row weights, (m,); default: all equal.

    Returns:
        A scalar, >= 0 (log 2 where the domains cannot be told apart), in at least float32.
    """
    return (_log_loss(source_logits, source_weights) + _log_loss(-target_logits, target_weights)) / 2
