"""The small change of a network's parameters that raises a loss most."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def ascent_step(gradients: Sequence[Tensor], radius: float) -> list[Tensor]:
    r"""The changes :math:`\rho\, g / \|g\|`, with one norm for all tensors: to first order the worst of that norm.

    Foret et al. 2021 (sharpness-aware minimisation), https://arxiv.org/abs/2010.01412.

    Args:
        gradients: g, of each tensor of parameters.
        radius: :math:`\rho`, the norm of the change.

    Returns:
        A change for each tensor, without gradient; nothing moves where all gradients are zero.
    """
    constants = [g.detach() for g in gradients]
    largest = torch.stack([g.abs().amax() for g in constants]).amax()
    scaled = [g / largest.clamp_min(torch.finfo(largest.dtype).tiny) for g in constants]  # squares do not underflow
    norm = torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(g) for g in scaled]))
    return [radius * g / norm.clamp_min(torch.finfo(norm.dtype).tiny) for g in scaled]
