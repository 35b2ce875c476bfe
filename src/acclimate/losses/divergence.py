"""How far predictions are from those they should be."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor

from acclimate.losses._precision import full_precision


@full_precision
def kl_divergence_loss(logits: Float[Tensor, "n c"], reference: Float[Tensor, "n c"]) -> Float[Tensor, ""]:
    r"""Mean divergence from a reference, :math:`\frac1n \sum_i \mathrm{KL}(q_i \| p_i)`.

    Args:
        logits: Unnormalised scores of the predictions p, (n, c).
        reference: Unnormalised scores of the predictions q that they should equal, (n, c). Not detached here.

    Returns:
        A scalar, >= 0, in at least float32.
    """
    log_p, log_q = logits.log_softmax(1), reference.log_softmax(1)
    return (log_q.exp() * (log_q - log_p)).sum(1).mean()


@full_precision
def distillation_loss(
    logits: Float[Tensor, "n c"], reference: Float[Tensor, "n c"], temperature: float = 4.0
) -> Float[Tensor, ""]:
    r"""Divergence from a teacher's softened predictions, :math:`T^2\, \frac1n \sum_i \mathrm{KL}(q^T_i \| p^T_i)`.

    The factor keeps the size of the gradient when T changes. Hinton et al. 2015, section 2,
    https://arxiv.org/abs/1503.02531.

    Args:
        logits: Scores of the student p, (n, c).
        reference: Scores of the teacher q, (n, c). Not detached here.
        temperature: T; default 4.

    Returns:
        A scalar, >= 0, in at least float32.
    """
    return temperature**2 * kl_divergence_loss(logits / temperature, reference / temperature)
