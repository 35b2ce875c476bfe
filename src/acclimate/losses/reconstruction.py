"""How far reconstructed rows are from the rows."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor

from acclimate.losses._precision import full_precision


@full_precision
def reconstruction_loss(reconstruction: Float[Tensor, "n *k"], x: Float[Tensor, "n *k"]) -> Float[Tensor, ""]:
    r"""Mean squared error, over rows and entries.

    Ghifary et al. 2016 (DRCN), https://arxiv.org/abs/1607.03516.

    Args:
        reconstruction: (n, ...).
        x: What it should be, of the same shape.

    Returns:
        A scalar, >= 0, in at least float32.
    """
    return (reconstruction - x).square().mean()


@full_precision
def scale_invariant_loss(reconstruction: Float[Tensor, "n *k"], x: Float[Tensor, "n *k"]) -> Float[Tensor, ""]:
    r"""Mean over rows of :math:`\frac1k \|e\|^2 - \frac1{k^2} (\sum_l e_l)^2` with the error e of the row's k entries.

    That is the variance of the error within a row: a constant added to all entries costs nothing.
    Bousmalis et al. 2016 (DSN), https://arxiv.org/abs/1608.06019.

    Args:
        reconstruction: (n, ...).
        x: What it should be, of the same shape.

    Returns:
        A scalar, >= 0, in at least float32.
    """
    return (reconstruction - x).flatten(1).var(1, correction=0).mean()
