"""Contrast between rows that share a class and rows that do not."""

from __future__ import annotations

from jaxtyping import Bool, Float
from torch import Tensor

from acclimate.losses._precision import full_precision


@full_precision
def class_contrast_loss(
    scores: Float[Tensor, "n k"], positive: Bool[Tensor, "n k"], valid: Bool[Tensor, "n k"]
) -> Float[Tensor, ""]:
    r"""Mean over rows and their positives of :math:`-\log \mathrm{softmax}` of the scores among valid keys.

    .. math:: -\frac1n \sum_i \frac{1}{|P_i|} \sum_{k \in P_i} \log
              \frac{e^{s_{ik}}}{\sum_{l \in V_i} e^{s_{il}}}

    Zhong et al. 2020 (Bi-Tuning), equations 2 and 3, https://arxiv.org/abs/2011.06182.

    Args:
        scores: Similarity of row i to key k over the temperature, (n, k).
        positive: Whether key k is of row i's class, (n, k).
        valid: Whether the key is there at all, (n, k).

    Returns:
        A scalar, >= 0, in at least float32; rows without a valid positive add nothing.
    """
    allowed = scores.masked_fill(~valid, float("-inf"))
    log_shares = allowed - allowed.logsumexp(1, keepdim=True)
    chosen = positive & valid
    per_row = log_shares.masked_fill(~chosen, 0).sum(1) / chosen.sum(1).clamp_min(1)
    return -per_row.mean()
