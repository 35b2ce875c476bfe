"""Contrast between rows whose views belong together."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from acclimate.losses._precision import full_precision


@full_precision
def view_contrast(features: Float[Tensor, "n v d"], temperature: float = 0.1) -> Float[Tensor, ""]:
    r"""Each view attracts the other views of its row and repels those of all others.

    .. math:: -\frac{1}{nv} \sum_a \frac{1}{v - 1} \sum_{b \in P(a)}
        \log \frac{e^{s_{ab} / \tau}}{\sum_{k \ne a} e^{s_{ak} / \tau}}

    over all n v views a, with the other views P(a) of the same row and the cosine s. Khosla et al. 2020,
    https://arxiv.org/abs/2004.11362.

    Args:
        features: v > 1 views of each row, (n, v, d).
        temperature: tau; default 0.1.

    Returns:
        A scalar, >= 0, in at least float32.
    """
    n, v, _ = features.shape
    unit = F.normalize(features, dim=2).transpose(0, 1).reshape(n * v, -1)
    itself = torch.eye(n * v, dtype=torch.bool, device=features.device)
    scores = (unit @ unit.T / temperature).masked_fill(itself, -torch.inf)
    log_share = (scores - scores.logsumexp(1, keepdim=True)).masked_fill(itself, 0.0)
    row = torch.arange(n, device=features.device).repeat(v)
    return -(log_share * (row[:, None] == row)).sum() / (n * v * (v - 1))
