"""Predictions of masked rows that should be those of the whole ones."""

from __future__ import annotations

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from acclimate.losses._precision import full_precision


@full_precision
def masked_consistency_loss(logits: Float[Tensor, "n c"], reference_logits: Float[Tensor, "n c"]) -> Float[Tensor, ""]:
    r"""Cross-entropy with the reference's labels, by its certainty: :math:`\frac1n \sum_i \max q_i\,
    (-\log p_i[\arg\max q_i])`.

    Hoyer et al. 2023 (MIC), https://arxiv.org/abs/2212.01322.

    Args:
        logits: Of the masked rows, (n, c).
        reference_logits: Of the whole rows, whose predictions q are constants, (n, c).

    Returns:
        A scalar, >= 0, in at least float32.
    """
    sureness, labels = reference_logits.detach().softmax(1).max(1)
    return (sureness * F.cross_entropy(logits, labels, reduction="none")).mean()
