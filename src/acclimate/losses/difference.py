"""What two representations of the same rows have in common."""

from __future__ import annotations

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from acclimate.losses._precision import full_precision


@full_precision
def difference_loss(private: Float[Tensor, "n p"], shared: Float[Tensor, "n d"]) -> Float[Tensor, ""]:
    r"""Mean square of the entries of :math:`\tilde P^\top \tilde S`: zero where private and shared are orthogonal.

    Columns are centred, then rows scaled to norm 1. The sum over entries, the squared Frobenius norm, is the paper's;
    the mean its code's. It comes from (n, n) matrices, not from (p, d). Bousmalis et al. 2016 (DSN),
    https://arxiv.org/abs/1608.06019.

    Args:
        private: P, (n, p).
        shared: S, of the same rows, (n, d).

    Returns:
        A scalar, >= 0, in at least float32.
    """
    p, s = (F.normalize(z - z.mean(0), dim=1) for z in (private, shared))
    return ((p @ p.T) * (s @ s.T)).sum() / (p.shape[1] * s.shape[1])
