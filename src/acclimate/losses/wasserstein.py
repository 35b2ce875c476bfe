"""The dual form of the Wasserstein distance: a critic's mean difference, and what keeps the critic from being steep."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from acclimate.losses._precision import full_precision


@full_precision
def critic_difference_loss(source: Float[Tensor, "n *one"], target: Float[Tensor, "m *one"]) -> Float[Tensor, ""]:
    r"""How much higher a critic scores the source, :math:`\overline{d(f_s)} - \overline{d(f_t)}`.

    Of the best critic of slope 1 it is the Wasserstein distance. Shen et al. 2018 (WDGRL),
    https://arxiv.org/abs/1707.01217.

    Args:
        source: The critic's scores of source rows, (n,) or (n, 1).
        target: Its scores of target rows, (m,) or (m, 1).

    Returns:
        A scalar, in at least float32.
    """
    return source.mean() - target.mean()


@full_precision
def gradient_penalty_loss(gradients: Float[Tensor, "n d"]) -> Float[Tensor, ""]:
    r"""How far a critic is from slope 1, :math:`\frac1n \sum_i (\|g_i\| - 1)^2`.

    Gulrajani et al. 2017, https://arxiv.org/abs/1704.00028.

    Args:
        gradients: Of the critic's score of each row, by that row, (n, d).

    Returns:
        A scalar, >= 0, in at least float32.
    """
    slopes: Tensor = torch.linalg.vector_norm(gradients, dim=1)
    return (slopes - 1).square().mean()
