"""The domain-adversarial loss of one discriminator for each class, from logits."""

from __future__ import annotations

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from acclimate.losses._precision import full_precision


@full_precision
def class_domain_loss(source_logits: Float[Tensor, "n c"], target_logits: Float[Tensor, "m c"]) -> Float[Tensor, ""]:
    r"""Sum over classes of what :func:`domain_adversarial_loss` is for each class's discriminator.

    Pei et al. 2018 (MADA), https://arxiv.org/abs/1809.02176.

    Args:
        source_logits: Each discriminator's outputs on source rows (label 1), (n, c).
        target_logits: Each discriminator's outputs on target rows (label 0), (m, c).

    Returns:
        A scalar, >= 0 (c log 2 where no class's domains can be told apart), in at least float32.
    """
    on_source, on_target = -F.logsigmoid(source_logits), -F.logsigmoid(-target_logits)
    return (on_source.mean(0) + on_target.mean(0)).sum() / 2
