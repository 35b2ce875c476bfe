"""A mean over some of the rows, without leaving the device to count them."""

from __future__ import annotations

from jaxtyping import Bool, Float
from torch import Tensor


def masked_mean(values: Float[Tensor, " n"], keep: Bool[Tensor, " n"]) -> Float[Tensor, ""]:
    """The mean of the kept rows, 0 where none is kept. Rows that are left out pass on no gradient, missing values
    in them neither.

    Args:
        values: (n,).
        keep: (n,).

    Returns:
        A scalar.
    """
    return values.where(keep, values.new_zeros(())).sum() / keep.sum().clamp_min(1)
